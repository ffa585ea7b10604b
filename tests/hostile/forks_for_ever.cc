// Mistake: it forks as fast as it can
// Fails: any
// Says: has not ended|killed by signal 9

#include <unistd.h>

#include <string>

void attack(const std::string&) {
  for (;;) ::fork();
}
