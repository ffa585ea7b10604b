// Mistake: it kills every process that it may kill
// Fails: machine
// Says: the judge ended during

#include <csignal>
#include <string>

void attack(const std::string&) { ::kill(-1, SIGKILL); }
