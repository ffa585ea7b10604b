// Judges steps 01.1 to 01.3, the root: lessons/01_mount/mount.h is the
// contract.

#include "tests/01_mount/mount.h"

namespace mounts {

// ---- 01.1: private ----

TEST_CASE("01: the mounts are private before anything else",
          "[01.1][points:2][idle][private][out][in]") {
  const auto before = judge::Host::now();
  const auto program =
      before_the_root({}, "01.1", judge::make_root_directory());

  HINT(
      "What is mounted for the container is mounted in the host as well. "
      "The host's mounts are shared, and so are their copies in a new mount "
      "namespace: mounts propagate from one to the other. Were they made "
      "private, before anything else?");
  REQUIRE(judge::Host::now().mounts == before.mounts);

  REQUIRE(program.is_held());
  for (const auto& mount : program.process().mounts()) {
    const auto which = mount.text() + ": \"" + mount.propagation + "\"";
    HINT(which << ". \"shared:N\" is a mount whose changes reach the host. "
                  "Every mount has a propagation of its own: to set that of "
                  "\"/\" alone is not enough, MS_REC takes those below it, "
                  "too.");
    REQUIRE_THAT(mount.propagation, !judge::contains("shared"));
    HINT(which << ". \"master:N\" is a mount that still follows the host's: "
                  "what is mounted there appears in the container. MS_PRIVATE "
                  "is asked for, and not MS_SLAVE.");
    REQUIRE_THAT(mount.propagation, !judge::contains("master"));
    HINT(which << ". \"unbindable\" is a mount that is private, and of which "
                  "no bind mount can be made: not of the root either. "
                  "MS_PRIVATE is asked for, and not MS_UNBINDABLE.");
    REQUIRE(mount.propagation.empty());
  }
}

TEST_CASE("01: what the host mounts later is not seen",
          "[01.1][points:1][idle][in]") {
  const auto program =
      before_the_root({}, "01.1", judge::make_root_directory());
  REQUIRE(program.is_held());
  const auto seen = targets(program.process().mounts());
  mount_on_host(make_source());

  HINT(
      "The host has mounted something, and it is in the container's mount "
      "namespace, too.");
  CHECK(targets(program.process().mounts()) == seen);
}

TEST_CASE("01: while it runs, the host's mounts are as before",
          "[01.1][points:1][idle][out]") {
  const auto before = judge::Host::now();
  const auto box = judge::start({});

  HINT(
      "What was mounted or unmounted for the container was so in the host, "
      "too.");
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("01: and afterwards, too", "[01.1][points:1][idle][out]") {
  const auto before = judge::Host::now();
  (void)run_in(judge::make_root_directory(), {});

  HINT(
      "What the program has mounted or unmounted has done the same in the "
      "host.");
  CHECK(judge::Host::settled(before) == before);
}

// ---- 01.2: the root ----

TEST_CASE("01: the root directory is the one that was asked for",
          "[01.2][points:2][root][any][entered]") {
  HINT(
      "If pivot_root() says EINVAL or EBUSY, is the new root a mount? A "
      "directory becomes one when it is mounted onto itself (MS_BIND), and the "
      "mounts must be private.");
  const auto program = change_root();

  HINT("The root is still the host's.");
  CHECK(program->process().root() == program->root());
}

TEST_CASE("01: the working directory is inside the root",
          "[01.2][points:1][entered]") {
  const auto program = change_root();
  const auto process = program->process();

  HINT(
      "The working directory is still outside, where relative paths reach the "
      "host's files. A ::chdir() to the new root brings it in.");
  CHECK(process.working_directory() == program->root());
  HINT(
      "The working directory is not in the new mount, but in the directory "
      "below that: enter it after the bind mount.");
  CHECK(process.working_directory_path() == "/");
}

TEST_CASE("01: the mount namespace has another root, not only the process",
          "[01.2][points:2][root][over]") {
  const auto host = targets(judge::Process(judge::guest().stage()).mounts());
  const auto program = change_root();
  const auto mounts = targets(program->process().mounts());

  HINT(
      "At \"/\" there have to be two mounts, the new root and, over it, the "
      "old one: pivot_root(\".\", \".\") exchanges the root of the mount "
      "namespace and puts the old one there. chroot() would move the process, "
      "and leave the mounts as they are.");
  REQUIRE(std::count(mounts.begin(), mounts.end(), "/") == 2);
  HINT(
      "Some of the host's mounts are not there any more. They belong to the "
      "old root, and stay below it until step 01.3.");
  REQUIRE(
      std::includes(mounts.begin(), mounts.end(), host.begin(), host.end()));

  for (; program->call() == SYS_umount2; program->go_on()) {
    const auto left = targets(program->process().mounts());
    HINT(
        "In step 01.3, the old root is not there any more: change_root() has "
        "unmounted it, and leaves that to drop_old_root().");
    REQUIRE(std::count(left.begin(), left.end(), "/") == 2);
  }
}

TEST_CASE("01: what is mounted below the root is there, too",
          "[01.2][points:1][below]") {
  const auto root = judge::make_root_directory();
  mount_on_host(root + "/mnt");
  const auto program = change_root(root);
  const auto inside = "/proc/" + std::to_string(program->process().pid());

  HINT(
      "A file system is mounted below the new root, and in the container its "
      "directory is empty: a bind mount takes along what is mounted below only "
      "with MS_REC.");
  CHECK(content(inside + "/root/mnt/inner") == "below");
}

TEST_CASE("01: a root that is a mount point already", "[01.2][points:1][any]") {
  const auto root = judge::make_root_directory();
  mount_on_host(root);
  const auto program = change_root(root);
  const auto inside = "/proc/" + std::to_string(program->process().pid());

  HINT(
      "Something is mounted on the directory that is to be the root, and that "
      "is what the root is then.");
  CHECK(content(inside + "/root/inner") == "below");
}

TEST_CASE("01: a root by a relative path, or by a link",
          "[01.2][points:1][relative][bytes][links]") {
  const InWorkingDirectory root;
  {
    HINT(
        "The root was given as a relative path, with spaces and a quote in it: "
        "it begins in the working directory that the program was started in, "
        "and no shell is to read it.");
    const auto program = change_root(root.name());
    CHECK(program->process().root() == program->root());
  }
  const auto link = "/judge/roots/" + judge::random_name();
  fs::create_directory_symlink(root.path(), link);
  HINT(
      "The root was given as a symbolic link to a directory, and the directory "
      "is to be the root: with O_NOFOLLOW or AT_SYMLINK_NOFOLLOW, it is the "
      "link itself.");
  const auto program = change_root(link);
  CHECK(program->process().root() == program->root());
}

TEST_CASE("01: a root that is not there is an error",
          "[01.2][points:1][ENOENT][names]") {
  const auto before = judge::Host::now();
  const auto missing = "/judge/roots/" + judge::random_name();
  // The probe is at this path in the host. It must not run there.
  const auto result =
      judge::run({"--root", missing, "--", judge::guest().probe(), "exit",
                  std::to_string(judge::random_number(1, 70))});

  HINT(
      "If the root cannot be entered, the process is still in the host's. "
      "The command must not run then: check() every call.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT("The message must name the root, and say ENOENT's text.");
  CHECK_THAT(result.errors, judge::contains(missing));
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENOENT)));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("01: a root that is a file is an error",
          "[01.2][points:1][ENOTDIR][names]") {
  const auto before = judge::Host::now();
  const auto file = judge::make_root_directory() + "/probe";
  const auto result = run_in(file, {}, 3);

  HINT("A file can be mounted onto itself as well: it is chdir() that fails.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT("The message must name the root, and say ENOTDIR's text.");
  CHECK_THAT(result.errors, judge::contains(file));
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENOTDIR)));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("01: the host's root is no root for a container",
          "[01.2][points:1][EBUSY][names]") {
  const auto before = judge::Host::now();
  const auto result =
      judge::run({"--root", "/", "--", judge::guest().probe(), "exit", "3"});

  HINT(
      "pivot_root() says EBUSY if the new root is the old one, and then the "
      "command must not run: it would be in the host's root.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT("The message must name the root, and say EBUSY's text.");
  CHECK_THAT(result.errors, judge::contains("/"));
  CHECK_THAT(result.errors, judge::contains(std::strerror(EBUSY)));
  CHECK(judge::Host::settled(before) == before);
}

// ---- 01.3: the old root ----

TEST_CASE("01: nothing of the old root is left",
          "[01.3][points:2][all][used][paths]") {
  const auto box = judge::start({});

  HINT(
      "If umount2() says EBUSY: the old root is in use, if only by this "
      "program. MNT_DETACH unmounts it all the same.");
  const auto& command = box.command();
  HINT(
      "The host's mounts are still below the container's root: they can be "
      "seen, and entered. The old root must be unmounted.");
  REQUIRE(targets(command.mounts()) == Names{"/"});
  HINT(
      "In the container's mount namespace, outside of the process's root, the "
      "host's mounts are still there. What was unmounted was another one.");
  CHECK(targets(namespace_mounts(command)) == Names{"/"});
}

TEST_CASE("01: an old root that stays is an error",
          "[01.3][points:1][errors]") {
  const auto result = run_in(judge::make_root_directory(), {}, 3,
                             {.failing_calls = {{{SYS_umount2}, EPERM}}});
  HINT(
      "umount2() has failed, and the command has run with the old root still "
      "mounted.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
}

TEST_CASE("01: the escape of lesson 00 does not lead out",
          "[01.3][points:2][paths]") {
  const auto box = judge::start({});
  (void)box.get("escape");

  HINT(
      "A second chroot() and some \"..\" lead out of the root: there is "
      "something above it to climb to. With pivot_root(), and the old root "
      "unmounted, there is nothing.");
  CHECK(box.command().root() == box.root());
  CHECK(box.get("stat /escape").size() > 0);
}

TEST_CASE("01: the command is in its root, and its status is the program's",
          "[01.3][points:1][paths]") {
  const auto before = judge::Host::now();
  const auto box = judge::start({});
  REQUIRE(box.command().root() == box.root());
  CHECK(box.get("cwd") == "/");
  CHECK(box.ask("make /made-inside text") == "ok");
  CHECK(content(box.root_path() + "/made-inside") == "text");

  const auto status = static_cast<int>(judge::random_number(1, 120));
  CHECK(box.end(status) == exited(status));
  CHECK(judge::Host::settled(before) == before);
}

}  // namespace mounts
