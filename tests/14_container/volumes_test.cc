// Judges what is given of lesson 14 with volumes: where links of the image lead
// them. lessons/01_mount/given/volumes.h is the contract.

#include <filesystem>
#include <fstream>

#include "tests/judge/judge.h"

namespace {

namespace fs = std::filesystem;
using judge::exited;

// A directory of the host, with a file in it. Removed after the case.
std::string make_source() {
  const auto path = "/judge/roots/" + judge::random_name();
  fs::create_directory(path);
  std::ofstream(path + "/file") << "of the host";
  return path;
}

}  // namespace

TEST_CASE("14: a volume that a link leads below another mount is not covered",
          "[given]") {
  const auto links = make_source();
  fs::create_symlink("/dev/shm/x", links + "/deep");
  fs::create_symlink("real/", links + "/slash");
  const auto source = make_source();
  const auto box = judge::start({"run", "--volume", links + ":/links",
                                 "--volume", source + ":/links/deep",
                                 "--volume", source + ":/links/slash"});

  HINT("/dev/shm is mounted later than the volume, and covers it.");
  CHECK(box.ask("read /dev/shm/x/file") == "ok of the host");
  CHECK(box.ask("read /links/deep/file") == "ok of the host");
  CHECK(box.ask("read /links/real/file") == "ok of the host");
}

TEST_CASE("14: a volume that cannot be where its target leads is an error",
          "[given]") {
  const auto before = judge::Host::now();
  const auto source = make_source();
  const auto root = judge::make_root_directory();
  fs::create_symlink("/proc/sys", root + "/kernel");
  fs::create_symlink("../../sys/fs/cgroup", root + "/cgroup");
  fs::create_symlink("/dev", root + "/devices");
  fs::create_symlink("/probe", root + "/program");

  struct Refused {
    std::string volume, target, reason;
  };
  for (const auto& [volume, target, reason] :
       std::vector<Refused>{{source, "/kernel/vm", "kernel's"},
                            {source, "/cgroup", "kernel's"},
                            {source, "/devices", "covers"},
                            {source, "/program", "directory"},
                            {source + "/file", "/etc", "directory"}}) {
    const auto result =
        judge::run({"run", "--root", root, "--volume", volume + ":" + target,
                    "--", "/probe", "exit", "3"});
    HINT("The volume " << volume << " on " << target);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(target));
    CHECK_THAT(result.errors, judge::contains(reason));
  }
  CHECK(judge::Host::settled(before) == before);
}
