// Judges lesson 00: lessons/00_chroot/chroot.h is the contract.
//
// In this lesson the program becomes its command: one process from the start to
// the end. So the same process shows what the steps have made, whether it waits
// at an unwritten step or the command runs in it.

#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <cstring>
#include <filesystem>

#include "tests/judge/given.h"

namespace {

using judge::exited;

// Starts the program by a shell that gets the words "--root DIRECTORY -- ...",
// and makes others of them.
judge::Box start_by(const std::string& script) {
  judge::How how;
  how.circumstances.program = judge::kShell;
  return judge::start({"-c", script, judge::guest().program()}, how);
}

// A copy of the program that gives whoever runs it the right to change roots:
// capabilities(7), "File capabilities".
std::string program_with_right() {
  const auto folder = "/judge/roots/" + judge::random_name();
  std::filesystem::create_directories(folder);
  const auto copy = folder + "/" + judge::guest().program_name();
  std::filesystem::copy_file(judge::guest().program(), copy);
  vfs_cap_data right{};
  right.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
  right.data[0].permitted = 1U << CAP_SYS_CHROOT;
  REQUIRE(::setxattr(copy.c_str(), "security.capability", &right,
                     XATTR_CAPS_SZ_2, 0) == 0);
  return copy;
}

// The descriptors that the command gets beside the first three.
std::map<int, std::string> leaked_in(const judge::Box& box) {
  auto leaked = box.prepared().kept_descriptors;
  for (const int fd : {0, 1, 2}) leaked.erase(fd);
  return leaked;
}

}  // namespace

// ---- What is given ----

TEST_CASE("00: an unwritten step ends the program with 75", "[given]") {
  const auto root = judge::make_root_directory();
  judge::check_skeleton(judge::run(
      {"--root", root, "--", "/probe", "exit", "0"}, {.hold_at_todo = false}));
}

TEST_CASE("00: options that are wrong are errors", "[given]") {
  judge::check_wrong_options({{"--root"}, {"--root", "/", "--root", "/"}});
}

// ---- 00.1: the root ----

TEST_CASE("00: the root directory is the one that was asked for",
          "[00.1][points:1][root]") {
  const auto box = judge::start({});

  HINT(
      "The root is still the host's. Is ::chroot() called, with the "
      "directory that enter_root() was given?");
  CHECK(box.prepared().root == box.root());
}

TEST_CASE("00: the working directory is inside the root",
          "[00.1][points:2][directory]") {
  const auto box = judge::start({});

  HINT(
      "chroot(2) changes where \"/\" is, and leaves the working directory "
      "where it was: outside, where relative paths still reach the host's "
      "files. A ::chdir() to the new root brings it in.");
  CHECK(box.prepared().working_directory == box.root());
}

TEST_CASE("00: a root that is not there is an error",
          "[00.1][points:1][ENOENT][names]") {
  const auto missing = "/judge/roots/" + judge::random_name();
  // The probe is at this path in the host. It must not run there.
  const auto result =
      judge::run({"--root", missing, "--", judge::guest().probe(), "exit",
                  std::to_string(judge::random_number(1, 70))});

  HINT(
      "If chroot() fails, the process still is in the host's root, and the "
      "command then runs there, with all of the host in reach. check() "
      "turns the -1 into an exception.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT("The message must name the root, and say ENOENT's text.");
  CHECK_THAT(result.errors, judge::contains(missing));
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENOENT)));
}

TEST_CASE("00: a root that is a file is an error",
          "[00.1][points:1][ENOTDIR][names]") {
  const auto file = judge::make_root_directory() + "/probe";
  const auto result =
      judge::run({"--root", file, "--", judge::guest().probe(), "exit", "3"});

  HINT(
      "If chroot() fails, the command must not run: it would run in the "
      "host's own root.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT("The message must name the root, and say ENOTDIR's text.");
  CHECK_THAT(result.errors, judge::contains(file));
  HINT(
      "The root is there, and no directory: the kernel's error is ENOTDIR, "
      "and the reader wants to know.");
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENOTDIR)));
}

TEST_CASE("00: a root can be a relative path", "[00.1][points:1][relative]") {
  const auto by_name = start_by(
      "cd \"${2%/*}\"; root=\"${2##*/}\"; shift 2; "
      "exec \"$0\" --root \"$root\" \"$@\"");
  HINT(
      "The path was a relative one. It is seen from the working directory of "
      "the program: so nobody may change that before chroot() has taken it.");
  CHECK(by_name.prepared().root == by_name.root());

  const auto by_dot =
      start_by("cd \"$2\"; shift 2; exec \"$0\" --root . \"$@\"");
  HINT("\".\" is a root, too: the directory in which the program is started.");
  CHECK(by_dot.prepared().root == by_dot.root());
}

TEST_CASE("00: a link to a directory is a root, too",
          "[00.1][points:1][link]") {
  const auto box = start_by(
      "ln -s \"$2\" \"$2.link\"; root=\"$2.link\"; shift 2; "
      "exec \"$0\" --root \"$root\" \"$@\"");

  HINT(
      "The root was a symbolic link to a directory, and is refused. chroot(2) "
      "follows links, and so does whoever looks at the path before: not with "
      "O_NOFOLLOW or lstat(2).");
  CHECK(box.prepared().root == box.root());
}

TEST_CASE("00: an ordinary user may not change the root",
          "[00.1][points:1][EPERM]") {
  const auto root = judge::make_root_directory();
  const auto result =
      judge::run({"--root", root, "--", judge::guest().probe(), "exit", "3"},
                 {.student = true});

  HINT(
      "Without CAP_SYS_CHROOT chroot() fails with EPERM. That must end the "
      "program, before the command runs in the host's own root.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(EPERM)));
}

TEST_CASE("00: who has the right may, and need not be root",
          "[00.1][points:1][EPERM]") {
  judge::How how;
  how.circumstances.program = program_with_right();
  how.circumstances.student = true;
  const auto box = judge::start({}, how);

  HINT(
      "An ordinary user who has CAP_SYS_CHROOT may change the root. Who may is "
      "for the kernel to say: geteuid() tells only who is root.");
  CHECK(box.prepared().root == box.root());
}

TEST_CASE("00: root may not, without that right", "[00.1][points:1][EPERM]") {
  const auto root = judge::make_root_directory();
  const auto result =
      judge::run({"--root", root, "--", judge::guest().probe(), "exit", "3"},
                 {.failing_calls = {{{SYS_chroot}, EPERM}}});

  HINT(
      "chroot() has failed with EPERM, and the command must not run in the "
      "host's own root. Who may is for the kernel to say, also to root.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(EPERM)));
}

// ---- 00.2: descriptors ----

TEST_CASE("00: no descriptor of the outside gets in",
          "[00.2][points:2][others][high]") {
  const auto low = static_cast<int>(judge::random_number(3, 60));
  const auto high = static_cast<int>(judge::random_number(1100, 4000));
  const auto highest = static_cast<int>(judge::random_number(66000, 90000));
  judge::How how;
  how.circumstances.leaked_descriptors = {low, high, highest};

  HINT(
      "The caller had left directories of the outside open, and the command "
      "still has them: fchdir() to one of them is a way out of the root. "
      "close_range(2) takes all descriptors from 3 on, however high.");
  CHECK(leaked_in(judge::start({}, how)).empty());
}

TEST_CASE("00: nor one from before the limit was lowered",
          "[00.2][points:1][high]") {
  judge::How how;
  how.circumstances.program = judge::kShell;
  how.circumstances.leaked_descriptors = {
      static_cast<int>(judge::random_number(1100, 4000))};

  HINT(
      "The caller has opened a directory and then lowered the limit of open "
      "descriptors (RLIMIT_NOFILE): what is open above it stays open. So the "
      "limit does not say where to end; close_range(2) needs none.");
  CHECK(leaked_in(judge::start(judge::after("ulimit -S -n 64", {}), how))
            .empty());
}

TEST_CASE("00: standard input, output and error stay",
          "[00.2][points:1][idle][standard]") {
  const auto box = judge::start({});
  const auto kept = box.prepared().kept_descriptors;

  for (const int fd : {0, 1, 2}) {
    HINT("Descriptor " << fd
                       << " is closed for the command. The first three are the "
                          "command's own: only those from 3 on go.");
    CHECK(kept.contains(fd));
  }
}
