// Filters, run here (bpf.h) for every system call and for arguments of every
// sort: the default one, which is a search tree that was compiled with
// container-kit, against others that were made in another way.

#include <fmt/format.h>
#include <linux/audit.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <random>
#include <set>

#include "lessons/08_seccomp/given/default/default.h"
#include "lessons/08_seccomp/given/other_ways.h"
#include "lessons/08_seccomp/given/profile.h"
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
  for (std::uint64_t i = 0; i < 50; ++i) all.push_back(i);           // AF_...
  for (std::uint64_t i = 0x5410; i < 0x5420; ++i) all.push_back(i);  // TIOC...
  for (int i = 7; i < 64; ++i) all.push_back(std::uint64_t{1} << i);
  for (const std::uint64_t one : {1ULL, 8ULL, 38ULL, 40ULL, 0x5412ULL,
                                  0x541cULL, 0x20008ULL, 0xffffffffULL}) {
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
    // The rules look at the first argument, and at the second one of ioctl.
    const std::size_t wide = index < 2 ? step : 71;
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

// As the kernel compares verdicts: less is stricter.
std::int32_t strictness(std::uint32_t verdict) {
  return static_cast<std::int32_t>(verdict & SECCOMP_RET_ACTION_FULL);
}

std::uint32_t verdict_of(const Policy& policy, const std::string& name,
                         const seccomp_data& call) {
  std::optional<std::uint32_t> result;
  for (const auto& rule : policy.rules) {
    if (rule.call != name) continue;
    bool all = true;
    for (const auto& each : rule.conditions) all = all && holds(each, call);
    if (!all) continue;
    const bool is_stricter =
        !result || strictness(rule.verdict) < strictness(*result);
    if (is_stricter) result = rule.verdict;
  }
  return result.value_or(policy.otherwise);
}

// Behind one number, 32-bit programs have many calls, which libseccomp knows to
// take apart as far as can be seen.
bool is_many_calls(const std::string& name) { return name == "ipc"; }

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
  // What comes first answers socketcall, and what comes later would, too.
  const auto first = static_cast<std::ptrdiff_t>(
      3 + 2 * container::calls_around(default_policy(kDocker)).size());
  const auto rest = [&](const Filter& filter) {
    return Filter(filter.begin() + first, filter.end());
  };
  const auto wanted_of_rest = verdicts(rest(container::kDefaultFilter));
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
      if (found.empty()) found = difference(rest(wrong), wanted_of_rest);
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

TEST_CASE("what is asked without a kernel is what the filter says") {
  for (const int number : numbers()) {
    seccomp_data call{};
    call.nr = number;
    call.arch = AUDIT_ARCH_X86_64;
    REQUIRE(container::ask(container::kDefaultFilter, number) ==
            bpf::run(container::kDefaultFilter, call).verdict);
  }
}

// ---- Rules that disagree, and ways around rules ----------------------------

TEST_CASE(
    "no kind of socket is reached by its upper half, or by another call") {
  // 41 and 1 are socket and socketpair; for 32-bit programs 359, 360, and both
  // are also 102, socketcall.
  const auto verdict = [](const Filter& filter, std::uint32_t architecture,
                          int number, std::uint64_t argument) {
    seccomp_data call{};
    call.arch = architecture;
    call.nr = number;
    call.args[0] = argument;
    return bpf::run(filter, call).verdict;
  };
  for (const auto& filter :
       {container::kDefaultFilter, container::compile(default_policy(kAll))}) {
    for (const std::uint64_t upper : {0ULL, 1ULL, 0xffffffffULL}) {
      for (const std::uint64_t family : {38U, 40U}) {
        for (const int number : {41, 53, 41 | kX32, 53 | kX32}) {
          CAPTURE(upper, family, number);
          CHECK(verdict(filter, AUDIT_ARCH_X86_64, number,
                        upper << 32 | family) == SCMP_ACT_ERRNO(EPERM));
        }
      }
      CHECK(verdict(filter, AUDIT_ARCH_X86_64, 41, upper << 32 | 2) ==
            SCMP_ACT_ALLOW);
    }
    CHECK(verdict(filter, AUDIT_ARCH_I386, 359, 40) == SCMP_ACT_ERRNO(EPERM));
    CHECK(verdict(filter, AUDIT_ARCH_I386, 360, 40) == SCMP_ACT_ERRNO(EPERM));
    CHECK(verdict(filter, AUDIT_ARCH_I386, 359, 2) == SCMP_ACT_ALLOW);
    for (std::uint64_t i = 0; i < 30; ++i) {
      CHECK(verdict(filter, AUDIT_ARCH_I386, 102, i) == SCMP_ACT_ERRNO(ENOSYS));
    }
    CHECK(verdict(filter, AUDIT_ARCH_X86_64, 102, 0) == SCMP_ACT_ALLOW);
  }
}

TEST_CASE("where rules disagree, the strictest counts, in any order") {
  std::vector<container::Rule> rules = {
      {"pread64", SCMP_ACT_ALLOW, {}},
      {"pread64", SCMP_ACT_ERRNO(EPERM), {{1, SCMP_CMP_GT, 7, 0}}},
      {"pread64", SCMP_ACT_ERRNO(EPERM), {{0, SCMP_CMP_EQ, 3, 0}}},
      {"pread64", SCMP_ACT_KILL_PROCESS, {{1, SCMP_CMP_EQ, 9, 0}}},
      {"pread64", SCMP_ACT_LOG, {{2, SCMP_CMP_EQ, 5, 0}}}};
  std::mt19937_64 random(8);
  for (const auto otherwise :
       {SCMP_ACT_ALLOW, SCMP_ACT_ERRNO(EPERM), SCMP_ACT_KILL_PROCESS}) {
    for (int i = 0; i < 20; ++i) {
      std::shuffle(rules.begin(), rules.end(), random);
      const Policy policy{otherwise, {SCMP_ARCH_X86_64}, rules};
      const auto filter = container::compile(policy);
      for (int j = 0; j < 1000; ++j) {
        seccomp_data call{};
        call.nr = 17;  // pread64
        call.arch = AUDIT_ARCH_X86_64;
        call.args[0] = static_cast<std::uint64_t>(j % 10);
        call.args[1] = static_cast<std::uint64_t>(j / 10 % 10);
        call.args[2] = static_cast<std::uint64_t>(j / 100);
        REQUIRE(bpf::run(filter, call).verdict ==
                verdict_of(policy, "pread64", call));
      }
      seccomp_data foreign{};
      foreign.arch = AUDIT_ARCH_ARM;
      CHECK(bpf::run(filter, foreign).verdict == SCMP_ACT_KILL_PROCESS);
    }
  }
}

TEST_CASE("a rule's arguments can be seen, or the 32-bit call is refused") {
  struct Case {
    const char* call;
    unsigned argument;
    std::vector<std::uint32_t> refused;  // asm/unistd_32.h has the numbers.
  };
  for (const auto& [name, argument, refused] :
       {Case{"socket", 1, {102}},        Case{"connect", 0, {102}},
        Case{"semop", 0, {117}},         Case{"shmget", 2, {117}},
        Case{"mmap", 2, {90, 192}},      Case{"mmap2", 2, {90}},
        Case{"select", 0, {82, 142}},    Case{"clone", 0, {}},
        Case{"clone", 3, {120}},         Case{"fcntl", 1, {221}},
        Case{"setuid", 0, {23, 213}},    Case{"chown", 1, {182, 212}},
        Case{"chown", 0, {212}},         Case{"pread64", 2, {}},
        Case{"pread64", 3, {180}},       Case{"preadv2", 3, {378}},
        Case{"preadv2", 5, {}},          Case{"futex", 1, {422}},
        Case{"clock_settime", 0, {404}}, Case{"lseek", 2, {140}},
        Case{"umount2", 1, {22}},        Case{"ioctl", 1, {}},
        Case{"personality", 0, {}}}) {
    CAPTURE(name, argument);
    Policy policy;
    policy.otherwise = SCMP_ACT_ALLOW;
    policy.rules = {
        {name, SCMP_ACT_ERRNO(EPERM), {{argument, SCMP_CMP_EQ, 1, 0}}}};
    CHECK(container::calls_around(policy).empty());  // No 32-bit programs.
    policy.architectures = {SCMP_ARCH_X86_64, SCMP_ARCH_X86};
    CHECK(container::calls_around(policy) == refused);
    // The kernel's view: for these numbers, in that table alone.
    const auto filter = container::compile(policy);
    for (const auto number : refused) {
      seccomp_data call{};
      call.nr = static_cast<int>(number);
      call.arch = AUDIT_ARCH_I386;
      CHECK(bpf::run(filter, call).verdict == SCMP_ACT_ERRNO(ENOSYS));
      call.arch = AUDIT_ARCH_X86_64;
      CHECK(bpf::run(filter, call).verdict == SCMP_ACT_ALLOW);
    }
  }
}

TEST_CASE("another name with rules of its own is left to them") {
  const scmp_arg_cmp one{2, SCMP_CMP_EQ, 1, 0};
  Policy policy;
  policy.otherwise = SCMP_ACT_ERRNO(EPERM);
  policy.architectures = {SCMP_ARCH_X86_64, SCMP_ARCH_X86};
  using List = std::vector<std::uint32_t>;
  policy.rules = {{"mmap", SCMP_ACT_ALLOW, {one}}};
  CHECK(container::calls_around(policy) == List{90});
  policy.rules.push_back({"mmap2", SCMP_ACT_ALLOW, {one}});
  CHECK(container::calls_around(policy) == List{90});
  policy.rules.pop_back();
  policy.rules.push_back({"mmap2", SCMP_ACT_ALLOW, {}});
  CHECK(container::calls_around(policy) == List{90, 192});
  // Where nothing has conditions, nothing is around them.
  policy.rules = {{"socket", SCMP_ACT_ALLOW, {}},
                  {"socketcall", SCMP_ACT_ALLOW, {}},
                  {"mmap", SCMP_ACT_ALLOW, {}}};
  CHECK(container::calls_around(policy).empty());
  policy.rules[0].verdict = SCMP_ACT_ERRNO(EPERM);
  CHECK(container::calls_around(policy) == List{102});
}

TEST_CASE("a policy that kills does so on the ways around it, too") {
  Policy policy;
  policy.otherwise = SCMP_ACT_KILL_PROCESS;
  policy.architectures = {SCMP_ARCH_X86};
  policy.rules = {{"socket", SCMP_ACT_ALLOW, {{0, SCMP_CMP_EQ, 1, 0}}},
                  {"socketcall", SCMP_ACT_ALLOW, {}}};
  seccomp_data call{};
  call.nr = 102;
  call.arch = AUDIT_ARCH_I386;
  call.args[0] = 1;
  CHECK(bpf::run(container::compile(policy), call).verdict ==
        SCMP_ACT_KILL_PROCESS);
}

TEST_CASE("without a filter of its own, a container still gets no keys") {
  const std::set<int> keys = {248, 249, 250};  // add_key, request_key, keyctl
  const std::set<int> keys_32 = {286, 287, 288};
  const auto verdict = [](std::uint32_t architecture, int number) {
    seccomp_data call{};
    call.arch = architecture;
    call.nr = number;
    return bpf::run(container::kUnconfinedFilter, call).verdict;
  };
  const auto wanted = [](bool is_key) {
    return is_key ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW;
  };
  for (int i = 0; i < 1000; ++i) {
    CAPTURE(i);
    REQUIRE(verdict(AUDIT_ARCH_X86_64, i) == wanted(keys.contains(i)));
    REQUIRE(verdict(AUDIT_ARCH_X86_64, i | kX32) == wanted(keys.contains(i)));
    REQUIRE(verdict(AUDIT_ARCH_I386, i) == wanted(keys_32.contains(i)));
  }
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
  // "read" comes early in a list, and most calls late. Before both, exceptions
  // are looked for.
  int most = 0;
  for (const auto& [name, number] :
       {std::pair{"read", 0}, std::pair{"getpid", 39}, std::pair{"socket", 41},
        std::pair{"mount", 165}, std::pair{"openat", 257},
        std::pair{"clone3", 435}}) {
    fmt::print("{:8} tree {:3}  list {:3}\n", name,
               instructions_for(tree, number), instructions_for(list, number));
    most = std::max(most, instructions_for(tree, number));
  }
  CHECK(instructions_for(tree, 257) * 8 < instructions_for(list, 257));
  CHECK(most < 40);
}
