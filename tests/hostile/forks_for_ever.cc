// Mistake: it forks as fast as it can
// Fails: given
// Says: has not ended

#include <unistd.h>

#include <string>

void attack(const std::string&) {
  for (;;) ::fork();
}
