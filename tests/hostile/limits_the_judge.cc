// Mistake: it lets the judge open nothing more
// Fails: machine
// Says: left out cases|the judge

#include <sys/resource.h>

#include "tests/hostile/tools.h"

void attack(const std::string&) {
  const rlimit none{0, 0};
  ::prlimit(hostile::judge(), RLIMIT_NOFILE, &none, nullptr);
}
