// Mistake: it changes the guest where the judge does not put it back
// Fails: any
// Says: .

#include <fstream>

void attack(const std::string&) {
  std::ofstream("/proc/sys/kernel/printk_ratelimit_burst") << 77;
  std::ofstream("/home/left_behind") << "here";
}
