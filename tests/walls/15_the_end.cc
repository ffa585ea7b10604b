// What else there is: roots that are the host's own, the end that comes by
// itself, and what is left.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>

#include <csignal>
#include <filesystem>

#include "tests/walls/attempt.h"

namespace {

namespace fs = std::filesystem;
using judge::exited;
using walls::Options;
using walls::without;

// What the modes of the walk have, one by one.
const std::vector<Options> kModes = {
    {},
    {"--network", "bridge"},
    {"--network", "host"},
    {"--userns", "auto"},
    {"--user", "1000"},
    {"--read-only"},
    {"--security-opt", "seccomp=unconfined"},
    {"--cap-add", "SYS_PTRACE"},
    {"--privileged"},
};

// What the kit's programs keep in /run: its locks, and nothing of a container.
std::set<std::string> run_folder() {
  std::set<std::string> names;
  for (const auto& name : judge::names_in(AT_FDCWD, "/run/container-kit")) {
    if (!name.ends_with(".lock")) names.insert(name);
  }
  return names;
}

// The host's root directory by another path.
std::string bind_root() {
  const auto path = "/judge/roots/" + judge::random_name();
  fs::create_directory(path);
  REQUIRE(judge::guest().on_stage([&] {
    return ::mount("/", path.c_str(), nullptr, MS_BIND, nullptr) == 0;
  }));
  return path;
}

// A command that ignores SIGTERM. Did the program end, and how?
std::optional<judge::Ending> stop(const judge::Circumstances& circumstances) {
  judge::Subject program(
      {"run", "--stop-timeout", "0", "--", "sh", "-c",
       "trap '' TERM; echo ready; while :; do sleep 9; done"},
      circumstances);
  REQUIRE(judge::becomes_true(program, [&] {
    return program.output().find("ready") != std::string::npos;
  }));
  program.send_signal(SIGTERM);
  return program.wait_for_end(
      judge::Deadline(std::chrono::seconds(3), std::chrono::seconds(20)));
}

}  // namespace

TEST_CASE("15  held      who ignores SIGTERM is killed") {
  CHECK(stop({}) == exited(128 + SIGKILL));
}

TEST_CASE("15  control   ... where nobody is impatient, it runs on") {
  CHECK_FALSE(stop(without("patient")));
}

TEST_CASE("15  held      out of memory is said, in one line") {
  const auto before = judge::Host::now();
  for (const auto& options :
       std::vector<Options>{{"--memory", "1"},
                            {"--memory", "1m"},
                            {"--memory", "1", "--network", "bridge"}}) {
    const auto result =
        walls::run_shell(options, "dd if=/dev/zero bs=9M | tail");
    CHECK(result.ending == exited(128 + SIGKILL));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains("memory"));
    CHECK(judge::Host::settled(before) == before);
  }
}

TEST_CASE("15  held      the host's own directories are no root") {
  const auto bound = "/judge/roots/" + judge::random_name();
  fs::create_directory(bound);
  fs::create_directory_symlink("/", bound + ".link");
  const auto before = judge::Host::now();
  for (const auto& root :
       {std::string(), std::string("/"), std::string("/dev"),
        std::string("/tmp/.."), std::string("."), bound + ".link"}) {
    const auto result = judge::run({"run", "--root", root, "--", "/bin/true"});
    INFO("The root: \"" << root << "\"");
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
  }
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("15  held      ... nor is a bind mount of one of them") {
  const auto root = bind_root();
  const auto names = judge::names_in(judge::guest().root(), ".");
  const auto result = judge::run({"run", "--root", root, "--", "/bin/true"});
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK(judge::names_in(judge::guest().root(), ".") == names);
}

TEST_CASE("15  control   ... where any directory is taken, it is one") {
  const auto result = judge::run(
      {"run", "--root", bind_root(), "--", "/bin/true"}, without("any_root"));
  CHECK(result.ending == exited(0));
}

TEST_CASE("15  held      nothing is left of a program that is killed") {
  (void)walls::run_shell({}, "true");
  for (const auto& options : kModes) {
    const auto before = judge::Host::now();
    const auto folder = run_folder();
    {
      const auto box = walls::start(options);
      (void)box.ask("orphans 3");
      box.send_signal(SIGKILL);
      CHECK(box.wait().signal == SIGKILL);
    }
    INFO("The options: " << (options.empty() ? "none" : options.back()));
    CHECK(judge::Host::settled(before) == before);
    CHECK(run_folder() == folder);
  }
}
