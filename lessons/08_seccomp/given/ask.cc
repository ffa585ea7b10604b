// Given: what a filter says, without a kernel.

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <cstring>

#include "lessons/08_seccomp/filter.h"
#include "lessons/kit/check.h"

namespace container {
namespace {

__u32 word_at(const seccomp_data& call, __u32 offset) {
  __u32 word = 0;
  if (offset > sizeof call - sizeof word) kit::fail("a filter looks outside");
  std::memcpy(&word, reinterpret_cast<const char*>(&call) + offset,
              sizeof word);
  return word;
}

// Does a jump's condition hold?
bool holds(const sock_filter& jump, __u32 value) {
  switch (BPF_OP(jump.code)) {
    case BPF_JEQ:
      return value == jump.k;
    case BPF_JGT:
      return value > jump.k;
    case BPF_JGE:
      return value >= jump.k;
    case BPF_JSET:
      return (value & jump.k) != 0;
    default:
      kit::fail("a filter jumps in an unknown way: {:#x}", jump.code);
  }
}

}  // namespace

// Only what libseccomp makes use of, and lesson 08.
Verdict ask(const Filter& filter, int number) {
  seccomp_data call{};
  call.nr = number;
  call.arch = AUDIT_ARCH_X86_64;
  __u32 value = 0;
  for (std::size_t i = 0; i < filter.size(); ++i) {  // All jumps go forward.
    const sock_filter& one = filter[i];
    if (one.code == (BPF_RET | BPF_K)) return one.k;
    if (one.code == (BPF_LD | BPF_W | BPF_ABS)) {
      value = word_at(call, one.k);
    } else if (one.code == (BPF_ALU | BPF_AND | BPF_K)) {
      value &= one.k;
    } else if (one.code == (BPF_JMP | BPF_JA)) {
      i += one.k;
    } else {
      i += holds(one, value) ? one.jt : one.jf;
    }
  }
  kit::fail("a filter ends without a verdict");
}

}  // namespace container
