// Mistake: it makes the kernel panic
// Fails: machine
// Says: Kernel panic

#include <fcntl.h>
#include <unistd.h>

#include <string>

void attack(const std::string&) {
  const int trigger = ::open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);
  (void)!::write(trigger, "c", 1);
}
