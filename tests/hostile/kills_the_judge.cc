// Mistake: it kills the judge, and tells the end in its place
// Fails: machine
// Says: the judge ended during

#include <csignal>

#include "tests/hostile/tools.h"

void attack(const std::string&) {
  ::kill(hostile::judge(), SIGKILL);
  hostile::tell_everywhere(hostile::made_up_story());
}
