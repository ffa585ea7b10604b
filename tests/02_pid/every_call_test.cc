// Judges lesson 02: each system call of its program fails, once.

#include "tests/judge/every_call.h"

#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/judge/judge.h"

namespace {

using judge::Line;
using judge::MadeCall;

judge::EveryCall every_call() { return judge::EveryCall({.options = {}}); }

bool ends_with_parent(const MadeCall& call) {
  if (!call.by_child) return false;
  return call.is({SYS_poll, SYS_ppoll}) ||
         (call.is({SYS_prctl}) && call.option() == PR_SET_PDEATHSIG);
}
bool mounts_proc(const MadeCall& call) {
  return call.is({SYS_mount}) && (call.option() & MS_PRIVATE) == 0;
}
bool protects_init(const MadeCall& call) {
  return call.is({SYS_close_range}) ||
         (call.is({SYS_prctl}) && call.option() == PR_SET_DUMPABLE);
}
bool reaps(const MadeCall& call) {
  return call.by_child && call.is({SYS_wait4, SYS_waitid});
}

}  // namespace

TEST_CASE("02: every call that is given fails once", "[given]") {
  const auto is_given =
      judge::all_but({ends_with_parent, mounts_proc, protects_init, reaps});
  CHECK(every_call().complaints(is_given, Line::kAny) == "");
}

TEST_CASE("02: every call that binds the init to its parent fails once",
          "[02.2][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. An init that is not told of its parent's end "
      "would stay.");
  CHECK(every_call().complaints(ends_with_parent, Line::kSaysError) == "");
}

TEST_CASE("02: every call that mounts /proc fails once",
          "[02.3][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. The old /proc shows the processes of the "
      "host.");
  CHECK(every_call().complaints(mounts_proc, Line::kSaysError) == "");
}

TEST_CASE("02: every call that reaps fails once",
          "[02.6][points:1][idle][errors]") {
  HINT(
      "waitpid() has failed, with another error than ECHILD. An init that "
      "goes on as if nothing had ended waits for ever: check() what it "
      "returns.");
  CHECK(every_call().complaints(reaps, Line::kSaysError) == "");
}
