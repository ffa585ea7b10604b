// Mistake: it prints without end, on both streams
// Fails: given
// Says: has not ended

#include <unistd.h>

#include <string>

void attack(const std::string&) {
  static const char text[1 << 16] =
      "\n06_cgroups: step 06.1 is yours to write\n";
  for (;;) {
    (void)!::write(STDOUT_FILENO, text, sizeof text);
    (void)!::write(STDERR_FILENO, text, sizeof text);
  }
}
