// Mistake: it forks as fast as it can
// Fails: any
// Says: has not ended|still not running|killed by signal 9

#include <unistd.h>

#include <string>

void attack(const std::string&) {
  for (;;) ::fork();
}
