// 00_chroot: runs a command in a root directory of its own.

#include "lessons/00_chroot/chroot.h"
#include "lessons/kit/default_root.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/options.h"

namespace {

int run(int argc, char** argv) {
  std::optional<std::filesystem::path> root;
  kit::Options options("Runs COMMAND (/bin/sh) with another root directory.");
  options.add("--root", "DIR", "the new root (a root with busybox)", root,
              [](const auto& text) { return std::filesystem::path(text); });
  kit::Command command = options.parse(argc, argv);
  if (command.empty()) command = {"/bin/sh"};

  container::enter_root(root ? *root : kit::default_root());
  container::let_go_of_descriptors();
  container::become(command);
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] { return run(argc, argv); });
}
