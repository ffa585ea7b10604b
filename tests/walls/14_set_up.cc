// Row 14: a wall that cannot be set up is an error, and no container runs
// without it.

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <cerrno>

#include "tests/walls/attempt.h"

namespace {

using judge::Call;
using judge::Circumstances;
using judge::exited;
using walls::without;

Circumstances failing(const Call& call, int error) {
  Circumstances circumstances;
  circumstances.failing_calls = {{call, error}};
  return circumstances;
}

judge::Result run(const Circumstances& circumstances) {
  return judge::run({"run", "--root", judge::make_root_directory(), "--",
                     "/probe", "exit", "7"},
                    circumstances);
}

// take_null() copies the mount so, with which hide() covers a file.
const Call kCover{SYS_open_tree,
                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW, 2};

// Only make_read_only() calls it so.
const Call kReadOnly{SYS_mount, MS_BIND, 3};

}  // namespace

TEST_CASE("14  held      a cover that cannot be mounted is an error") {
  for (const auto& call : {kCover, kReadOnly}) {
    for (const int error : {ENOENT, EPERM}) {
      const auto result = run(failing(call, error));
      CHECK(result.ending == exited(125));
      CHECK(result.is_one_line());
    }
  }
}

TEST_CASE("14  control   ... where ENOENT is no error, it is left out") {
  for (const auto& call : {kCover, kReadOnly}) {
    const auto forgiving = without("covers_forgiving", failing(call, ENOENT));
    CHECK(run(forgiving).ending == exited(7));
    const auto box = walls::start({}, forgiving);
    const bool open = !box.get("read /proc/interrupts").empty() ||
                      box.ask("call " + std::to_string(SYS_access) +
                              " /proc/sys/vm/drop_caches 2") == "ok 0";
    CHECK(open);
  }
}

TEST_CASE("14  held      a bounding set that cannot be read is an error") {
  const auto result = run(failing({SYS_prctl, PR_CAPBSET_READ}, EPERM));
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
}

TEST_CASE("14  control   ... where that ends the loop, it stays full") {
  const auto circumstances = without(
      "bounding_set_forgiving", failing({SYS_prctl, PR_CAPBSET_READ}, EPERM));
  const auto box = walls::start({}, circumstances);
  CHECK(box.command().status("CapBnd") == "000001ffffffffff");
}

TEST_CASE("14  held      a keeper that ends is an error") {
  const auto before = judge::Host::now();
  const auto result = run(failing({SYS_prctl, PR_SET_NAME}, EPERM));
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14  control   ... where it is not waited for, nobody sees it") {
  const auto result = run(without("keeper_not_waited_for",
                                  failing({SYS_prctl, PR_SET_NAME}, EPERM)));
  CHECK(result.ending == exited(7));
}
