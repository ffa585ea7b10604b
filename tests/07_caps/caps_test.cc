// Judges lesson 07: lessons/07_caps/capabilities.h is the contract.
//
// In this lesson, as in 00, the program becomes its command. The kernel makes
// new sets of capabilities at that moment. So there are two looks: prepared(),
// at what the steps have made, just before; and command(), at what came of it.

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <bit>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "tests/judge/judge.h"

namespace {

using judge::exited;

// By their numbers: linux/capability.h.
const std::vector<std::string> kNames = {"CHOWN",
                                         "DAC_OVERRIDE",
                                         "DAC_READ_SEARCH",
                                         "FOWNER",
                                         "FSETID",
                                         "KILL",
                                         "SETGID",
                                         "SETUID",
                                         "SETPCAP",
                                         "LINUX_IMMUTABLE",
                                         "NET_BIND_SERVICE",
                                         "NET_BROADCAST",
                                         "NET_ADMIN",
                                         "NET_RAW",
                                         "IPC_LOCK",
                                         "IPC_OWNER",
                                         "SYS_MODULE",
                                         "SYS_RAWIO",
                                         "SYS_CHROOT",
                                         "SYS_PTRACE",
                                         "SYS_PACCT",
                                         "SYS_ADMIN",
                                         "SYS_BOOT",
                                         "SYS_NICE",
                                         "SYS_RESOURCE",
                                         "SYS_TIME",
                                         "SYS_TTY_CONFIG",
                                         "MKNOD",
                                         "LEASE",
                                         "AUDIT_WRITE",
                                         "AUDIT_CONTROL",
                                         "SETFCAP",
                                         "MAC_OVERRIDE",
                                         "MAC_ADMIN",
                                         "SYSLOG",
                                         "WAKE_ALARM",
                                         "BLOCK_SUSPEND",
                                         "AUDIT_READ",
                                         "PERFMON",
                                         "BPF",
                                         "CHECKPOINT_RESTORE"};

// A set of capabilities that prints itself as the kernel does.
struct Set {
  std::uint64_t bits = 0;
  bool operator==(const Set&) const = default;

  [[nodiscard]] bool contains(Set other) const {
    return (bits & other.bits) == other.bits;
  }
};
Set operator|(Set a, Set b) { return {a.bits | b.bits}; }
Set operator-(Set a, Set b) { return {a.bits & ~b.bits}; }

std::string names(Set set) {
  std::string text;
  for (std::size_t i = 0; i < 64; ++i) {
    if ((set.bits >> i & 1) == 0) continue;
    text += text.empty() ? "" : ", ";
    text += i < kNames.size() ? kNames[i] : std::to_string(i);
  }
  return text.empty() ? "none" : text;
}
std::ostream& operator<<(std::ostream& out, Set set) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016lx", set.bits);
  return out << digits;
}

Set number(int capability) { return {1ULL << capability}; }

constexpr Set kNone;
const Set kDocker{0xa80425fb};

// All that this kernel has: so many as kNames has names, or more.
Set all() {
  const auto last =
      judge::read_file(judge::guest().proc(), "sys/kernel/cap_last_cap");
  return {(2ULL << std::stoi(last.value())) - 1};
}

// The sets in a text like /proc/PID/status.
struct Sets {
  explicit Sets(const std::string& status)
      : inheritable(read(status, "CapInh")),
        permitted(read(status, "CapPrm")),
        effective(read(status, "CapEff")),
        bounding(read(status, "CapBnd")),
        ambient(read(status, "CapAmb")) {}

  static Set read(const std::string& status, const std::string& field) {
    const auto digits = judge::field_in(status, field);
    return {digits.empty() ? ~0ULL : std::stoull(digits, nullptr, 16)};
  }
  Set inheritable, permitted, effective, bounding, ambient;
};

// /proc/PID/status before the command begins. If the program has failed before,
// the reader gets the hint.
std::string status_before(const judge::Box& box, const char* hint) {
  try {
    return box.prepared().status;
  } catch (const judge::Failed&) {
    if (*hint != '\0') HINT(hint);
    throw;
  }
}

Sets prepared(const judge::Box& box, const char* hint = "") {
  return Sets(status_before(box, hint));
}

Sets command(const judge::Box& box) {
  return Sets(box.command().file("status"));
}

// What makes two sets different, for the reader.
std::string difference(Set found, Set wanted) {
  std::string text;
  if (found - wanted != kNone) text += "Too many: " + names(found - wanted);
  if (wanted - found != kNone) {
    text +=
        (text.empty() ? "Missing: " : "; missing: ") + names(wanted - found);
  }
  return text + ". ";
}

int random_capability(int low, int high) {
  return static_cast<int>(judge::random_number(low, high));
}

// One that Docker's fourteen have, and one that they do not.
int random_default() {
  for (;;) {
    const int each = random_capability(0, 31);
    if (kDocker.contains(number(each))) return each;
  }
}
int random_other(int low = 0) {
  for (;;) {
    const int each = random_capability(low, 40);
    if (!kDocker.contains(number(each))) return each;
  }
}

std::string random_id() {
  return std::to_string(judge::random_number(1001, 60000));
}

std::string four(const std::string& id) {
  return id + "\t" + id + "\t" + id + "\t" + id;
}

}  // namespace

// ---- What is given ---------------------------------------------------------

TEST_CASE("07: an unwritten step ends the program with 75", "[given]") {
  const auto root = judge::make_root_directory();
  const auto result = judge::run({"--root", root, "--", "/probe", "exit", "0"},
                                 {.hold_at_todo = false});

  if (result.ending != exited(75)) {
    SUCCEED("All steps are written.");
    return;
  }
  HINT("A skeleton says which step is next, and nothing else.");
  CHECK(result.is_one_line());
}

TEST_CASE("07: options that are wrong are errors", "[given]") {
  const auto before = judge::Host::now();
  const auto word = judge::random_name();
  for (const auto& options : std::vector<std::vector<std::string>>{
           {"--no-such-option"},
           {"--cap-add"},
           {"--cap-add", "FOO_" + word},
           {"--cap-drop", "FOO_" + word},
           {"--cap-add", ""},
           {"--cap-add", "21"},
           {"--cap-add", "CAP_"},
           {"--cap-add", "CHOWN,KILL"},
           {"--cap-add", "KILL", "--cap-drop", "cap_kill"},
           {"--cap-add", "ALL", "--cap-drop", "all"},
           {"--user", ""},
           {"--user", word},
           {"--user", "-1"},
           {"--user", "4294967295"},
           {"--user", "1000:"},
           {"--user", ":1000"},
           {"--user", "1000:1000:1000"},
           {"--user", "1000", "--user", "1000"},
           {"--root", "/judge/roots/" + word}}) {
    auto arguments = options;
    arguments.insert(arguments.end(), {"--", judge::guest().probe()});
    const auto result = judge::run(arguments);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    if (options.back().find(word) != std::string::npos) {
      CHECK_THAT(result.errors, judge::contains(word));
    }
  }
  CHECK(judge::run({"--help"}).ending == exited(0));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("07: an ordinary user is told that this needs root", "[given]") {
  const auto result = judge::run({"--", judge::guest().probe(), "exit", "3"},
                                 {.student = true});
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(EPERM)));
}

// ---- 07.1: the bounding set ------------------------------------------------

TEST_CASE("07: the bounding set has Docker's fourteen", "[07.1][points:2]") {
  const auto box = judge::start({});
  const auto sets = prepared(
      box,
      "Taking something out needs CAP_SETPCAP: nothing may be given up before "
      "this is done.");

  HINT(difference(sets.bounding, kDocker) +
       "What is in `keep` stays in the bounding set; every other capability is "
       "taken out, by its number.");
  CHECK(sets.bounding == kDocker);
}

TEST_CASE("07: the bounding set has what is asked for", "[07.1][points:1]") {
  const int dropped = random_default();
  const int added = random_other();
  const auto wanted = (kDocker - number(dropped)) | number(added);
  const auto box = judge::start(
      {"--cap-drop", kNames[static_cast<std::size_t>(dropped)], "--cap-add",
       "CAP_" + kNames[static_cast<std::size_t>(added)]});
  const auto sets = prepared(box);

  HINT(difference(sets.bounding, wanted) +
       "Is it `keep` that decides, and not a list of names?");
  CHECK(sets.bounding == wanted);
}

TEST_CASE("07: nothing is left, up to the kernel's last", "[07.1][points:2]") {
  const auto box = judge::start({"--cap-drop", "ALL"});
  const auto left = prepared(box).bounding;

  HINT(difference(left, kNone) +
       "A number from a header or a manual page is that of an older kernel: "
       "ask this one how many there are, by PR_CAPBSET_READ until it fails.");
  CHECK(left == kNone);
}

TEST_CASE("07: an error is not the end of the list", "[07.1][points:1][idle]") {
  judge::How how;
  how.circumstances.failing_calls = {{{SYS_prctl, PR_CAPBSET_READ}, EPERM}};
  const auto root = judge::make_root_directory();
  const auto result = judge::run({"--root", root, "--", "/probe", "exit", "3"},
                                 how.circumstances);
  HINT(
      "PR_CAPBSET_READ has failed with EPERM, and the command has run with its "
      "bounding set as it was. Only EINVAL means that the kernel knows no "
      "more.");
  if (result.ending == exited(125)) {
    CHECK(result.is_one_line());
    return;
  }
  // Those who do without this call have nothing to tell.
  CHECK(judge::start({}, how).command().status("CapBnd") == "00000000a80425fb");
}

TEST_CASE("07: all can be kept", "[07.1][points:0]") {
  const auto box = judge::start({"--cap-add", "all"});
  const auto sets = prepared(box);

  HINT(difference(sets.bounding, all()));
  CHECK(sets.bounding == all());
}

// ---- 07.2: the user --------------------------------------------------------

TEST_CASE("07: the process is the user's, for good", "[07.2][points:2]") {
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

TEST_CASE("07: no supplementary group is left", "[07.2][points:1]") {
  judge::How how;
  how.circumstances.groups = {
      static_cast<gid_t>(judge::random_number(100, 60000)), 0};
  for (const auto& options :
       std::vector<std::vector<std::string>>{{"--user", random_id()}, {}}) {
    const auto box = judge::start(options, how);

    HINT(
        "The caller's supplementary groups go along, and open files and "
        "devices to the command: setgroups(2) with an empty list leaves them. "
        "It needs CAP_SETGID, so it comes before the user is changed.");
    CHECK(judge::field_in(box.prepared().status, "Groups") == "");
  }
}

TEST_CASE("07: who becomes a user can keep capabilities",
          "[07.2][points:2][idle]") {
  const int number_of_one = random_other();
  const auto one = number(number_of_one);
  const auto options =
      std::vector<std::string>{"--user", random_id(), "--cap-add",
                               kNames[static_cast<std::size_t>(number_of_one)]};
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
  how.circumstances.no_setuid_fixup = true;
  const bool kept_with_help = kept || keeps(how);

  HINT(
      "When root becomes somebody else, the kernel empties the permitted set, "
      "and what comes next has nothing to give. ::prctl(PR_SET_KEEPCAPS, 1) "
      "before ::setresuid() prevents that.");
  CHECK(kept == kept_with_help);
}

// ---- 07.3: permitted, effective, inheritable -------------------------------

TEST_CASE("07: root has no more than it is to have", "[07.3][points:2]") {
  const int dropped = random_default();
  const auto wanted = kDocker - number(dropped);
  const auto box =
      judge::start({"--cap-drop", kNames[static_cast<std::size_t>(dropped)]});
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

TEST_CASE("07: a capability above 31 is kept, too", "[07.3][points:1]") {
  const int high = random_other(32);
  const auto box =
      judge::start({"--cap-add", kNames[static_cast<std::size_t>(high)]});
  const auto sets = prepared(box);

  HINT(difference(sets.effective, kDocker | number(high)) +
       "The sets have more than 32 bits. ::capset() takes them in two halves, "
       "the lower and the upper, with _LINUX_CAPABILITY_VERSION_3.");
  CHECK(sets.effective == (kDocker | number(high)));
}

TEST_CASE("07: root's command inherits nothing", "[07.3][points:1]") {
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

TEST_CASE("07: a user's sets are ready for ambient", "[07.3][points:1]") {
  const auto kept = number(random_default()) | number(random_other());
  const auto box = judge::start(
      {"--user", random_id(), "--cap-drop", "ALL", "--cap-add",
       kNames[static_cast<std::size_t>(std::countr_zero(kept.bits))],
       "--cap-add",
       kNames[static_cast<std::size_t>(63 - std::countl_zero(kept.bits))]});
  const auto sets = prepared(box);

  HINT(difference(sets.permitted, kept));
  CHECK(sets.permitted == kept);
  HINT(difference(sets.inheritable, kept) +
       "Ambient capabilities have to be permitted and inheritable first.");
  CHECK(sets.inheritable == kept);
}

// ---- 07.4: ambient ---------------------------------------------------------

TEST_CASE("07: a user's capabilities outlive execve()", "[07.4][points:2]") {
  const int low = random_other();
  const int high = random_other(32);
  const auto wanted = number(low) | number(high);
  const auto box =
      judge::start({"--user", random_id(), "--cap-add",
                    kNames[static_cast<std::size_t>(low)], "--cap-add",
                    kNames[static_cast<std::size_t>(high)]});

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

TEST_CASE("07: a user may do what was allowed", "[07.4][points:1]") {
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

// ---- 07.5: no new privileges -----------------------------------------------

TEST_CASE("07: there are no new privileges", "[07.5][points:2]") {
  for (const auto& options :
       std::vector<std::vector<std::string>>{{}, {"--user", random_id()}}) {
    const auto box = judge::start(options);

    HINT(
        "NoNewPrivs is still 0. ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), and "
        "check() it: with other arguments it is EINVAL.");
    CHECK(box.command().status("NoNewPrivs") == "1");
  }
}

namespace {

// Makes a copy of the probe in the box's root, as root would leave it there,
// and has the command run it. Returns what the kernel says of it then.
std::string status_of_helper(const judge::Box& box,
                             void (*prepare)(const std::string& path)) {
  const auto path = box.root_path() + "/helper";
  std::filesystem::copy_file(judge::guest().probe(), path);
  prepare(path);
  (void)box.get("run /helper");
  const auto children = judge::descendants_of(box.command().pid());
  REQUIRE(children.size() == 1);
  return judge::Process(children.front().pid).file("status");
}

void make_set_user_id(const std::string& path) {
  REQUIRE(::chmod(path.c_str(), 04755) == 0);
}

// As `setcap cap_chown,cap_setuid+ep` does: capabilities(7).
void give_capabilities(const std::string& path) {
  vfs_cap_data data{};
  data.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
  data.data[0].permitted = 1U << CAP_CHOWN | 1U << CAP_SETUID;
  REQUIRE(::setxattr(path.c_str(), "security.capability", &data,
                     XATTR_CAPS_SZ_2, 0) == 0);
}

}  // namespace

TEST_CASE("07: a set-user-ID program of root's gains nothing",
          "[07.5][points:2]") {
  const auto uid = random_id();
  const auto box = judge::start({"--user", uid});
  const auto status = status_of_helper(box, make_set_user_id);

  HINT(
      "A program that belongs to root and has the set-user-ID bit has made the "
      "user root again, with all of the bounding set. no_new_privs is what "
      "prevents that.");
  CHECK(judge::field_in(status, "Uid") == four(uid));
  CHECK(Sets(status).effective == kNone);
}

TEST_CASE("07: a file's capabilities count for nothing", "[07.5][points:1]") {
  const auto box = judge::start({"--user", random_id()});
  const auto status = status_of_helper(box, give_capabilities);

  HINT(
      "A file with capabilities of its own (setcap) has given them to the "
      "user. no_new_privs is what prevents that.");
  CHECK(Sets(status).permitted == kNone);
  CHECK(Sets(status).effective == kNone);
}

// ---- All together ----------------------------------------------------------

TEST_CASE("07: root's command may do what is left, and no more",
          "[07.5][points:1]") {
  const auto before = judge::Host::now();
  {
    const auto box = judge::start({});
    CHECK(box.ask("chown /tmp 1") == "ok");
    HINT("CAP_SYS_ADMIN is not one of the fourteen: mounting is for others.");
    CHECK(box.ask("mount tmpfs /tmp") == "error " + std::to_string(EPERM));
    CHECK(box.command().own_namespaces() == std::set<std::string>{"mnt"});
    CHECK(judge::Host::now().mounts == before.mounts);
    const auto status = static_cast<int>(judge::random_number(1, 120));
    CHECK(box.end(status) == exited(status));
  }
  {
    const auto box =
        judge::start({"--cap-drop", "chown", "--cap-add", "sys_admin"});
    CHECK(box.ask("chown /tmp 1") == "error " + std::to_string(EPERM));
    CHECK(box.ask("mount tmpfs /tmp") == "ok");
    box.send_signal(SIGKILL);
    CHECK(box.wait().signal == SIGKILL);
  }
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("07: what runs is the command, with its own status",
          "[07.5][points:1][idle]") {
  const auto missing = "/" + judge::random_name();
  CHECK(judge::run({"--", missing}).ending == exited(127));
  CHECK(judge::run({"--", "/etc"}).ending == exited(126));
  const auto status = std::to_string(judge::random_number(1, 70));
  const auto user =
      judge::run({"--user", random_id(), "--", "sh", "-c", "exit " + status});
  CHECK(user.ending == exited(std::stoi(status)));
}
