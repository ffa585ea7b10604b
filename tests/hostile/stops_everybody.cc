// Mistake: it stops every process that it may stop, for ever
// Fails: machine
// Says: the judge was stopped

#include <csignal>
#include <string>

void attack(const std::string&) { ::kill(-1, SIGSTOP); }
