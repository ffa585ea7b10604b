// Judges lesson 00: each system call of its program fails, once.

#include "tests/judge/every_call.h"

#include <fcntl.h>
#include <sys/syscall.h>

#include "tests/judge/judge.h"

namespace {

using judge::Line;
using judge::MadeCall;

judge::EveryCall every_call() {
  return judge::EveryCall(
      {.options = {}, .circumstances = {.leaked_descriptors = {7}}});
}

bool enters_root(const MadeCall& call) {
  return call.is({SYS_chroot, SYS_chdir, SYS_fchdir});
}
bool closes_descriptors(const MadeCall& call) {
  return call.is({SYS_close_range}) ||
         (call.is({SYS_fcntl}) && call.option() == F_SETFD);
}
bool becomes_command(const MadeCall& call) {
  return call.is({SYS_execve, SYS_execveat});
}

}  // namespace

TEST_CASE("00: every call that is given fails once", "[given]") {
  const auto is_given =
      judge::all_but({enters_root, closes_descriptors, becomes_command});
  CHECK(every_call().complaints(is_given, Line::kAny) == "");
}

TEST_CASE("00: every call that enters the root fails once",
          "[00.1][points:1][idle]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. In half a root, nothing must run.");
  CHECK(every_call().complaints(enters_root, Line::kSaysError) == "");
}

TEST_CASE("00: every call that closes descriptors fails once",
          "[00.2][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. A descriptor that could not be closed would "
      "go to the command.");
  CHECK(every_call().complaints(closes_descriptors, Line::kSaysError) == "");
}

TEST_CASE("00: every call that becomes the command fails once",
          "[00.3][points:1][idle]") {
  HINT(
      "execve() returns only if it has failed: then the status is 126, or "
      "127, and the line says errno as a text.");
  CHECK(every_call().complaints(becomes_command, Line::kSaysError) == "");
}
