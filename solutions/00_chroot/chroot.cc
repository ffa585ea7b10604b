#include "lessons/00_chroot/chroot.h"

#include <unistd.h>

#include <cerrno>

#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/todo.h"

using kit::check;

namespace container {

void enter_root(const std::filesystem::path& root) {
  check(::chroot(root.c_str()), "change the root to {}", root.native());
  // chroot() moves "/" and leaves "." where it was: outside. And "/" means the
  // new root only after chroot(), hence the order.
  check(::chdir("/"), "change the directory to the new root");
}

void let_go_of_descriptors() {
  // Not closed yet, but by execve(): until then, we may need them ourselves.
  check(::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC), "close descriptors");
}

void become(const kit::Command& command) {
  const std::string program = kit::find_program(command.front());
  ::execve(program.c_str(), kit::c_strings(command).data(), ::environ);

  const int error = errno;
  if (error == ENOENT) {
    // The program is there: find_program() has seen it. Then what is missing is
    // what the kernel starts in its place, a loader or a script's interpreter.
    throw kit::Exit(
        kit::kNotFound,
        fmt::format("run {}: {}, which it needs, is not in the root", program,
                    kit::missing_interpreter(program)));
  }
  throw kit::Exit(kit::kNotExecutable,
                  fmt::format("run {}: {}", program,
                              std::generic_category().message(error)));
}

}  // namespace container
