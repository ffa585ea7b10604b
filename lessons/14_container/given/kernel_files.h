// Given: covers over what the kernel's own file systems would show, and must
// not, and over what would change the host.

#pragma once

namespace container {

// After complete_dev(): covers files of /proc and /sys that tell about the
// host, and makes read-only whatever of /proc is not a process's own.
//
// Whoever shares the root may rename the directories that are mounted on, while
// this works. So "/proc" and "/sys" are opened once, have to be the kernel's,
// and all covers are put into what was opened.
//
// Throws SystemError; std::runtime_error if something else is in their place.
void hide_kernel_files();

}  // namespace container
