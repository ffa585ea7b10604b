// Judges what is given of lesson 03: options, and maps that are refused before
// anything is started.

#include "tests/03_user/user.h"

namespace users {
namespace {

// The status and the words of a program that must not start anything.
judge::Result run_without_child(const Words& arguments,
                                judge::Circumstances circumstances) {
  circumstances.held_calls = {{SYS_clone3}};
  judge::Subject program(arguments, circumstances);
  judge::Deadline deadline;
  while (!program.ending() && !deadline.passed()) {
    std::vector<pollfd> call = {{program.watch().descriptor(), POLLIN, 0}};
    program.wait(deadline.milliseconds_left(), call);
    if (program.watch().receive() != 0) {
      throw judge::Failed("the program has begun to start a child");
    }
  }
  if (!program.ending()) throw judge::Failed("the program has not ended");
  return {.ending = *program.ending(),
          .output = program.output(),
          .errors = program.errors()};
}

// Changes a setting of the host. False if the kernel has no such setting.
bool set(const std::string& name, const std::string& value) {
  const auto path = "sys/" + name;
  const kit::UniqueFd file{
      ::openat(judge::guest().proc(), path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file) return false;
  return ::write(file.get(), value.data(), value.size()) != -1;
}

}  // namespace

TEST_CASE("03: an unwritten step ends the program with 75", "[given]") {
  const auto root = judge::make_root_directory();
  const auto result = judge::run({"--root", root, "--", "/probe", "exit", "0"},
                                 {.hold_at_todo = false, .student = true});

  if (result.ending != exited(75)) {
    SUCCEED("All steps are written.");
    return;
  }
  HINT("A skeleton says which step is next, and nothing else.");
  CHECK(result.is_one_line());
}

TEST_CASE("03: options that are wrong are errors", "[given]") {
  for (const auto& wrong : std::vector<Words>{{"--no-such-option"},
                                              {"--map-uid"},
                                              {"--map-uid", ""},
                                              {"--map-uid", "0"},
                                              {"--map-uid", "0:1000"},
                                              {"--map-uid", "0:1000:"},
                                              {"--map-uid", ":1000:1"},
                                              {"--map-uid", "0::1"},
                                              {"--map-uid", "0:1000:1:1"},
                                              {"--map-uid", "0:-1:1"},
                                              {"--map-uid", "0:student:1"},
                                              {"--map-uid", "0:1000:0"},
                                              {"--map-uid", "0:1000:-1"},
                                              {"--map-uid", "4294967295:0:1"},
                                              {"--map-uid", "0:4294967290:6"},
                                              {"--map-uid", "0:0:4294967296"},
                                              {"--map-gid", "0:1000:0"}}) {
    const auto result = run_without_child(wrong, kAsStudent);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(wrong.front()));
  }
  CHECK(judge::run({"--help"}).ending == exited(0));
}

TEST_CASE("03: maps that the kernel would refuse are errors", "[given]") {
  const auto before = judge::Host::now();
  struct Refused {
    Words options;
    std::string reason;
  };
  const std::vector<Refused> all = {
      {options("--map-uid", {{0, 1000, 1}, {0, 100000, 9}}), "overlap inside"},
      {options("--map-uid", {{0, 100000, 9}, {9, 100008, 9}}),
       "overlap outside"},
      {options("--map-gid", {{5, 100000, 9}, {0, 100100, 6}}),
       "overlap inside"},
      {options("--map-uid", {{1, 1000, 1}}), "no 0 inside"},
      {options("--map-gid", {{1, 100000, 1}}), "no 0 inside"},
      // Others' ids: root's, the next user's, too many, half of them.
      {options("--map-uid", {{0, 0, 1}}), "/etc/subuid"},
      {options("--map-uid", {{0, 1001, 1}}), "--add-subuids 1001-1001 student"},
      {options("--map-uid", {{0, 1000, 2}}), "1000-1001"},
      {options("--map-uid", {{0, 99999, 2}}), "100000-165535"},
      {options("--map-uid", {{0, 165535, 2}}), "165535-165536"},
      {options("--map-uid", {{0, 1000, 1}, {1, 0, 1}}), "/etc/subuid"},
      {options("--map-gid", {{0, 5, 1}}), "/etc/subgid"},
  };
  for (const auto& [wrong, reason] : all) {
    const auto result = run_without_child(wrong, kAsStudent);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(reason));
  }

  std::vector<Range> long_map;
  for (long i = 0; i < 341; ++i) long_map.push_back({2 * i, 3 * i, 1});
  const auto result = run_without_child(options("--map-uid", long_map), {});
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains("341"));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("03: what the host forbids is explained", "[given]") {
  const Words command = {"--", judge::guest().probe(), "exit", "3"};
  if (set("user/max_user_namespaces", "0")) {
    for (const bool student : {false, true}) {
      const auto result = run_without_child(command, {.student = student});
      CHECK(result.ending == exited(125));
      CHECK(result.is_one_line());
      CHECK_THAT(result.errors, judge::contains("user.max_user_namespaces"));
    }
    REQUIRE(set("user/max_user_namespaces", "1000"));
  }
  if (set("kernel/unprivileged_userns_clone", "0")) {
    const auto result = run_without_child(command, kAsStudent);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors,
               judge::contains("kernel.unprivileged_userns_clone"));
    REQUIRE(set("kernel/unprivileged_userns_clone", "1"));
  }
}

TEST_CASE("03: that newuidmap is missing is explained", "[given]") {
  judge::Circumstances circumstances = kAsStudent;
  circumstances.variables = {"PATH=/" + judge::random_name()};
  const auto result = run_without_child(
      {"--map-uid", "0:100000:10", "--", judge::guest().probe()},
      circumstances);
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains("newuidmap"));
  CHECK_THAT(result.errors, judge::contains("uidmap"));
}

}  // namespace users
