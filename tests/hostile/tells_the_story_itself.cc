// Mistake: it writes the judge's events, wherever it can write
// Fails: 00.1
// Says: root is still the host

#include "tests/hostile/tools.h"

void attack(const std::string&) {
  hostile::tell_everywhere(hostile::made_up_story());
}
