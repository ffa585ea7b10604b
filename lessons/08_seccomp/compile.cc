// The given part of lesson 08: from a policy to a program. The steps are in
// filter.cc.

#include <linux/seccomp.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include "lessons/08_seccomp/filter.h"
#include "lessons/kit/check.h"

namespace container {
namespace {

bool knows_call(int number) {
  char* name = ::seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, number);
  const bool known = name != nullptr;
  ::free(name);  // NOLINT: it comes from malloc().
  return known;
}

// The number of the newest call that libseccomp knows. A new call gets the next
// number, for some years now the same one in all architectures.
__u32 newest_call() {
  int number = 1000;
  while (number > 0 && !knows_call(number)) --number;
  return static_cast<__u32>(number);
}

// Wherever the filter would return `otherwise`, it jumps to its end, and looks
// at the number once more there. So no way to another verdict gets longer.
void answer_new_calls(Filter& filter, Verdict otherwise) {
  constexpr __u32 kX32Bit = 0x40000000;  // Not a part of the number.
  // Old calls that x32 alone has: syscalls/syscall_64.tbl in the kernel.
  constexpr __u32 kX32Begin = 512;
  constexpr __u32 kX32End = 548;
  const std::size_t end = filter.size();
  for (std::size_t i = 0; i < end; ++i) {
    const bool is_otherwise =
        filter[i].code == (BPF_RET | BPF_K) && filter[i].k == otherwise;
    if (!is_otherwise) continue;
    filter[i] = BPF_STMT(BPF_JMP | BPF_JA, static_cast<__u32>(end - i - 1));
  }
  const sock_filter tail[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~kX32Bit),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32End, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32Begin, 2, 0),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, newest_call(), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SCMP_ACT_ERRNO(ENOSYS)),
      BPF_STMT(BPF_RET | BPF_K, otherwise)};
  filter.insert(filter.end(), std::begin(tail), std::end(tail));
}

}  // namespace

void check_result(int result, const std::string& what) {
  if (result < 0) throw kit::SystemError(-result, what);
}

Filter compile(const Policy& policy, std::vector<std::string>* unknown,
               Shape shape) {
  const Context context = begin_filter(policy);
  check_result(::seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE,
                                  static_cast<std::uint32_t>(shape)),
               "choose the shape of the filter");
  for (const auto& rule : policy.rules) {
    const bool known = add_rule(context, policy.otherwise, rule);
    if (!known && unknown != nullptr) unknown->push_back(rule.call);
  }
  Filter filter = to_program(context);
  const bool returns_errno =
      (policy.otherwise & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
  if (returns_errno) answer_new_calls(filter, policy.otherwise);
  return filter;
}

}  // namespace container
