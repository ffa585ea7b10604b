// Mistake: it takes away the judge's means to look: it may open nothing more
// Fails: any
// Says: left out cases|the judge

#include <sys/resource.h>

#include "tests/hostile/tools.h"

void attack(const std::string&) {
  const rlimit none{0, 0};
  ::prlimit(hostile::judge(), RLIMIT_NOFILE, &none, nullptr);
}
