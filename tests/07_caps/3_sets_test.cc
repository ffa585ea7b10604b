// The sets that the process has, and those that stay: steps 07.3 and 07.4.

#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/stat.h>

#include <filesystem>

#include "tests/07_caps/caps.h"

namespace caps {

// ---- 07.3: permitted, effective, inheritable -------------------------------

TEST_CASE("07: root has no more than it is to have",
          "[07.3][points:2][permitted][effective]") {
  const int dropped = random_default();
  const auto wanted = kDocker - number(dropped);
  const auto box = judge::start({"--cap-drop", name_of(dropped)});
  const auto sets = prepared(box);

  HINT(difference(sets.permitted, wanted) +
       "What is permitted can be made effective again at any time, so that set "
       "must be made smaller, too. And a change counts when ::capset() has "
       "been called with it.");
  CHECK(sets.permitted == wanted);
  HINT(difference(sets.effective, wanted) +
       "The effective set is what the kernel asks for when something is "
       "tried.");
  CHECK(sets.effective == wanted);
}

TEST_CASE("07: a capability above 31 is kept, too", "[07.3][points:1][upper]") {
  const int high = random_other(32);
  const auto box = judge::start({"--cap-add", name_of(high)});
  const auto sets = prepared(box);

  HINT(difference(sets.effective, kDocker | number(high)) +
       "The sets have more than 32 bits. ::capset() takes them in two halves, "
       "the lower and the upper, with _LINUX_CAPABILITY_VERSION_3.");
  CHECK(sets.effective == (kDocker | number(high)));
}

TEST_CASE("07: root's command inherits nothing",
          "[07.3][points:1][inheritable]") {
  judge::How how;
  how.circumstances.inherits_capabilities = true;
  const auto box = judge::start({}, how);
  const auto sets = prepared(box);

  HINT(
      "The caller had everything in its inheritable and ambient sets. What "
      "stays there outlives execve(), whatever the bounding set is: set the "
      "inheritable set as asked, which is empty for root. The ambient set then "
      "empties itself.");
  CHECK(sets.inheritable == kNone);
  CHECK(sets.ambient == kNone);
}

TEST_CASE("07: a user's sets are ready for ambient",
          "[07.3][points:1][permitted][inheritable][upper]") {
  const int low = random_default();
  const int high = random_other(32);
  const auto kept = number(low) | number(high);
  const auto box =
      judge::start({"--user", random_id(), "--cap-drop", "ALL", "--cap-add",
                    name_of(low), "--cap-add", name_of(high)});
  const char* const hint =
      "Ambient capabilities have to be permitted and inheritable first, and "
      "the "
      "sets have more than 32 bits.";
  const auto sets = prepared(box, hint);

  HINT(difference(sets.permitted, kept));
  CHECK(sets.permitted == kept);
  HINT(difference(sets.inheritable, kept) + hint);
  CHECK(sets.inheritable == kept);
}

TEST_CASE("07: what the process does not have is an error",
          "[07.3][points:1][EPERM]") {
  const int one =
      random_default_but(number(CAP_SETPCAP) | number(CAP_SETUID) |
                         number(CAP_SETGID) | number(CAP_SYS_CHROOT));
  check_not_permitted(
      run_with({}, {.lost_capabilities = number(one).bits}),
      "The sets have a capability that the process does not have. capset() "
      "has failed (EPERM), or was asked for less, and the command has run: "
      "pass the sets on as they are, and check() it.");
}

// ---- 07.4: ambient ---------------------------------------------------------

TEST_CASE("07: a user's capabilities outlive execve()",
          "[07.4][points:2][all]") {
  const int low = random_other();
  const int high = random_other(32);
  const auto wanted = number(low) | number(high);
  const auto box = judge::start({"--user", random_id(), "--cap-add",
                                 name_of(low), "--cap-add", name_of(high)});

  const auto before = prepared(box);
  HINT(difference(before.ambient, wanted) +
       "Who is not root loses everything at execve(), but for what is in the "
       "ambient set: raise each of `capabilities`.");
  CHECK(before.ambient == wanted);

  const auto now = command(box);
  HINT(difference(now.effective, wanted));
  CHECK(now.effective == wanted);
  CHECK(now.permitted == wanted);
  CHECK(now.bounding == (kDocker | wanted));
}

TEST_CASE("07: a user can have all of them", "[07.4][points:1][all]") {
  const auto box = judge::start({"--user", random_id(), "--cap-add", "ALL"});
  const auto sets = prepared(box);

  HINT(difference(sets.ambient, all()) +
       "The first capability has the number 0, and the last one the number " +
       std::to_string(last_capability()) + ".");
  CHECK(sets.ambient == all());
}

TEST_CASE("07: what cannot become ambient is an error",
          "[07.4][points:1][EPERM]") {
  check_not_permitted(
      run_with({"--user", random_id(), "--cap-add", name_of(random_other())},
               {.securebits = SECBIT_NO_CAP_AMBIENT_RAISE}),
      "The caller has forbidden it (SECBIT_NO_CAP_AMBIENT_RAISE): "
      "PR_CAP_AMBIENT_RAISE has failed (EPERM), and the command has run "
      "without what was asked for. check() it.");
}

TEST_CASE("07: a user has nothing that was not asked for", "[07.4][points:1]") {
  const auto box = judge::start({"--user", random_id()});
  const auto sets = command(box);

  HINT(
      "Docker's fourteen are for root. Another user has what --cap-add names: "
      "here, nothing.");
  CHECK(sets.effective == kNone);
  CHECK(sets.permitted == kNone);
  CHECK(sets.inheritable == kNone);
  CHECK(sets.ambient == kNone);
  CHECK(sets.bounding == kDocker);
}

TEST_CASE("07: a user may do what was allowed", "[07.4][points:1][all]") {
  const auto uid = random_id();
  const auto box = judge::start({"--user", uid, "--cap-add", "CHOWN"});
  const auto file = box.root_path() + "/root's";
  std::filesystem::copy_file(judge::guest().probe(), file);

  HINT("CAP_CHOWN was asked for, and the command cannot use it.");
  CHECK(box.ask("chown /root's " + uid) == "ok");
  struct stat now {};
  REQUIRE(::stat(file.c_str(), &now) == 0);
  CHECK(std::to_string(now.st_uid) == uid);
}

}  // namespace caps
