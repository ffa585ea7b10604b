// Judges lesson 08: each system call of its program fails, once.

#include "tests/judge/every_call.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/judge/judge.h"

namespace {

using judge::Line;
using judge::MadeCall;

judge::EveryCall every_call() {
  return judge::EveryCall({.options = {"--deny", "mkdir"}});
}

bool installs_filter(const MadeCall& call) {
  if (call.is({SYS_seccomp})) {
    return call.option() == SECCOMP_SET_MODE_FILTER;
  }
  return call.is({SYS_prctl}) && (call.option() == PR_SET_NO_NEW_PRIVS ||
                                  call.option() == PR_SET_SECCOMP);
}
// "/memfd:filter (deleted)"
bool makes_program(const MadeCall& call) {
  if (call.is({SYS_write, SYS_writev})) return false;  // Libseccomp's own.
  return call.is({SYS_memfd_create}) || call.thing.starts_with("/memfd:");
}

}  // namespace

TEST_CASE("08: every call that is given fails once", "[given]") {
  const auto is_given = judge::all_but({installs_filter, makes_program});
  CHECK(every_call().complaints(is_given, Line::kAny) == "");
}

TEST_CASE("08: every call that installs the filter fails once",
          "[08.1][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. Without a filter, the command must not run.");
  CHECK(every_call().complaints(installs_filter, Line::kSaysError) == "");
}

TEST_CASE("08: every call that makes the program fails once",
          "[08.3][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. Libseccomp's functions return a negative "
      "number: check_result() is for those.");
  CHECK(every_call().complaints(makes_program, Line::kSaysError) == "");
}
