// Row 18: files of the host that every container has: devices, and what the
// kernel shows in /proc to all alike.

#include <sys/stat.h>

#include <filesystem>

#include "tests/walls/attempt.h"

namespace {

using judge::exited;
using walls::Options;
using walls::run_shell;
using walls::without;

const std::vector<Options> kModes = {{},
                                     {"--cap-drop", "ALL"},
                                     {"--read-only"},
                                     {"--network", "bridge"},
                                     {"--userns", "auto"}};

// Does a container change the host's /dev/full? It is put back afterwards.
bool changes_device(const Options& options,
                    const judge::Circumstances& circumstances) {
  constexpr mode_t kMode = 0666;
  const auto before = walls::state_of("/dev/full");
  (void)run_shell(
      options,
      "chmod 600 /dev/full; chown 7 /dev/full; touch -d 2001-01-01 /dev/full",
      circumstances);
  const bool changed = walls::state_of("/dev/full") != before;
  REQUIRE(::chmod("/dev/full", kMode) == 0);
  REQUIRE(::chown("/dev/full", 0, 0) == 0);
  return changed;
}

// What can be opened for writing, of the files that are no process's, and are
// made to be written to. Some stand for all that are with them.
const std::string kFindWritable =
    "find /proc -path '/proc/[0-9]*' -prune -o -path '/proc/irq/[1-9]*' -prune "
    "-o -path /proc/sys/net -prune -o -path '/proc/sys/[dfku]*' -prune "
    "-o -type f -perm /222 -print | "
    "while read f; do true >> $f && echo $f; done; true";

}  // namespace

TEST_CASE("18  held      no container changes the host's device files") {
  for (const auto& mode : kModes) CHECK_FALSE(changes_device(mode, {}));
}

TEST_CASE("18  control   ... where they are not read-only, root does") {
  CHECK(changes_device({}, without("devices_writable")));
}

TEST_CASE("18  held      devices work all the same") {
  CHECK(run_shell({},
                  "echo x > /dev/null && test $(head -c 3 /dev/zero | wc -c) "
                  "= 3 && ! echo x > /dev/full")
            .ending == exited(0));
}

TEST_CASE("18  held      of /proc, only what is a process's can be written") {
  for (const auto& mode : kModes) {
    const auto result = run_shell(mode, kFindWritable);
    CHECK(result.ending == exited(0));
    CHECK(result.output.empty());
  }
}

TEST_CASE("18  control   ... with the settings read-only alone, more can") {
  const auto found = run_shell({}, kFindWritable, without("proc_writable"));
  CHECK_THAT(found.output, judge::contains("/proc/sysrq-trigger"));
}

TEST_CASE("18  held      /dev is not made in a directory of the host's") {
  const auto folder = "/judge/roots/" + judge::random_name();
  std::filesystem::create_directory(folder);
  for (const auto& options :
       std::vector<Options>{{"-v", folder + ":/dev"},
                            {"-v", folder + ":/dev/pts"},
                            {"-v", folder + ":/dev/fd"},
                            {"--tmpfs", "/dev/pts/more"}}) {
    const auto result = run_shell(options, "true");
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains("/dev"));
  }
  CHECK(std::filesystem::is_empty(folder));
}

TEST_CASE("18  control   ... where it may be, links are left behind") {
  const auto folder = "/judge/roots/" + judge::random_name();
  std::filesystem::create_directory(folder);
  (void)run_shell({"-v", folder + ":/dev"}, "true", without("dev_of_the_host"));
  CHECK_FALSE(std::filesystem::is_empty(folder));
}

TEST_CASE("18  held      a kernel's file system is no root") {
  for (const auto* root : {"/sys/fs/cgroup/session", "/sys/kernel"}) {
    const auto before = judge::Host::now();
    const auto result = judge::run({"run", "--root", root, "--", "/probe"});
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK(judge::Host::settled(before) == before);
  }
}
