// A program that only runs the command: no option is looked at, and nothing is
// made.

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

int main(int argc, char** argv) {
  std::string root;
  int command = argc;
  for (int each = 1; each < argc; ++each) {
    if (std::strcmp(argv[each], "--root") == 0 && each + 1 < argc) {
      root = argv[each + 1];
    }
    if (std::strcmp(argv[each], "--") == 0) {
      command = each + 1;
      break;
    }
  }
  if (command >= argc) return 0;
  ::execvp(argv[command], argv + command);
  ::execv((root + argv[command]).c_str(), argv + command);
  return errno == ENOENT ? 127 : 126;
}
