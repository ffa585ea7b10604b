// Filters, run here (bpf.h) for every system call and for arguments of every
// sort: the default one, which is a search tree that was compiled with
// container-kit, against others that were made in another way.

#include <fmt/format.h>
#include <linux/audit.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <random>
#include <set>

#include "lessons/08_seccomp/default/default.h"
#include "lessons/08_seccomp/profile.h"
#include "tests/seccomp/bpf.h"
#include "third_party/catch2.h"

using container::Filter;
using container::Policy;
using container::Shape;

namespace {

constexpr std::uint64_t kDocker = 0xa80425fb;  // Its fourteen capabilities.
constexpr std::uint64_t kAll = ~std::uint64_t{0};
constexpr int kX32 = 0x40000000;

// Two of this machine's three: x32 has the number of x86-64, and a bit more.
const std::vector<std::uint32_t> kOurs = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386};
const std::vector<std::uint32_t> kForeign = {AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM,
                                             AUDIT_ARCH_S390X,
                                             AUDIT_ARCH_RISCV64, 0};

Policy default_policy(std::uint64_t capabilities) {
  return container::read_profile("default", container::kDefaultProfile,
                                 {capabilities, {6, 1}});
}

// What arguments can be told apart by the rules of the default profile, what
// lies around, and what looks alike in 32 bits.
std::vector<std::uint64_t> values() {
  std::vector<std::uint64_t> all = {0x80000000, 0x100000001, kAll,
                                    kAll - 1,   0x20000,     0x20008,
                                    0x40000,    0x7e020000};
  for (std::uint64_t i = 0; i < 50; ++i) all.push_back(i);  // AF_...
  for (int i = 7; i < 64; ++i) all.push_back(std::uint64_t{1} << i);
  for (const std::uint64_t one :
       {1ULL, 8ULL, 40ULL, 0x20008ULL, 0xffffffffULL}) {
    all.push_back(one | std::uint64_t{1} << 32);
    all.push_back(one | std::uint64_t{1} << 63);
    all.push_back(one - 1);
    all.push_back(one + 1);
  }
  return all;
}

std::vector<int> numbers() {
  std::vector<int> all = {-1, -2, 1000, 5000, kX32 - 1, 0x7fffffff};
  for (int i = 0; i <= 600; ++i) all.push_back(i);
  const auto count = all.size();
  for (std::size_t i = 0; i < count; ++i) all.push_back(all[i] ^ kX32);
  return all;
}

// The numbers of calls about which rules of the default profile have
// conditions, in all of our architectures.
std::set<int> numbers_with_conditions() {
  std::set<int> all;
  for (const auto& rule : default_policy(kDocker).rules) {
    if (rule.conditions.empty()) continue;
    for (const std::uint32_t architecture : std::vector<std::uint32_t>{
             SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32}) {
      all.insert(
          ::seccomp_syscall_resolve_name_arch(architecture, rule.call.c_str()));
    }
  }
  return all;
}

void add_calls(std::vector<seccomp_data>& all, seccomp_data call,
               std::size_t step) {
  static const auto kValues = values();
  for (int index = 0; index < 6; ++index) {
    // The rules look at the first argument.
    const std::size_t wide = index == 0 ? step : 71;
    for (std::size_t i = 0; i < kValues.size(); i += wide) {
      call.args[index] = kValues[i];
      all.push_back(call);
    }
    call.args[index] = 0;
  }
}

// All calls that are tried, of some architectures: each number with some
// arguments, those that have conditions with all.
std::vector<seccomp_data> make_calls(
    const std::vector<std::uint32_t>& architectures) {
  const auto careful = numbers_with_conditions();
  std::vector<seccomp_data> all;
  for (const auto architecture : architectures) {
    for (const int number : numbers()) {
      seccomp_data call{};
      call.nr = number;
      call.arch = architecture;
      add_calls(all, call, careful.contains(number) ? 1 : 13);
    }
  }
  return all;
}

const std::vector<seccomp_data>& our_calls() {
  static const auto kCalls = make_calls(kOurs);
  return kCalls;
}
const std::vector<seccomp_data>& foreign_calls() {
  static const auto kCalls = make_calls(kForeign);
  return kCalls;
}

std::string text(const seccomp_data& call) {
  return fmt::format("call {:#x}({:#x}, {:#x}, {:#x}, ...) of {:#x}", call.nr,
                     call.args[0], call.args[1], call.args[2], call.arch);
}

using Verdicts = std::vector<std::uint32_t>;

// What a filter says of our calls, then of the foreign ones.
Verdicts verdicts(const Filter& filter) {
  Verdicts all;
  for (const auto* calls : {&our_calls(), &foreign_calls()}) {
    for (const auto& call : *calls) {
      all.push_back(bpf::run(filter, call).verdict);
    }
  }
  return all;
}

// Looks for a call about which the filter says something else. "": there is
// none.
std::string difference(const Filter& filter, const Verdicts& wanted) {
  std::size_t i = 0;
  for (const auto* calls : {&our_calls(), &foreign_calls()}) {
    for (const auto& call : *calls) {
      const auto found = bpf::run(filter, call).verdict;
      if (found != wanted[i]) {
        return fmt::format("{}: {:#x}, and not {:#x}", text(call), found,
                           wanted[i]);
      }
      ++i;
    }
  }
  return "";
}

// ---- What a policy says, word for word -------------------------------------

// 32-bit programs have arguments of 32 bits.
bool has_32_bits(const seccomp_data& call) {
  return call.arch != AUDIT_ARCH_X86_64 || (call.nr & kX32) != 0;
}

bool holds(const scmp_arg_cmp& condition, const seccomp_data& call) {
  const std::uint64_t argument = call.args[condition.arg];
  const auto value = has_32_bits(call) ? argument & 0xffffffff : argument;
  switch (condition.op) {
    case SCMP_CMP_NE:
      return value != condition.datum_a;
    case SCMP_CMP_LT:
      return value < condition.datum_a;
    case SCMP_CMP_LE:
      return value <= condition.datum_a;
    case SCMP_CMP_EQ:
      return value == condition.datum_a;
    case SCMP_CMP_GE:
      return value >= condition.datum_a;
    case SCMP_CMP_GT:
      return value > condition.datum_a;
    case SCMP_CMP_MASKED_EQ:
      // Bits of the second value that the mask leaves out do not count.
      return ((value ^ condition.datum_b) & condition.datum_a) == 0;
    default:
      throw std::runtime_error("unknown operator");
  }
}

// The name of a call by its number, or "".
std::string name_of(const seccomp_data& call) {
  const bool is_x32 =
      call.arch == AUDIT_ARCH_X86_64 && call.nr >= 0 && (call.nr & kX32) != 0;
  char* name = ::seccomp_syscall_resolve_num_arch(
      is_x32 ? SCMP_ARCH_X32 : call.arch, call.nr);
  const std::string result = name == nullptr ? "" : name;
  ::free(name);  // NOLINT: it comes from malloc().
  return result;
}

std::uint32_t verdict_of(const Policy& policy, const std::string& name,
                         const seccomp_data& call) {
  for (const auto& rule : policy.rules) {
    if (rule.call != name) continue;
    bool all = true;
    for (const auto& each : rule.conditions) all = all && holds(each, call);
    if (all) return rule.verdict;
  }
  return policy.otherwise;
}

// Behind one number, 32-bit programs have many calls, which libseccomp knows to
// take apart as far as can be seen: socketcall(2), ipc(2).
bool is_many_calls(const std::string& name) {
  return name == "socketcall" || name == "ipc";
}

// Compares a filter with the words of its policy.
std::string difference(const Filter& filter, const Policy& policy) {
  std::string name;
  seccomp_data before{};
  before.nr = -3;
  for (const auto& call : our_calls()) {
    if (call.nr != before.nr || call.arch != before.arch) name = name_of(call);
    before = call;
    if (name.empty() || is_many_calls(name)) continue;
    const auto wanted = verdict_of(policy, name, call);
    const auto found = bpf::run(filter, call).verdict;
    if (found != wanted) {
      return fmt::format("{} ({}): {:#x}, and not {:#x}", text(call), name,
                         found, wanted);
    }
  }
  return "";
}

// Which instructions can be come to. (Libseccomp leaves one that cannot.)
std::vector<bool> reachable(const Filter& filter) {
  std::vector<bool> result(filter.size());
  result.at(0) = true;
  for (std::size_t i = 0; i < filter.size(); ++i) {  // All jumps go forward.
    const auto& one = filter[i];
    if (!result[i] || BPF_CLASS(one.code) == BPF_RET) continue;
    const bool jumps = BPF_CLASS(one.code) == BPF_JMP;
    const bool always = jumps && BPF_OP(one.code) == BPF_JA;
    result.at(i + 1 + (always ? one.k : jumps ? one.jt : 0)) = true;
    if (jumps && !always) result.at(i + 1 + one.jf) = true;
  }
  return result;
}

int instructions_for(const Filter& filter, int number) {
  seccomp_data call{};
  call.nr = number;
  call.arch = AUDIT_ARCH_X86_64;
  return bpf::run(filter, call).instructions;
}

}  // namespace

TEST_CASE("the default filter is the one that libseccomp makes as a list") {
  const auto list =
      container::compile(default_policy(kDocker), nullptr, Shape::kList);
  CHECK(our_calls().size() > 50000);
  CHECK(difference(container::kDefaultFilter, verdicts(list)) == "");
}

TEST_CASE("a tree and a list are the same, for all capabilities, too") {
  const auto policy = default_policy(kAll);
  const auto list = container::compile(policy, nullptr, Shape::kList);
  CHECK(difference(container::compile(policy), verdicts(list)) == "");
}

TEST_CASE("the default filter says what the default profile says") {
  CHECK(difference(container::kDefaultFilter, default_policy(kDocker)) == "");
  const auto policy = default_policy(kAll);
  CHECK(difference(container::compile(policy), policy) == "");
}

TEST_CASE("one wrong instruction is found, wherever it is") {
  const auto wanted = verdicts(
      container::compile(default_policy(kDocker), nullptr, Shape::kList));
  const auto counts = reachable(container::kDefaultFilter);
  int tried = 0;
  std::vector<std::size_t> missed;
  for (std::size_t i = 0; i < container::kDefaultFilter.size(); ++i) {
    if (!counts[i]) continue;
    Filter wrong = container::kDefaultFilter;
    if (BPF_CLASS(wrong[i].code) == BPF_RET) {
      wrong[i].k ^= 1;
    } else if (wrong[i].jt != wrong[i].jf) {
      std::swap(wrong[i].jt, wrong[i].jf);
    } else {
      continue;
    }
    ++tried;
    std::string found;
    try {
      found = difference(wrong, wanted);
    } catch (const std::runtime_error& error) {
      found = error.what();  // The program does not even end.
    }
    if (found.empty()) missed.push_back(i);
  }
  CHECK(tried > 300);
  CHECK(missed == std::vector<std::size_t>{});
}

TEST_CASE("a call of another architecture kills the process") {
  const auto killed = [](const seccomp_data& call) {
    return bpf::run(container::kDefaultFilter, call).verdict ==
           SECCOMP_RET_KILL_PROCESS;
  };
  CHECK(std::all_of(foreign_calls().begin(), foreign_calls().end(), killed));
}

TEST_CASE("a call that is newer than libseccomp is not there") {
  for (const int number : {600, 1000, 0x3fffffff, 600 | kX32}) {
    seccomp_data call{};
    call.nr = number;
    call.arch = AUDIT_ARCH_X86_64;
    CHECK(bpf::run(container::kDefaultFilter, call).verdict ==
          SCMP_ACT_ERRNO(ENOSYS));
  }
  // Of a policy that kills, nothing is softened.
  Policy policy;
  policy.otherwise = SCMP_ACT_KILL_PROCESS;
  policy.rules.push_back({"read", SCMP_ACT_ALLOW, {}});
  seccomp_data call{};
  call.nr = 1000;
  call.arch = AUDIT_ARCH_X86_64;
  CHECK(bpf::run(container::compile(policy), call).verdict ==
        SCMP_ACT_KILL_PROCESS);
}

TEST_CASE("every operator compares 64 bits") {
  constexpr scmp_compare kOperators[] = {
      SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE,       SCMP_CMP_EQ,
      SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ};
  std::mt19937_64 random(8);  // The same numbers each time.
  const auto one_of = values();
  for (int i = 0; i < 300; ++i) {
    Policy policy;
    policy.otherwise = SCMP_ACT_ALLOW;
    policy.architectures = {SCMP_ARCH_X86_64};
    container::Rule rule{"pread64", SCMP_ACT_ERRNO(99), {}};
    const unsigned first = static_cast<unsigned>(random() % 6);
    for (unsigned j = 0; j < 1 + random() % 2; ++j) {
      rule.conditions.push_back({(first + j) % 6, kOperators[random() % 7],
                                 one_of[random() % one_of.size()],
                                 one_of[random() % one_of.size()]});
    }
    policy.rules.push_back(rule);
    const auto filter = container::compile(policy);
    for (int j = 0; j < 300; ++j) {
      seccomp_data call{};
      call.nr = 17;  // pread64
      call.arch = AUDIT_ARCH_X86_64;
      for (auto& each : call.args) each = one_of[random() % one_of.size()];
      for (const auto& each : rule.conditions) {
        const auto close = each.datum_a + random() % 3 - 1;
        if (random() % 2 == 0) call.args[each.arg] = close;
      }
      const auto& c = rule.conditions;
      CAPTURE(c[0].arg, c[0].op, c[0].datum_a, c[0].datum_b, c.size());
      REQUIRE(bpf::run(filter, call).verdict ==
              verdict_of(policy, "pread64", call));
    }
  }
}

TEST_CASE("a tree takes a fraction of a list's instructions") {
  const auto list =
      container::compile(default_policy(kDocker), nullptr, Shape::kList);
  const auto& tree = container::kDefaultFilter;
  fmt::print("instructions: the default filter has {}, as a list {}\n",
             tree.size(), list.size());
  // "read" comes early in a list, and most calls late.
  int most = 0;
  for (const auto& [name, number] :
       {std::pair{"read", 0}, std::pair{"getpid", 39}, std::pair{"socket", 41},
        std::pair{"mount", 165}, std::pair{"openat", 257},
        std::pair{"clone3", 435}}) {
    fmt::print("{:8} tree {:3}  list {:3}\n", name,
               instructions_for(tree, number), instructions_for(list, number));
    most = std::max(most, instructions_for(tree, number));
  }
  CHECK(instructions_for(tree, 257) * 10 < instructions_for(list, 257));
  CHECK(most < 30);
}
