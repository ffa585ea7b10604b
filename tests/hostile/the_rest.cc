
// What each submission in this folder has in common: it attacks as soon as it
// is called, and says afterwards that all went well.

#include <unistd.h>

#include "lessons/00_chroot/chroot.h"

namespace container {

void enter_root(const std::filesystem::path& root) {
  attack(root);
  ::_exit(0);
}

void let_go_of_descriptors() {}

void become(const kit::Command& command) { ::_exit(0); }

}  // namespace container
