// Profiles: what is read, what applies where, and what each mistake is called.

#include "lessons/08_seccomp/given/profile.h"

#include <fmt/format.h>

#include <cerrno>
#include <optional>

#include "lessons/08_seccomp/given/default/default.h"
#include "third_party/catch2.h"

using container::Place;
using container::Policy;

namespace {

constexpr std::uint64_t kChown = 1, kSysAdmin = 1 << 21;
const Place kHere{kChown, {6, 1}};

// In a profile of a test, a ' is written for a ".
std::string quoted(std::string text) {
  for (char& c : text) {
    if (c == '\'') c = '"';
  }
  return text;
}

Policy read(const std::string& text, const Place& place = kHere) {
  return container::read_profile("p.json", quoted(text), place);
}

std::string problem(const std::string& text) {
  try {
    (void)read(text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no problem";
}

Policy with(const std::string& entry, const Place& place = kHere) {
  return read(
      "{'defaultAction': 'SCMP_ACT_ERRNO', 'syscalls': [" + entry + "]}",
      place);
}

// Does a rule apply with these includes and excludes?
bool applies(const std::string& members, const Place& place = kHere) {
  return !with("{'names': ['mkdir'], 'action': 'SCMP_ACT_ALLOW', " + members +
                   "}",
               place)
              .rules.empty();
}

std::string entry_problem(const std::string& entry) {
  return problem("{'defaultAction': 'SCMP_ACT_ERRNO',\n 'syscalls': [\n" +
                 entry + "]}");
}

// For CHECK_THAT(), in both versions of Catch2.
auto contains(const std::string& part) {
#if KIT_CATCH2_VERSION == 2
  return Catch::Contains(part);
#else
  return Catch::Matchers::ContainsSubstring(part);
#endif
}
auto starts_with(const std::string& part) {
  return Catch::Matchers::StartsWith(part);
}

}  // namespace

TEST_CASE("an action is what libseccomp calls so") {
  const std::pair<const char*, std::uint32_t> kActions[] = {
      {"ALLOW", SCMP_ACT_ALLOW},
      {"ERRNO", SCMP_ACT_ERRNO(EPERM)},
      {"KILL", SCMP_ACT_KILL_THREAD},
      {"KILL_THREAD", SCMP_ACT_KILL_THREAD},
      {"KILL_PROCESS", SCMP_ACT_KILL_PROCESS},
      {"TRAP", SCMP_ACT_TRAP},
      {"TRACE", SCMP_ACT_TRACE(EPERM)},
      {"LOG", SCMP_ACT_LOG}};
  for (const auto& [name, verdict] : kActions) {
    CAPTURE(name);
    CHECK(read(fmt::format("{{'defaultAction': 'SCMP_ACT_{}'}}", name))
              .otherwise == verdict);
    const auto rules =
        with(fmt::format("{{'name': 'mkdir', 'action': 'SCMP_ACT_{}'}}", name))
            .rules;
    REQUIRE(rules.size() == 1);
    CHECK(rules[0].verdict == verdict);
  }
  CHECK(read("{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 38}")
            .otherwise == SCMP_ACT_ERRNO(38));
  CHECK(with("{'names': ['mkdir'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': 7}")
            .rules.at(0)
            .verdict == SCMP_ACT_ERRNO(7));
  CHECK(with("{'names': ['mkdir'], 'action': 'SCMP_ACT_TRACE', 'errnoRet': 7}")
            .rules.at(0)
            .verdict == SCMP_ACT_TRACE(7));
}

TEST_CASE("an operator is what libseccomp calls so") {
  const std::pair<const char*, scmp_compare> kOperators[] = {
      {"NE", SCMP_CMP_NE},
      {"LT", SCMP_CMP_LT},
      {"LE", SCMP_CMP_LE},
      {"EQ", SCMP_CMP_EQ},
      {"GE", SCMP_CMP_GE},
      {"GT", SCMP_CMP_GT},
      {"MASKED_EQ", SCMP_CMP_MASKED_EQ}};
  for (const auto& [name, op] : kOperators) {
    const auto rules =
        with(fmt::format("{{'names': ['mkdir'], 'action': 'SCMP_ACT_ALLOW', "
                         "'args': [{{'index': 5, 'value': "
                         "18446744073709551615, 'valueTwo': 3, 'op': "
                         "'SCMP_CMP_{}'}}]}}",
                         name))
            .rules;
    REQUIRE(rules.size() == 1);
    REQUIRE(rules[0].conditions.size() == 1);
    const auto& condition = rules[0].conditions[0];
    CHECK(condition.arg == 5);
    CHECK(condition.op == op);
    CHECK(condition.datum_a == 0xffffffffffffffff);
    CHECK(condition.datum_b == 3);
  }
}

TEST_CASE("conditions for one argument are alternatives, as with Docker") {
  const std::string one = "{'index': 0, 'value': 1, 'op': 'SCMP_CMP_EQ'}";
  const std::string other = "{'index': 0, 'value': 2, 'op': 'SCMP_CMP_EQ'}";
  const std::string second = "{'index': 1, 'value': 2, 'op': 'SCMP_CMP_EQ'}";
  const auto rules = [](const std::string& conditions) {
    return with(
               "{'names': ['clone', 'mkdir'], 'action': 'SCMP_ACT_ALLOW', "
               "'args': [" +
               conditions + "]}")
        .rules;
  };
  CHECK(rules("").size() == 2);
  CHECK(rules(one + ", " + second).size() == 2);
  CHECK(rules(one + ", " + second)[0].conditions.size() == 2);
  CHECK(rules(one + ", " + other).size() == 4);
  CHECK(rules(one + ", " + other)[0].conditions.size() == 1);
}

TEST_CASE("includes: all has to hold") {
  CHECK(applies("'includes': {}"));
  CHECK(applies("'includes': null, 'excludes': null"));
  CHECK(applies("'includes': {'caps': ['CAP_CHOWN']}"));
  CHECK(!applies("'includes': {'caps': ['CAP_SYS_ADMIN']}"));
  CHECK(!applies("'includes': {'caps': ['CAP_CHOWN', 'CAP_SYS_ADMIN']}"));
  CHECK(applies("'includes': {'caps': ['CAP_CHOWN', 'CAP_SYS_ADMIN']}",
                {kChown | kSysAdmin, {6, 1}}));
  CHECK(applies("'includes': {'arches': ['386', 'amd64']}"));
  CHECK(!applies("'includes': {'arches': ['arm64', '386']}"));
  CHECK(applies("'includes': {'minKernel': '6.1'}"));
  CHECK(applies("'includes': {'minKernel': '4.20'}"));
  CHECK(!applies("'includes': {'minKernel': '6.2'}"));
  CHECK(!applies("'includes': {'minKernel': '6.10'}"));
  CHECK(!applies("'includes': {'minKernel': '7.0'}"));
  CHECK(!applies("'includes': {'arches': ['amd64'], 'minKernel': '7.0'}"));
  CHECK(!applies("'includes': {'arches': ['arm'], 'caps': ['CAP_CHOWN']}"));
}

TEST_CASE("excludes: nothing may hold") {
  CHECK(applies("'excludes': {}"));
  CHECK(!applies("'excludes': {'caps': ['CAP_CHOWN']}"));
  CHECK(!applies("'excludes': {'caps': ['CAP_SYS_ADMIN', 'CAP_CHOWN']}"));
  CHECK(applies("'excludes': {'caps': ['CAP_SYS_ADMIN']}"));
  CHECK(!applies("'excludes': {'arches': ['amd64']}"));
  CHECK(applies("'excludes': {'arches': ['386', 's390x']}"));
  CHECK(!applies("'excludes': {'minKernel': '6.1'}"));
  CHECK(applies("'excludes': {'minKernel': '6.2'}"));
  CHECK(!applies("'excludes': {'arches': ['arm'], 'caps': ['CAP_CHOWN']}"));
  CHECK(
      !applies("'includes': {'arches': ['amd64']}, "
               "'excludes': {'caps': ['CAP_CHOWN']}"));
}

TEST_CASE("architectures: of this machine, or those that are named") {
  using List = std::vector<std::uint32_t>;
  CHECK(read("{'defaultAction': 'SCMP_ACT_ALLOW'}").architectures.empty());
  CHECK(read("{'defaultAction': 'SCMP_ACT_ALLOW', 'architectures': "
             "['SCMP_ARCH_X86', 'SCMP_ARCH_X32']}")
            .architectures == List{SCMP_ARCH_X86, SCMP_ARCH_X32});
  CHECK(read("{'defaultAction': 'SCMP_ACT_ALLOW', 'archMap': ["
             "{'architecture': 'SCMP_ARCH_AARCH64', 'subArchitectures': "
             "['SCMP_ARCH_ARM']},{'architecture': 'SCMP_ARCH_LOONGARCH64', "
             "'subArchitectures': null},{'architecture': 'SCMP_ARCH_X86_64', "
             "'subArchitectures': ['SCMP_ARCH_X86']}]}")
            .architectures == List{SCMP_ARCH_X86_64, SCMP_ARCH_X86});
}

TEST_CASE("calls that libseccomp does not know are left out and told of") {
  const auto policy = with(
      "{'names': ['read', 'no_such_call', 'execve', 'nor_this'], 'action': "
      "'SCMP_ACT_ALLOW'}");
  std::vector<std::string> unknown;
  const auto filter = container::compile(policy, &unknown);
  CHECK(unknown == std::vector<std::string>{"no_such_call", "nor_this"});
  CHECK(!filter.empty());
}

TEST_CASE(
    "a call that cannot be refused is an error where others are allowed") {
  const auto problem_of = [](const char* otherwise, const char* action) {
    const auto policy = read(
        fmt::format("{{'defaultAction': 'SCMP_ACT_{}', 'syscalls': [{{'names': "
                    "['no_such_call'], 'action': 'SCMP_ACT_{}'}}]}}",
                    otherwise, action));
    try {
      (void)container::compile(policy);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string("no problem");
  };
  CHECK_THAT(problem_of("ALLOW", "ERRNO"), contains("\"no_such_call\""));
  CHECK_THAT(problem_of("LOG", "KILL_PROCESS"), contains("\"no_such_call\""));
  CHECK(problem_of("ALLOW", "LOG") == "no problem");
  CHECK(problem_of("ERRNO", "ALLOW") == "no problem");
  CHECK(problem_of("ERRNO", "KILL_PROCESS") == "no problem");
}

TEST_CASE("what is not JSON is told of with its place") {
  CHECK_THAT(problem(""), contains("p.json:1:1: "));
  CHECK_THAT(problem("{'defaultAction': 'SCMP_ACT_ALLOW'"),
             contains("p.json:1:35: ") && contains("ends too early"));
  CHECK_THAT(problem("{'defaultAction':\n  'SCMP_ACT_ALLOW\n'}"),
             contains("p.json:2:"));
  CHECK_THAT(problem("{'defaultAction':\n  ?}"), contains("p.json:2:3: "));
  CHECK_THAT(problem("{'defaultAction': 'SCMP_ACT_ALLOW'} x"),
             contains("p.json:1:37: "));
  CHECK_THAT(problem("[]"), contains("p.json:1:1: "));
  CHECK_THAT(problem("7"), contains("p.json:1:1: "));
  CHECK_THAT(problem(std::string(1000000, '[')), contains("p.json:1:"));
}

TEST_CASE("what is wrong in a profile is told of with its place") {
  CHECK_THAT(problem("{}"),
             starts_with("p.json:1:1: ") && contains("defaultAction"));
  CHECK_THAT(problem("{\n\n 'defaultAction': 'SCMP_ACT_FOO'}"),
             starts_with("p.json:3:19: ") && contains("SCMP_ACT_FOO"));
  CHECK_THAT(problem("{'a\\u00e4\\n\\'': 1}"), starts_with("p.json:1:17: "));
  CHECK_THAT(problem("{'defaultAction': 'SCMP_ACT_NOTIFY'}"),
             starts_with("p.json:1:19: "));
  CHECK_THAT(problem("{'defaultAction': 7}"), starts_with("p.json:1:19: "));
  CHECK_THAT(problem("{'defaultAction': 'SCMP_ACT_ALLOW',\n"
                     "\t'defaultAction': 'SCMP_ACT_LOG'}"),
             starts_with("p.json:2:2: ") && contains("twice"));
  CHECK_THAT(problem("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscall': []}"),
             starts_with("p.json:1:48: ") && contains("syscall"));
  CHECK_THAT(
      problem("{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 4096}"),
      starts_with("p.json:1:"));
  CHECK_THAT(
      problem("{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': -1}"),
      starts_with("p.json:1:56: "));
  CHECK_THAT(problem("{'defaultAction': 'SCMP_ACT_ALLOW', 'archMap': "
                     "[{'architecture': 'SCMP_ARCH_X86_64'}],\n"
                     "'architectures': ['SCMP_ARCH_X86']}"),
             starts_with("p.json:2:18: "));
  CHECK_THAT(problem("{'defaultAction': 'SCMP_ACT_ALLOW',\n"
                     "'architectures': ['SCMP_ARCH_VAX']}"),
             starts_with("p.json:2:19: ") && contains("VAX"));
  CHECK_THAT(problem("{'defaultAction': 'SCMP_ACT_ALLOW',\n"
                     "'archMap': [{'subArchitectures': []}]}"),
             starts_with("p.json:2:13: "));
}

TEST_CASE("what is wrong in an entry is told of with its place") {
  const std::pair<const char*, const char*> kProblems[] = {
      {"7", "p.json:3:1: "},
      {"{'names': ['mkdir']}", "p.json:3:1: "},
      {"{'action': 'SCMP_ACT_ALLOW'}", "p.json:3:1: "},
      {"{'names': 'mkdir', 'action': 'SCMP_ACT_ALLOW'}", "p.json:3:11: "},
      {"{'names': [7], 'action': 'SCMP_ACT_ALLOW'}", "p.json:3:12: "},
      {"{'name': 'a', 'names': ['b'], 'action': 'SCMP_ACT_ALLOW'}",
       "p.json:3:10: "},
      {"{'names': ['mkdir'], 'action': 'ALLOW'}", "p.json:3:32: "},
      {"{'names': ['mkdir'], 'action': 'SCMP_ACT_ALLOW', 'errnoRet': 1}",
       "p.json:3:"},
      {"{'names': ['mkdir'], 'action': 'SCMP_ACT_ALLOW', 'arg': []}",
       "p.json:3:57: "},
      {"{'names': ['mkdir'], 'action': 'SCMP_ACT_ALLOW', 'args': [{'index': 6, "
       "'value': 0, 'op': 'SCMP_CMP_EQ'}]}",
       "p.json:3:69: "},
      {"{'names': ['mkdir'], 'action': 'SCMP_ACT_ALLOW', 'args': [{'index': 0, "
       "'value': 1.5, 'op': 'SCMP_CMP_EQ'}]}",
       "p.json:3:81: "},
      {"{'names': ['mkdir'], 'action': 'SCMP_ACT_ALLOW', 'args': [{'index': 0, "
       "'value': 1, 'op': 'SCMP_CMP_XX'}]}",
       "p.json:3:90: "},
      {"{'names': ['mkdir'], 'action': 'SCMP_ACT_ALLOW', 'includes': {'caps': "
       "['CAP_FOO']}}",
       "p.json:3:72: "},
      {"{'names': ['mkdir'], 'action': 'SCMP_ACT_ALLOW', 'includes': "
       "{'minKernel': 'new'}}",
       "p.json:3:76: "},
      {"{'names': ['mkdir'], 'action': 'SCMP_ACT_ALLOW', 'excludes': {'cap': "
       "[]}}",
       "p.json:3:70: "}};
  for (const auto& [entry, place] : kProblems) {
    CAPTURE(entry);
    CHECK_THAT(entry_problem(entry), starts_with(place));
  }
}

TEST_CASE("Podman's errors have names, and mean the same") {
  CHECK(read("{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': 38, "
             "'defaultErrno': 'ENOSYS', 'architectures': null}")
            .otherwise == SCMP_ACT_ERRNO(ENOSYS));
  CHECK(read("{'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrno': 'ENOSYS'}")
            .otherwise == SCMP_ACT_ERRNO(ENOSYS));
  const auto rule = [](const std::string& error) {
    return with("{'names': ['mkdir'], 'action': 'SCMP_ACT_ERRNO', " + error +
                "}")
        .rules.front()
        .verdict;
  };
  CHECK(rule("'errno': 'EROFS'") == SCMP_ACT_ERRNO(EROFS));
  CHECK(rule("'errno': '30'") == SCMP_ACT_ERRNO(EROFS));
  CHECK(rule("'errno': '', 'errnoRet': 30") == SCMP_ACT_ERRNO(EROFS));
  CHECK(rule("'errno': 'EROFS', 'errnoRet': 30") == SCMP_ACT_ERRNO(EROFS));
  CHECK(entry_problem("{'names': ['mkdir'], 'action': 'SCMP_ACT_ERRNO', "
                      "'errno': 'EROFS', 'errnoRet': 1}") ==
        "p.json:3:59: \"errno\" is another error than \"errnoRet\"");
  CHECK(entry_problem("{'names': ['mkdir'], 'action': 'SCMP_ACT_ERRNO', "
                      "'errno': 'ENOTHING'}") ==
        "p.json:3:59: unknown errno: \"ENOTHING\"");
}

TEST_CASE("what the OCI's profiles ask for, and cannot have, is an error") {
  const auto with_member = [](const std::string& member) {
    return problem("{'defaultAction': 'SCMP_ACT_ALLOW',\n " + member + "}");
  };
  CHECK(with_member("'flags': []") == "no problem");
  CHECK(with_member("'flags': ['SECCOMP_FILTER_FLAG_TSYNC']") == "no problem");
  CHECK(with_member("'flags': ['SECCOMP_FILTER_FLAG_LOG']") ==
        "p.json:2:12: SECCOMP_FILTER_FLAG_LOG cannot be had: filters are "
        "installed without");
  CHECK(with_member("'listenerPath': ''") == "no problem");
  CHECK(with_member("'listenerPath': '/run/agent'") ==
        "p.json:2:18: no process is asked for verdicts: leave it out");
}

TEST_CASE("old profiles and Docker's empty members are read") {
  const auto rules = with(
                         "{'name': 'mkdir', 'action': 'SCMP_ACT_ALLOW', "
                         "'args': null, 'comment': '', 'includes': {}, "
                         "'excludes': {}}")
                         .rules;
  REQUIRE(rules.size() == 1);
  CHECK(rules[0].call == "mkdir");
  CHECK(rules[0].conditions.empty());
}
