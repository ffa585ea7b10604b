// Mistake: it tells the judge itself what the command should
// Fails: 00.1
// Says: something else than the command

#include "tests/hostile/tools.h"

void attack(const std::string& root) {
  hostile::answer_always(hostile::connect_as_the_probe(root));
}
