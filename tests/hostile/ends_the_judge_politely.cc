// Mistake: it has Catch2 tell of the end: the judge gets a SIGTERM
// Fails: machine
// Says: left out cases|the judge ended

#include <csignal>

#include "tests/hostile/tools.h"

void attack(const std::string&) { ::kill(hostile::judge(), SIGTERM); }
