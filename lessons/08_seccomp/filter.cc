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
  // TODO(08.1): ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0). Then make a
  // sock_fprog of the filter and call ::syscall(SYS_seccomp, ...) with
  // SECCOMP_SET_MODE_FILTER and no flags.
  throw kit::Todo("08.1");
}

Context begin_filter(const Policy& policy) {
  // TODO(08.2): ::seccomp_init() with policy.otherwise makes the Context. Set
  // SCMP_FLTATR_ACT_BADARCH with ::seccomp_attr_set(), then add the
  // architectures with ::seccomp_arch_add(); that the one we run on is there
  // already (-EEXIST) is no error. check_result() the rest.
  throw kit::Todo("08.2");
}

Filter to_program(const Context& context) {
  // TODO(08.3): ::memfd_create(), ::seccomp_export_bpf() into that, and read it
  // from the beginning: ::pread(). ::fstat() knows its size in bytes.
  throw kit::Todo("08.3");
}

bool add_rule(const Context& context, Verdict otherwise, const Rule& rule) {
  // TODO(08.4): ::seccomp_syscall_resolve_name() knows the number of the call,
  // or says __NR_SCMP_ERROR. ::seccomp_rule_add_array() adds the rule.
  throw kit::Todo("08.4");
}

Filter refuse_32_bit(const Filter& filter,
                     const std::vector<std::uint32_t>& numbers,
                     Verdict verdict) {
  // TODO(08.5): put instructions before the filter, BPF_STMT(...) and
  // BPF_JUMP(...): look at the architecture, then at the number.
  throw kit::Todo("08.5");
}

}  // namespace container
