// Mistake: it asks the judge to end; Catch2 then tells of a last case, and of
// the end Fails: machine Says: left out cases|the judge ended

#include <csignal>

#include "tests/hostile/tools.h"

void attack(const std::string&) { ::kill(hostile::judge(), SIGTERM); }
