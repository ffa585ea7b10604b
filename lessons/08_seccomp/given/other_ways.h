// Given: the 32-bit calls that lead past a policy's rules.
//
// A rule on a call's arguments is to hold for every way to make that call. But
// 32-bit programs have some calls twice: socket(2) is also socketcall(2), and
// its arguments are then in memory, where no filter can look. Libseccomp
// makes of "socket is allowed if its first argument is 1": "socketcall(2) is
// allowed if socket is what it is for", whatever the arguments.

#pragma once

#include <cstdint>
#include <vector>

#include "lessons/08_seccomp/filter.h"

namespace container {

// Returns the numbers, in the table of 32-bit programs (SCMP_ARCH_X86), of the
// calls that must be refused for the rules of `policy` to hold, in ascending
// order. They are refused even if the policy allows them by name, as Docker's
// does with socketcall:
//
// - socketcall and ipc, if there is a rule that refuses, or has conditions for,
//   a call that can be made through them;
// - a call whose arguments are elsewhere for 32-bit programs, if a condition
//   looks there: in memory (mmap, select), in other registers (pread64's
//   offset needs two), or cut to 16 bits (setuid);
// - the same call under another name (mmap2, fcntl64, futex_time64), if a rule
//   has conditions for the first one, and the policy allows the other without.
//
// Nothing if the policy lets no 32-bit programs in.
std::vector<std::uint32_t> calls_around(const Policy& policy);

}  // namespace container
