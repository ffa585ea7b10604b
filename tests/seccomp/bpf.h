// What the kernel does with a filter, done here: seccomp(2) and the kernel's
// documentation, "Linux Socket Filtering aka Berkeley Packet Filter (BPF)".

#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <span>

namespace bpf {

struct Result {
  std::uint32_t verdict = 0;
  int instructions = 0;  // How many were run.
};

// Runs `program` for a system call. Knows the instructions that the kernel
// allows in a filter.
//
// Throws std::runtime_error for any other, for a jump that leaves the program,
// and for a word outside of the call's data.
Result run(std::span<const sock_filter> program, const seccomp_data& call);

}  // namespace bpf
