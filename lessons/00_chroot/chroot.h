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

// Step 00.1. Makes `root` the root directory of this process [root], and the
// working directory as well [directory]: afterwards, no path leads out of it,
// neither an absolute nor a relative one.
//
// root: seen from the working directory, if it is a relative path [relative].
// It may be a link to a directory [link].
// Throws SystemError, which names it [names]: ENOENT if it is not there
// [ENOENT], ENOTDIR if it is not a directory [ENOTDIR], EPERM without
// CAP_SYS_CHROOT [EPERM].
void enter_root(const std::filesystem::path& root);

// Step 00.2. Makes sure that the command gets standard input, output and error
// [standard], and no other open descriptor [others], however high its number is
// [high]. An open directory of the outside would be a way out: fchdir(2) asks
// for no path.
//
// The others may be closed at once, or when the command is started. Throws
// SystemError [errors].
void let_go_of_descriptors();

// Step 00.3. Becomes `command`: this process runs it [process], with its words
// as they are, from the first on [words], and with the environment of this
// process [environment]. A name without a slash is looked for in the new root,
// in the folders of PATH [PATH]. Does not return.
//
// Throws kit::Exit with
//
//   127 if the program is not there [missing]; or if it is, but an interpreter
//       that the kernel needs to run it (the loader of a dynamic program, or
//       what a script names after "#!", and the loader of that) is not
//       [loader]. The message names the missing file [names].
//   126 if the program is there, but the kernel does not run it for another
//       reason [refused]. The message says which [reason].
[[noreturn]] void become(const kit::Command& command);

}  // namespace container
