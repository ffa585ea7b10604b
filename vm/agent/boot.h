// From the kernel's first process to a guest that looks like a distribution.

#pragma once

namespace lab {

// Turns the initramfs into the lab machine: modules loaded, the real root in
// place (a tmpfs, so that pivot_root works, shared as systemd leaves it), the
// usual file systems mounted, cgroup v2 alone with no controller enabled for
// children, swap, host name, loopback.
//
// Must run as process 1, once. Throws std::system_error when the guest cannot
// be what lessons expect; a missing optional module is a line on the console.
void boot();

}  // namespace lab
