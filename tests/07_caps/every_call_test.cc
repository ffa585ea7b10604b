// Judges lesson 07: each system call of its program fails, once.

#include "tests/judge/every_call.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/judge/judge.h"

namespace {

using judge::Line;
using judge::MadeCall;

judge::EveryCall every_call() {
  return judge::EveryCall(
      {.options = {"--user", "1234:567", "--cap-drop", "ALL", "--cap-add",
                   "KILL", "--cap-add", "SETPCAP"},
       .circumstances = {.groups = {1234}}});
}

bool asks(const MadeCall& call, int option) {
  return call.is({SYS_prctl}) && call.option() == static_cast<unsigned>(option);
}

bool limits_bounding_set(const MadeCall& call) {
  return asks(call, PR_CAPBSET_DROP);
}
bool becomes_user(const MadeCall& call) {
  return asks(call, PR_SET_KEEPCAPS) ||
         call.is({SYS_setgroups, SYS_setresgid, SYS_setresuid, SYS_setregid,
                  SYS_setreuid, SYS_setgid, SYS_setuid});
}
bool sets_capabilities(const MadeCall& call) { return call.is({SYS_capset}); }
bool raises_ambient(const MadeCall& call) { return asks(call, PR_CAP_AMBIENT); }
bool forbids_privileges(const MadeCall& call) {
  return asks(call, PR_SET_NO_NEW_PRIVS);
}

}  // namespace

TEST_CASE("07: every call that is given fails once", "[given]") {
  const auto is_given =
      judge::all_but({limits_bounding_set, becomes_user, sets_capabilities,
                      raises_ambient, forbids_privileges});
  CHECK(every_call().complaints(is_given, Line::kAny) == "");
}

TEST_CASE("07: every call that limits the bounding set fails once",
          "[07.1][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. The capability is still in the set.");
  CHECK(every_call().complaints(limits_bounding_set, Line::kSaysError) == "");
}

TEST_CASE("07: every call that becomes the user fails once",
          "[07.2][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. The command must not run as somebody else.");
  CHECK(every_call().complaints(becomes_user, Line::kSaysError) == "");
}

TEST_CASE("07: every call that sets capabilities fails once",
          "[07.3][points:1][idle]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. The sets are still as they were.");
  CHECK(every_call().complaints(sets_capabilities, Line::kSaysError) == "");
}

TEST_CASE("07: every call that raises ambient capabilities fails once",
          "[07.4][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. The command would lack what was asked for.");
  CHECK(every_call().complaints(raises_ambient, Line::kSaysError) == "");
}

TEST_CASE("07: every call that forbids privileges fails once",
          "[07.5][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. Set-user-ID programs would still work.");
  CHECK(every_call().complaints(forbids_privileges, Line::kSaysError) == "");
}
