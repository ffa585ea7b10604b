// Rows 05 and 06: nothing that is opened or made before the command runs goes
// where a link of the image leads. CVE-2024-21626 is of this kind.

#include <fmt/format.h>

#include <filesystem>

#include "tests/walls/attempt.h"

namespace {

namespace fs = std::filesystem;
using judge::Circumstances;
using walls::Options;
using walls::without;

// A caller that leaves its root directory open, as this descriptor. The init
// has others of its own while it works: they begin with 3.
constexpr int kLeaked = 60;

Circumstances careless_caller() {
  Circumstances circumstances;
  circumstances.leaked_descriptors = {kLeaked};
  return circumstances;
}

const std::vector<int> kDescriptors = {3, 4, 5, 6, 7, 8, 9, kLeaked};

// Is the command in the host's root directory when it begins?
bool begins_outside(const Options& options,
                    const Circumstances& circumstances) {
  Options all = {"run"};
  all.insert(all.end(), options.begin(), options.end());
  judge::How how;
  how.circumstances = circumstances;
  const auto box = judge::start(all, how);
  const auto host = judge::file_id(judge::guest().root(), ".");
  try {
    return box.at_exec().working_directory == host;
  } catch (const judge::Failed&) {
    CHECK(box.wait() == judge::exited(125));
    return false;
  }
}

const std::vector<Options> kWays = {
    {"-w", "/proc/self/fd/60"},
    {"-w", "/proc/self/fd/60/../../.."},
    {"-w", "/proc/1/fd/60"},
    {"-w", "/proc/self/fd/60", "--user", "1000", "--cap-drop", "ALL"},
    {"-w", "/proc/self/fd/60", "--userns", "auto"},
};

// Runs a container whose image has a link /work to a descriptor, in there.
judge::Result run_in_link(int fd, const Circumstances& circumstances) {
  const auto root = judge::make_root_directory();
  fs::create_symlink(fmt::format("/proc/self/fd/{}", fd), root + "/work");
  return judge::run(
      {"run", "--root", root, "-w", "/work", "--", "/probe", "exit", "7"},
      circumstances);
}

// Runs a container whose image has a link /w that leads to a folder of the
// host, and a mount below that. Returns whether something was made there.
bool makes_outside(const Options& mount, const Circumstances& circumstances) {
  const auto folder = "/judge/roots/" + judge::random_name();
  fs::create_directory(folder);
  for (const int fd : kDescriptors) {
    const auto root = judge::make_root_directory();
    fs::create_symlink(
        fmt::format("/proc/self/fd/{}/../../../../../../..{}", fd, folder),
        root + "/w");
    Options arguments = {"run", "--root", root};
    arguments.insert(arguments.end(), mount.begin(), mount.end());
    arguments.insert(arguments.end(), {"--", "/probe", "exit", "0"});
    (void)judge::run(arguments, circumstances);
  }
  return !fs::is_empty(folder);
}

}  // namespace

TEST_CASE("05  held      the working directory leads nowhere out") {
  for (const auto& way : kWays) {
    CHECK_FALSE(begins_outside(way, careless_caller()));
  }
}

TEST_CASE("05  held      ... nor does a link of the image to it") {
  for (const int fd : kDescriptors) {
    const auto result = run_in_link(fd, careless_caller());
    CHECK(result.ending == judge::exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains("/work"));
  }
}

TEST_CASE("05  held      ... by each of two walls alone") {
  for (const auto* wall : {"directory_by_path", "init_open"}) {
    CHECK_FALSE(begins_outside(kWays[0], without(wall, careless_caller())));
  }
}

TEST_CASE("05  control   ... where both are off, it is the host's root") {
  const auto open =
      without("directory_by_path_and_init_open", careless_caller());
  CHECK(begins_outside(kWays[0], open));
  CHECK(run_in_link(kLeaked, open).ending == judge::exited(7));
}

TEST_CASE("06  held      no target of a mount is made outside") {
  const walls::HostFile file("of the host");
  const auto directory = "/judge/roots/" + judge::random_name();
  fs::create_directory(directory);
  for (const auto& mount :
       std::vector<Options>{{"--tmpfs", "/w/made"},
                            {"-v", directory + ":/w/made"},
                            {"-v", file.path() + ":/w/made"}}) {
    CHECK_FALSE(makes_outside(mount, careless_caller()));
  }
}

TEST_CASE("06  control   ... made by its path, one is") {
  CHECK(makes_outside({"--tmpfs", "/w/made"},
                      without("targets_by_path", careless_caller())));
}
