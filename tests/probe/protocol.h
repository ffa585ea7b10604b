// What the judge and its probe say to each other.
//
// The probe connects to kSocket, which is beside its own file (the folder in
// its argv[0]), and sends "ready". Each message that it then gets is an
// instruction (probe.cc lists them), and each is answered by one message:
//
//   ok              done
//   ok TEXT         done, with a result
//   error N         the system call failed with errno N
//   unknown         no such instruction, or its arguments are wrong
//
// The socket keeps messages apart (SOCK_SEQPACKET) and tells the judge, through
// the kernel, which process is at the other end (SO_PEERCRED).

#pragma once

#include <cstddef>

namespace probe {

inline constexpr char kSocket[] = "probe.socket";
inline constexpr std::size_t kMaxMessage = 64 << 10;

}  // namespace probe
