// The given part of lesson 08: from a policy to a program. The steps are in
// filter.cc.

#include <linux/seccomp.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <map>

#include "lessons/08_seccomp/filter.h"
#include "lessons/08_seccomp/given/other_ways.h"
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

// Wherever the filter would return `verdict`, it jumps to its end.
void end_instead_of(Verdict verdict, Filter& filter) {
  const std::size_t end = filter.size();
  for (std::size_t i = 0; i < end; ++i) {
    const bool is_it =
        filter[i].code == (BPF_RET | BPF_K) && filter[i].k == verdict;
    if (!is_it) continue;
    filter[i] = BPF_STMT(BPF_JMP | BPF_JA, static_cast<__u32>(end - i - 1));
  }
}

// What would get `otherwise` is looked at once more, at the filter's end. So no
// way to another verdict gets longer.
void answer_new_calls(Filter& filter, Verdict otherwise) {
  constexpr __u32 kX32Bit = 0x40000000;  // Not a part of the number.
  // Old calls that x32 alone has: syscalls/syscall_64.tbl in the kernel.
  constexpr __u32 kX32Begin = 512;
  constexpr __u32 kX32End = 548;
  end_instead_of(otherwise, filter);
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

// Less is stricter: so the kernel compares what several filters return.
using Strictness = std::int32_t;

Strictness strictness(Verdict verdict) {
  return static_cast<Strictness>(verdict & SECCOMP_RET_ACTION_FULL);
}

// Rules that are stricter than another one for the same call. In one filter
// with that one, libseccomp would drop them: for it, a rule without conditions
// outdoes all others.
struct Split {
  std::map<Strictness, std::vector<Rule>> exceptions;
  std::vector<Rule> rest;
};

Split split(const std::vector<Rule>& rules) {
  std::map<std::string, Strictness> weakest;
  for (const auto& rule : rules) {
    const Strictness own = strictness(rule.verdict);
    const auto found = weakest.try_emplace(rule.call, own).first;
    found->second = std::max(found->second, own);
  }
  Split result;
  for (const auto& rule : rules) {
    const Strictness own = strictness(rule.verdict);
    const bool is_exception = own < weakest.at(rule.call);
    (is_exception ? result.exceptions[own] : result.rest).push_back(rule);
  }
  return result;
}

struct Compiler {
  Shape shape;
  std::vector<std::string> unknown;

  Filter make(const Context& context, const Policy& policy) {
    check_result(::seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE,
                                    static_cast<std::uint32_t>(shape)),
                 "choose the shape of the filter");
    for (const auto& rule : policy.rules) {
      const bool known = add_rule(context, policy.otherwise, rule);
      if (!known) unknown.push_back(rule.call);
    }
    return to_program(context);
  }

  // Puts the rules before the filter, which decides on all that they are not
  // for.
  void put_before(Filter& filter, Policy exceptions) {
    exceptions.otherwise = SCMP_ACT_ALLOW;
    const Context context = begin_filter(exceptions);
    check_result(::seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH,
                                    SCMP_ACT_ALLOW),
                 "leave other architectures to the rest of the filter");
    Filter before = make(context, exceptions);
    end_instead_of(SCMP_ACT_ALLOW, before);
    filter.insert(filter.begin(), before.begin(), before.end());
  }
};

// A rule that allows can be left out if its call is unknown, and nothing is
// open that should not be. The others cannot.
void check_unknown(const std::vector<std::string>& unknown,
                   const Policy& policy) {
  if (!lets_through(policy.otherwise)) return;
  for (const auto& rule : policy.rules) {
    const bool is_unknown =
        std::find(unknown.begin(), unknown.end(), rule.call) != unknown.end();
    if (is_unknown && !lets_through(rule.verdict)) {
      kit::fail(
          "\"{}\" is to be refused, but libseccomp knows no such call: it "
          "would be allowed",
          rule.call);
    }
  }
}

// The answer on ways that are shut.
Verdict not_there(const Policy& policy) {
  return kills(policy.otherwise) ? policy.otherwise : SCMP_ACT_ERRNO(ENOSYS);
}

}  // namespace

bool lets_through(Verdict verdict) {
  return strictness(verdict) == strictness(SCMP_ACT_ALLOW) ||
         strictness(verdict) == strictness(SCMP_ACT_LOG);
}

bool kills(Verdict verdict) {
  return strictness(verdict) < strictness(SCMP_ACT_ERRNO(0));
}

void check_result(int result, const std::string& what) {
  if (result < 0) throw kit::SystemError(-result, what);
}

Filter compile(const Policy& policy, std::vector<std::string>* unknown,
               Shape shape) {
  Compiler compiler{shape, {}};
  const auto [exceptions, rest] = split(policy.rules);
  Filter filter = compiler.make(begin_filter(policy),
                                {policy.otherwise, policy.architectures, rest});
  const bool returns_errno =
      strictness(policy.otherwise) == strictness(SCMP_ACT_ERRNO(0));
  if (returns_errno) answer_new_calls(filter, policy.otherwise);

  // The strictest comes last, and so before all others.
  for (auto each = exceptions.rbegin(); each != exceptions.rend(); ++each) {
    compiler.put_before(filter, {{}, policy.architectures, each->second});
  }
  const auto around = calls_around(policy);
  if (!around.empty()) {
    filter = refuse_32_bit(filter, around, not_there(policy));
  }
  check_unknown(compiler.unknown, policy);
  if (unknown != nullptr) *unknown = compiler.unknown;
  return filter;
}

}  // namespace container
