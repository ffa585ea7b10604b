// Judges lesson 03: each system call of its program fails, once.

#include "tests/judge/every_call.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "tests/judge/judge.h"

namespace {

using judge::Line;
using judge::MadeCall;

judge::Circumstances student() {
  judge::Circumstances circumstances;
  circumstances.student = true;
  return circumstances;
}

// Root writes both maps itself, and leaves its supplementary groups.
judge::EveryCall of_root() {
  return judge::EveryCall(
      {.options = {"--map-uid", "0:100000:10", "--map-gid", "0:100000:10"},
       .circumstances = {.groups = {1234}}});
}

// Who is not root must promise something first.
judge::EveryCall of_student() {
  return judge::EveryCall({.options = {}, .circumstances = student()});
}

// These are not a student's own to give.
judge::EveryCall of_student_with_ranges() {
  return judge::EveryCall(
      {.options = {"--map-uid", "0:1000:1", "--map-uid", "1:100000:10"},
       .circumstances = student()});
}

// The program's own map is read, too, by what is given.
bool writes_map(const MadeCall& call) {
  const bool reads =
      call.is({SYS_read, SYS_pread64}) ||
      (call.is({SYS_openat}) && (call.arguments[2] & O_ACCMODE) == O_RDONLY);
  return call.is_of({"/uid_map", "/gid_map"}) && !reads;
}
bool makes_promise(const MadeCall& call) { return call.is_of({"/setgroups"}); }
bool starts_helper(const MadeCall& call) {
  return call.is({SYS_execve}) && call.before == 0;
}
bool becomes_root(const MadeCall& call) {
  return call.is({SYS_setgroups, SYS_setresgid, SYS_setresuid, SYS_setregid,
                  SYS_setreuid, SYS_setgid, SYS_setuid});
}

// Who no longer waits for a helper leaves it behind, and that has a word to
// say.
bool waits(const MadeCall& call) { return call.is({SYS_wait4, SYS_waitid}); }

}  // namespace

TEST_CASE("03: every call that is given fails once", "[given]") {
  const auto is_given = judge::all_but(
      {writes_map, makes_promise, starts_helper, becomes_root, waits});
  CHECK(of_student_with_ranges().complaints(is_given, Line::kAny) == "");
}

TEST_CASE("03: every call that writes a map fails once",
          "[03.2][points:1][idle]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. Without a map, everybody inside is nobody.");
  CHECK(of_root().complaints(writes_map, Line::kSaysError) == "");
}

TEST_CASE("03: every call that makes the promise fails once",
          "[03.3][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. Without the promise, the kernel takes no map "
      "of groups.");
  CHECK(of_student().complaints(makes_promise, Line::kSaysError) == "");
}

TEST_CASE("03: every call that starts newuidmap fails once",
          "[03.4][points:1][idle]") {
  HINT(
      "newuidmap has not run, and nobody has an id inside. What does the "
      "status of the process say that was to become it?");
  CHECK(of_student_with_ranges().complaints(starts_helper, Line::kSaysError) ==
        "");
}

TEST_CASE("03: every call that becomes root fails once",
          "[03.5][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. The command must not run as somebody else.");
  CHECK(of_root().complaints(becomes_root, Line::kSaysError) == "");
}
