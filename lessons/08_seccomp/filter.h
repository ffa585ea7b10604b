// Lesson 08: fewer system calls
//
// Read:   seccomp(2), seccomp_init(3), seccomp_rule_add(3),
//         seccomp_export_bpf(3); docs/08_seccomp.md
// Run:    bazel run //lessons:08_seccomp -- --deny mkdir mkdir /tmp/new
// Check:  bazel test //tests:08_seccomp
//
// A filter is a small program in the language BPF. The kernel runs it at each
// system call of the process, on the number of the call, its six arguments and
// its architecture, and does what it returns. Libseccomp writes such programs:
//
//   policy --08.2, 08.4--> libseccomp's filter --08.3--> BPF --08.1--> kernel
//                                                         |
//                                                     08.5: more BPF before it

#pragma once

#include <linux/filter.h>  // sock_filter
#include <seccomp.h>

#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace container {

// What happens at a system call, in libseccomp's words: SCMP_ACT_ALLOW,
// SCMP_ACT_ERRNO(EPERM), SCMP_ACT_KILL_PROCESS, ...
using Verdict = std::uint32_t;

// If all conditions hold for a call of that name, the verdict is this one. If
// there are several rules for a call, one that holds is enough; if they
// disagree, the strictest verdict counts, as the kernel has it with several
// filters: "ioctl is allowed" and "ioctl is refused if its second argument is
// TIOCSTI" is how a policy says "except".
struct Rule {
  std::string call;
  Verdict verdict = SCMP_ACT_ALLOW;
  std::vector<scmp_arg_cmp> conditions;  // At most one for each argument.
};

// given/profile.h makes it from a profile in Docker's format.
struct Policy {
  Verdict otherwise = SCMP_ACT_ERRNO(EPERM);  // If no rule is for a call.
  std::vector<std::uint32_t> architectures;   // SCMP_ARCH_...: those it is for.
  std::vector<Rule> rules;
};

// Libseccomp's filter, while it is being made.
struct ReleaseContext {
  void operator()(scmp_filter_ctx context) const { ::seccomp_release(context); }
};
using Context = std::unique_ptr<void, ReleaseContext>;

// A program for the kernel.
using Filter = std::vector<sock_filter>;

// ---- The steps: the kernel's part first, then a filter for it --------------

// Step 08.1. From now on, the filter decides on all system calls of the calling
// process [decides] and of its children to come [children]. It is one filter
// [one], and cannot be taken away again. The process gets no new privileges any
// more (PR_SET_NO_NEW_PRIVS) [privileges]: otherwise the kernel wants
// CAP_SYS_ADMIN, since a filter can deceive set-user-ID programs. No flag
// changes how the processor is protected (SECCOMP_FILTER_FLAG_SPEC_ALLOW)
// [speculation], or what the kernel logs (SECCOMP_FILTER_FLAG_LOG) [log].
//
// The calling process has one thread. Throws SystemError [errors]: EINVAL if
// the filter has more than 4096 instructions (BPF_MAXINSNS) [EINVAL].
void install_filter(const Filter& filter);

// Step 08.2. Returns a filter without rules: the verdict is `policy.otherwise`
// for each call [otherwise], in the architecture of this host, whether the
// policy names it or not [own], and in all of the policy's [architectures]. A
// call in any other kills the process (SCMP_ACT_KILL_PROCESS) [others].
//
// Throws SystemError: EDOM for an architecture that libseccomp cannot have
// beside this one, like SCMP_ARCH_S390X, which has another byte order [EDOM].
// Where libseccomp says only that it failed: std::runtime_error.
Context begin_filter(const Policy& policy);

// Step 08.3. Returns the program that libseccomp makes of its filter [program],
// the whole of it: 4096 instructions are possible [whole]. Nothing is installed
// [nothing]. No file stays, and no descriptor [traces]. Throws SystemError
// [errors].
//
// Libseccomp writes it to a descriptor: memfd_create(2) makes one of memory.
Filter to_program(const Context& context);

// Step 08.4. Adds a rule: its verdict [verdict], if all of its conditions hold
// [conditions], in each architecture that has such a call [architectures]. A
// call of a name that libseccomp does not know is left out [unknown]: it may be
// newer than that. What is the verdict `otherwise` anyway needs no rule, and
// libseccomp takes none [otherwise].
//
// Returns false if the rule was left out for its name [false]. Throws
// SystemError.
bool add_rule(const Context& context, Verdict otherwise, const Rule& rule);

// Step 08.5. Returns `filter` with a few instructions before it: a 32-bit call
// (AUDIT_ARCH_I386) whose number is one of `numbers` [numbers] gets `verdict`
// [verdict]. For all other calls [others], and for those numbers in other
// architectures [architectures], `filter` decides.
//
// A rule on arguments must hold for each way to make the call, and 32-bit
// programs have ways on which no argument can be seen: socketcall(2) has those
// of socket(2) in memory. given/other_ways.h finds the numbers.
//
// numbers: 1 to 100 of them [count].
Filter refuse_32_bit(const Filter& filter,
                     const std::vector<std::uint32_t>& numbers,
                     Verdict verdict);

// ---- In given/compile.cc ----------------------------------------------------

// Libseccomp's functions return what went wrong as a negative errno, and do not
// set errno: kit::check() is not for them. Throws SystemError if `result` is
// one.
void check_result(int result, const std::string& what);

// Libseccomp can make a list of comparisons out of a filter, or a search tree:
// the verdicts are the same, and the way to them is shorter.
enum class Shape { kList = 1, kTree = 2 };

// All of it: 08.2, 08.4 for each rule, 08.3; 08.5 where it is needed, with
// ENOSYS: then programs take the call whose arguments can be seen, if they know
// it. (Linux has socket(2) for 32-bit programs since 4.3.) A policy that kills
// kills there, too.
//
// Throws SystemError; std::runtime_error for a rule that refuses a call which
// libseccomp does not know, where other calls are allowed: the rule could not
// be left out without letting that call through.
//
// A call that is newer than libseccomp can have no rule. Where the policy
// answers other calls with an errno, such a one gets ENOSYS: then programs that
// try new calls first go on with the old ones, as on an older kernel.
//
// unknown: gets the names of the calls that were left out.
Filter compile(const Policy& policy,
               std::vector<std::string>* unknown = nullptr,
               Shape shape = Shape::kTree);

// Does a call go on to the kernel with that verdict? Does it end the process?
bool lets_through(Verdict verdict);
bool kills(Verdict verdict);

// What `filter` says to a 64-bit call whose arguments are all 0.
Verdict ask(const Filter& filter, int number);

}  // namespace container
