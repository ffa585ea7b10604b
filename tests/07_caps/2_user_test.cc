// The user: step 07.2.

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/07_caps/caps.h"

namespace caps {

// ---- 07.2: the user --------------------------------------------------------

TEST_CASE("07: the process is the user's, for good", "[07.2][points:2][ids]") {
  const auto uid = random_id();
  const auto gid = random_id();
  const auto box = judge::start({"--user", uid + ":" + gid});
  const auto status = status_before(
      box,
      "To change the groups needs CAP_SETGID, which is gone when the user is "
      "not root any more. So the user is changed last.");

  HINT(
      "The real, effective, saved and file system user, as the kernel has "
      "them. Who keeps root in one of them can take it back: ::setresuid() "
      "sets three at once, and the fourth goes with them.");
  CHECK(judge::field_in(status, "Uid") == four(uid));
  HINT("The same for the groups: ::setresgid(), before the user is changed.");
  CHECK(judge::field_in(status, "Gid") == four(gid));
}

TEST_CASE("07: root can have another group", "[07.2][points:1][ids]") {
  const auto gid = random_id();
  const auto box = judge::start({"--user", "0:" + gid});
  const auto status = status_before(box, "");

  CHECK(judge::field_in(status, "Uid") == four("0"));
  HINT("User 0 was asked for, and a group that is not 0.");
  CHECK(judge::field_in(status, "Gid") == four(gid));
}

TEST_CASE("07: root is root in all respects", "[07.2][points:1][ids]") {
  judge::How how;
  how.circumstances.real_id = 1000;
  const auto box = judge::start({}, how);
  const auto status = status_before(box, "");

  HINT(
      "The program was started by another user, who is root only in effect, as "
      "by a set-user-ID program. Set all three ids, whatever they are before.");
  CHECK(judge::field_in(status, "Uid") == four("0"));
  CHECK(judge::field_in(status, "Gid") == four("0"));
}

TEST_CASE("07: ids can be large", "[07.2][points:1][any]") {
  const auto uid = std::to_string(judge::random_number(1L << 31, 0xfffffffd));
  const auto gid = std::to_string(0xfffffffe);
  const auto box = judge::start({"--user", uid + ":" + gid});
  const auto status = status_before(
      box, "Users and groups are numbers of 32 bits, without a sign.");

  HINT("A uid_t has 32 bits and no sign. Only 2^32 - 1 is nobody's.");
  CHECK(judge::field_in(status, "Uid") == four(uid));
  CHECK(judge::field_in(status, "Gid") == four(gid));
}

TEST_CASE("07: no supplementary group is left", "[07.2][points:1][groups]") {
  judge::How how;
  how.circumstances.groups = {
      static_cast<gid_t>(judge::random_number(100, 60000)), 0};
  for (const auto& options :
       std::vector<Options>{{"--user", random_id()}, {}}) {
    const auto box = judge::start(options, how);

    HINT(
        "The caller's supplementary groups go along, and open files and "
        "devices to the command: setgroups(2) with an empty list leaves them. "
        "It needs CAP_SETGID, so it comes before the user is changed.");
    CHECK(judge::field_in(box.prepared().status, "Groups") == "");
  }
}

TEST_CASE("07: who becomes a user can keep capabilities",
          "[07.2][points:2][idle][permitted]") {
  const int number_of_one = random_other();
  const auto one = number(number_of_one);
  const auto options =
      Options{"--user", random_id(), "--cap-add", name_of(number_of_one)};
  const auto keeps = [&](const judge::How& how) {
    const auto box = judge::start(options, how);
    try {
      return prepared(box).permitted.contains(one);
    } catch (const judge::Failed&) {
      return false;
    }
  };

  const bool kept = keeps({});
  // Once more, and now the kernel leaves the sets alone when root becomes
  // somebody else. If that does not help, the mistake is in a later step.
  judge::How how;
  how.circumstances.securebits = SECBIT_NO_SETUID_FIXUP;
  const bool kept_with_help = kept || keeps(how);

  HINT(
      "When root becomes somebody else, the kernel empties the permitted set, "
      "and what comes next has nothing to give. ::prctl(PR_SET_KEEPCAPS, 1) "
      "before ::setresuid() prevents that.");
  CHECK(kept == kept_with_help);
}

TEST_CASE("07: capabilities are enough, without being root",
          "[07.2][points:1][needs]") {
  judge::How how;
  how.circumstances.student = true;
  how.circumstances.student_capabilities = all().bits;
  const auto uid = random_id();
  const auto gid = random_id();
  const auto box = judge::start({"--user", uid + ":" + gid}, how);
  const auto status = status_before(
      box,
      "The program was started by an ordinary user who has all capabilities, "
      "and has given up. Do not ask who the user is: try, and check().");

  HINT("CAP_SETUID and CAP_SETGID are what it takes to become somebody else.");
  CHECK(judge::field_in(status, "Uid") == four(uid));
  CHECK(judge::field_in(status, "Gid") == four(gid));
}

TEST_CASE("07: a user who cannot be had is an error",
          "[07.2][points:1][EPERM]") {
  const auto uid = random_id();
  const auto group = static_cast<gid_t>(judge::random_number(100, 60000));
  check_not_permitted(
      run_with(
          {"--user", uid + ":0", "--cap-drop", "SETGID"},
          {.groups = {group}, .lost_capabilities = number(CAP_SETGID).bits}),
      "The program was started without CAP_SETGID. setgroups() has failed "
      "(EPERM), and the command has the caller's groups: check() it.");
  check_not_permitted(
      run_with({"--user", uid + ":" + random_id()},
               {.failing_calls = {{{SYS_setresgid}, EPERM},
                                  {{SYS_setregid}, EPERM},
                                  {{SYS_setgid}, EPERM}}}),
      "The kernel has refused the group (EPERM), and the command has run in "
      "the caller's: check() setresgid().");
  check_not_permitted(
      run_with({"--user", uid, "--cap-drop", "SETUID"},
               {.lost_capabilities = number(CAP_SETUID).bits}),
      "The program was started without CAP_SETUID. setresuid() has failed "
      "(EPERM), and the command has run as root: check() it.");
}

TEST_CASE("07: the securebits stay", "[07.2][points:1][idle][securebits]") {
  for (const unsigned before : {0, SECBIT_NO_SETUID_FIXUP}) {
    judge::How how;
    how.circumstances.securebits = before;
    const auto box = judge::start({"--user", random_id()}, how);
    try {
      (void)box.command();
    } catch (const judge::Failed&) {
      SUCCEED("The cases of later steps say why there is no command.");
      return;
    }

    HINT(
        "Securebits other than those of the caller outlive execve(), and then "
        "whoever changes the user in the container keeps capabilities, too. "
        "PR_SET_KEEPCAPS ends with execve(), and leaves the others alone.");
    CHECK(box.ask("call " + std::to_string(SYS_prctl) + " " +
                  std::to_string(PR_GET_SECUREBITS) + " 0 0 0 0") ==
          "ok " + std::to_string(before));
  }
}

}  // namespace caps
