// Mistake: it switches the machine off
// Fails: machine
// Says: switched off

#include <sys/reboot.h>

#include <string>

void attack(const std::string&) { ::reboot(RB_POWER_OFF); }
