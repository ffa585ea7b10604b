// Judges lesson 01: each system call of its program fails, once.

#include "tests/judge/every_call.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "tests/judge/judge.h"

namespace {

using judge::Line;
using judge::MadeCall;

judge::EveryCall every_call() {
  return judge::EveryCall({.options = {"--volume", "/etc:/etc:ro", "--tmpfs",
                                       "/tmp:size=1m", "--read-only"}});
}

bool mounts(const MadeCall& call, unsigned long with, unsigned long without) {
  return call.is({SYS_mount}) && (call.option() & without) == 0 &&
         (with == 0 || (call.option() & with) != 0);
}

bool makes_private(const MadeCall& call) {
  return mounts(call, MS_PRIVATE, MS_BIND);
}
bool changes_root(const MadeCall& call) {
  return mounts(call, MS_BIND, MS_REMOUNT) ||
         call.is({SYS_pivot_root, SYS_chdir, SYS_fchdir});
}
bool drops_old_root(const MadeCall& call) { return call.is({SYS_umount2}); }
bool is_about_root(const MadeCall& call) {
  return static_cast<int>(call.arguments[0]) == AT_FDCWD;
}
bool takes_volume(const MadeCall& call) {
  return call.is({SYS_open_tree}) ||
         (call.is({SYS_mount_setattr}) && !is_about_root(call));
}
bool opens_target(const MadeCall& call) { return call.is({SYS_openat2}); }
bool attaches_volume(const MadeCall& call) { return call.is({SYS_move_mount}); }
bool mounts_tmpfs(const MadeCall& call) {
  return mounts(call, 0, MS_PRIVATE | MS_BIND | MS_REMOUNT) ||
         call.is({SYS_fsopen, SYS_fsconfig, SYS_fsmount});
}
bool makes_read_only(const MadeCall& call) {
  return mounts(call, MS_REMOUNT, 0) ||
         (call.is({SYS_mount_setattr}) && is_about_root(call));
}

}  // namespace

TEST_CASE("01: every call that is given fails once", "[given]") {
  const auto is_given = judge::all_but(
      {makes_private, changes_root, drops_old_root, takes_volume, opens_target,
       attaches_volume, mounts_tmpfs, makes_read_only});
  CHECK(every_call().complaints(is_given, Line::kAny) == "");
}

TEST_CASE("01: every call that makes the mounts private fails once",
          "[01.1][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. Mounts that are still shared reach the host.");
  CHECK(every_call().complaints(makes_private, Line::kSaysError) == "");
}

TEST_CASE("01: every call that changes the root fails once",
          "[01.2][points:1][idle]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. In the old root, nothing must run.");
  CHECK(every_call().complaints(changes_root, Line::kSaysError) == "");
}

TEST_CASE("01: every call that drops the old root fails once",
          "[01.3][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. The old root is still there, below the new "
      "one.");
  CHECK(every_call().complaints(drops_old_root, Line::kSaysError) == "");
}

TEST_CASE("01: every call that takes a volume fails once",
          "[01.4][points:1][idle]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. A volume without its restrictions must not "
      "be used.");
  CHECK(every_call().complaints(takes_volume, Line::kSaysError) == "");
}

TEST_CASE("01: every call that opens a target fails once",
          "[01.5][points:1][idle]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. Without a target, there is nothing to mount "
      "on.");
  CHECK(every_call().complaints(opens_target, Line::kSaysError) == "");
}

TEST_CASE("01: every call that attaches a volume fails once",
          "[01.6][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. The volume is not where it should be.");
  CHECK(every_call().complaints(attaches_volume, Line::kSaysError) == "");
}

TEST_CASE("01: every call that mounts a tmpfs fails once",
          "[01.7][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. What is written would go to the root.");
  CHECK(every_call().complaints(mounts_tmpfs, Line::kSaysError) == "");
}

TEST_CASE("01: every call that makes the root read-only fails once",
          "[01.8][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. The root can still be written to.");
  CHECK(every_call().complaints(makes_read_only, Line::kSaysError) == "");
}
