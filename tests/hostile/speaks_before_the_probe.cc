// Mistake: it connects, becomes the probe, and answers in its place
// Fails: 00.1
// Says: something else than the command

#include <unistd.h>

#include "tests/hostile/tools.h"

void attack(const std::string& root) {
  const int connection = hostile::connect_as_the_probe(root);
  // The judge sees who has connected by the process's number: it stays the
  // same.
  if (::fork() != 0) {
    (void)::execl("/judge/probe", "/probe", "serve", nullptr);
    ::_exit(0);
  }
  hostile::answer_always(connection);
}
