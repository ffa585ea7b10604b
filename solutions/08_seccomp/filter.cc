#include "lessons/08_seccomp/filter.h"

#include <linux/audit.h>  // AUDIT_ARCH_...
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

#include "lessons/kit/check.h"
#include "lessons/kit/todo.h"
#include "lessons/kit/unique_fd.h"

using kit::check;

namespace container {

void install_filter(const Filter& filter) {
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "forbid new privileges");
  // The kernel copies the program; it does not change it.
  const sock_fprog program{static_cast<unsigned short>(filter.size()),
                           const_cast<sock_filter*>(filter.data())};
  check(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, /*flags=*/0, &program),
        "install the filter");
}

Context begin_filter(const Policy& policy) {
  Context context(::seccomp_init(policy.otherwise));
  if (!context) kit::fail("begin a filter: is its verdict a known one?");
  // Otherwise only the thread would be killed, and others wait for it for ever.
  check_result(::seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH,
                                  SCMP_ACT_KILL_PROCESS),
               "set the verdict for other architectures");
  for (const auto architecture : policy.architectures) {
    const int result = ::seccomp_arch_add(context.get(), architecture);
    const bool is_there = result == -EEXIST;  // The one we run on is, at first.
    if (!is_there) check_result(result, "add an architecture");
  }
  return context;
}

Filter to_program(const Context& context) {
  const kit::UniqueFd file{
      check(::memfd_create("filter", MFD_CLOEXEC), "make a file in memory")};
  check_result(::seccomp_export_bpf(context.get(), file.get()),
               "write the filter's program");
  struct stat now {};
  check(::fstat(file.get(), &now), "look at the filter's program");
  const auto bytes = static_cast<std::size_t>(now.st_size);
  Filter filter(bytes / sizeof(sock_filter));
  check(::pread(file.get(), filter.data(), bytes, /*offset=*/0),
        "read the filter's program");
  return filter;
}

bool add_rule(const Context& context, Verdict otherwise, const Rule& rule) {
  const int number = ::seccomp_syscall_resolve_name(rule.call.c_str());
  if (number == __NR_SCMP_ERROR) return false;
  if (rule.verdict == otherwise) return true;
  // Not "exact": where an architecture knows no such call, it needs no rule.
  const auto count = static_cast<unsigned>(rule.conditions.size());
  check_result(::seccomp_rule_add_array(context.get(), rule.verdict, number,
                                        count, rule.conditions.data()),
               "add a rule for " + rule.call);
  return true;
}

Filter refuse_32_bit(const Filter& filter,
                     const std::vector<std::uint32_t>& numbers,
                     Verdict verdict) {
  const auto count = static_cast<__u8>(numbers.size());
  Filter result = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      // Past all of this: one more load, and two instructions for each number.
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, /*yes=*/0,
               /*no=*/static_cast<__u8>(1 + 2 * count)),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (const auto number : numbers) {
    result.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
    result.push_back(BPF_STMT(BPF_RET | BPF_K, verdict));
  }
  result.insert(result.end(), filter.begin(), filter.end());
  return result;
}

}  // namespace container
