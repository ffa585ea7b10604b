#include "lessons/08_seccomp/given/other_ways.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace container {
namespace {

using Names = std::vector<std::string_view>;

// A call that is for many, and has their arguments in memory.
struct Multiplexer {
  const char* name;
  Names calls;
};

const Multiplexer kMultiplexers[] = {
    {"socketcall",
     {"accept",      "accept4",    "bind",     "connect",  "getpeername",
      "getsockname", "getsockopt", "listen",   "recv",     "recvfrom",
      "recvmmsg",    "recvmsg",    "send",     "sendmmsg", "sendmsg",
      "sendto",      "setsockopt", "shutdown", "socket",   "socketpair"}},
    {"ipc",
     {"msgctl", "msgget", "msgrcv", "msgsnd", "semctl", "semget", "semop",
      "semtimedop", "shmat", "shmctl", "shmdt", "shmget"}}};

// Arguments that 32-bit programs do not pass as others do, as bits: from the
// first one whose place is another, or just that one.
constexpr unsigned from(unsigned index) { return 0x3fU << index & 0x3fU; }
constexpr unsigned only(unsigned index) { return 1U << index; }

struct Elsewhere {
  const char* call;
  unsigned arguments;
};

// syscalls/syscall_32.tbl and arch/x86/kernel/sys_ia32.c in the kernel.
constexpr Elsewhere kElsewhere[] = {
    // In memory.
    {"mmap", from(0)},
    {"select", from(0)},
    // The last two have changed places.
    {"clone", from(3)},
    // 64 bits in two registers: what comes after has moved, too.
    {"fadvise64", from(1)},
    {"fallocate", from(2)},
    {"fanotify_mark", from(2)},
    {"lookup_dcookie", from(0)},
    {"pread64", from(3)},
    {"preadv", from(3)},
    {"preadv2", only(3) | only(4)},
    {"pwrite64", from(3)},
    {"pwritev", from(3)},
    {"pwritev2", only(3) | only(4)},
    {"readahead", from(1)},
    {"sync_file_range", from(1)},
    // 16 bits: to setuid(2), 0x10000 is 0.
    {"chown", from(1)},
    {"fchown", from(1)},
    {"lchown", from(1)},
    {"setfsgid", from(0)},
    {"setfsuid", from(0)},
    {"setgid", from(0)},
    {"setregid", from(0)},
    {"setresgid", from(0)},
    {"setresuid", from(0)},
    {"setreuid", from(0)},
    {"setuid", from(0)}};

// The same under another name, with arguments that can be seen.
struct OtherName {
  const char* call;
  const char* other;
};

constexpr OtherName kOtherNames[] = {
    {"_newselect", "select"},
    {"chown", "chown32"},
    {"clock_adjtime", "clock_adjtime64"},
    {"clock_getres", "clock_getres_time64"},
    {"clock_gettime", "clock_gettime64"},
    {"clock_nanosleep", "clock_nanosleep_time64"},
    {"clock_settime", "clock_settime64"},
    {"fadvise64", "fadvise64_64"},
    {"fchown", "fchown32"},
    {"fcntl", "fcntl64"},
    {"fstat", "fstat64"},
    {"fstatfs", "fstatfs64"},
    {"ftruncate", "ftruncate64"},
    {"futex", "futex_time64"},
    {"getrlimit", "ugetrlimit"},
    {"io_pgetevents", "io_pgetevents_time64"},
    {"lchown", "lchown32"},
    {"lseek", "_llseek"},
    {"lstat", "lstat64"},
    {"mmap", "mmap2"},
    {"mmap2", "mmap"},
    {"mq_timedreceive", "mq_timedreceive_time64"},
    {"mq_timedsend", "mq_timedsend_time64"},
    {"newfstatat", "fstatat64"},
    {"ppoll", "ppoll_time64"},
    {"pselect6", "pselect6_time64"},
    {"recvmmsg", "recvmmsg_time64"},
    {"rt_sigaction", "sigaction"},
    {"rt_sigaction", "signal"},
    {"rt_sigprocmask", "sigprocmask"},
    {"rt_sigtimedwait", "rt_sigtimedwait_time64"},
    {"sched_rr_get_interval", "sched_rr_get_interval_time64"},
    {"select", "_newselect"},
    {"semtimedop", "semtimedop_time64"},
    {"sendfile", "sendfile64"},
    {"setfsgid", "setfsgid32"},
    {"setfsuid", "setfsuid32"},
    {"setgid", "setgid32"},
    {"setgroups", "setgroups32"},
    {"setregid", "setregid32"},
    {"setresgid", "setresgid32"},
    {"setresuid", "setresuid32"},
    {"setreuid", "setreuid32"},
    {"setuid", "setuid32"},
    {"stat", "stat64"},
    {"statfs", "statfs64"},
    {"timer_gettime", "timer_gettime64"},
    {"timer_settime", "timer_settime64"},
    {"timerfd_gettime", "timerfd_gettime64"},
    {"timerfd_settime", "timerfd_settime64"},
    {"truncate", "truncate64"},
    {"umount2", "umount"},
    {"utimensat", "utimensat_time64"},
    {"wait4", "waitpid"}};

bool has_conditions(const Policy& policy, std::string_view call) {
  return std::any_of(policy.rules.begin(), policy.rules.end(),
                     [&](const Rule& rule) {
                       return rule.call == call && !rule.conditions.empty();
                     });
}

// Does a rule look at the call, or refuse it?
bool is_restricted(const Policy& policy, std::string_view call) {
  return has_conditions(policy, call) ||
         std::any_of(policy.rules.begin(), policy.rules.end(),
                     [&](const Rule& rule) {
                       return rule.call == call && !lets_through(rule.verdict);
                     });
}

bool is_allowed_freely(const Policy& policy, std::string_view call) {
  if (is_restricted(policy, call)) return false;
  const bool has_rule =
      std::any_of(policy.rules.begin(), policy.rules.end(),
                  [&](const Rule& rule) { return rule.call == call; });
  return has_rule || lets_through(policy.otherwise);
}

bool looks_at(const Rule& rule, unsigned arguments) {
  return std::any_of(rule.conditions.begin(), rule.conditions.end(),
                     [&](const scmp_arg_cmp& condition) {
                       return (arguments >> condition.arg & 1U) != 0;
                     });
}

std::set<std::string_view> names_around(const Policy& policy) {
  std::set<std::string_view> names;
  for (const auto& [name, calls] : kMultiplexers) {
    for (const auto call : calls) {
      if (is_restricted(policy, call)) names.insert(name);
    }
  }
  for (const auto& rule : policy.rules) {
    for (const auto& [call, arguments] : kElsewhere) {
      if (rule.call == call && looks_at(rule, arguments)) names.insert(call);
    }
  }
  for (const auto& [call, other] : kOtherNames) {
    if (has_conditions(policy, call) && is_allowed_freely(policy, other)) {
      names.insert(other);
    }
  }
  return names;
}

}  // namespace

std::vector<std::uint32_t> calls_around(const Policy& policy) {
  const auto& all = policy.architectures;
  if (std::find(all.begin(), all.end(), SCMP_ARCH_X86) == all.end()) return {};
  std::set<std::uint32_t> numbers;
  for (const auto name : names_around(policy)) {
    const int number = ::seccomp_syscall_resolve_name_arch(
        SCMP_ARCH_X86, std::string(name).c_str());
    if (number >= 0) numbers.insert(static_cast<std::uint32_t>(number));
  }
  return {numbers.begin(), numbers.end()};
}

}  // namespace container
