// Lesson 00: a root directory of its own
//
// Read:   chroot(2), close_range(2), execve(2); docs/00_chroot.md
// Run:    bazel run //lessons:00_chroot -- ls /
// Check:  bazel test //tests:00_chroot
//
// The steps run one after the other in one process: it enters the new root,
// lets go of the outside, and becomes the command.

#pragma once

#include <filesystem>

#include "lessons/kit/program.h"

namespace container {

// Step 00.1. Makes `root` the root directory of this process, and the working
// directory as well: afterwards, no path leads out of it, neither an absolute
// nor a relative one.
//
// Nothing is changed if `root` cannot become the root. Throws SystemError:
// ENOENT if it is not there, ENOTDIR if it is not a directory, EPERM without
// CAP_SYS_CHROOT.
void enter_root(const std::filesystem::path& root);

// Step 00.2. Makes sure that the command gets no open descriptor but standard
// input, output and error. An open directory of the outside would be a way out:
// fchdir(2) asks for no path.
//
// The other descriptors may be closed at once, or when the command is started.
// Throws SystemError [errors].
void let_go_of_descriptors();

// Step 00.3. Becomes `command`, which is looked for in the new root, in the
// folders of PATH. Does not return.
//
// Throws kit::Exit with
//
//   127 if the program is not there; or if it is, but the interpreter that the
//       kernel needs to run it (the loader of a dynamic program, or what a
//       script names after "#!") is not. The message names the missing file.
//   126 if the program is there, but the kernel does not run it for another
//       reason. The message says which.
[[noreturn]] void become(const kit::Command& command);

}  // namespace container
