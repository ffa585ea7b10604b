// Judges lesson 06, the start: inside the cgroup (step 06.4), and with a cgroup
// namespace (step 06.5).

#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

#include <cerrno>

#include "tests/06_cgroups/cgroups.h"

namespace {

// Can the host itself still write to its cgroups? All mounts of them share one
// file system, and that can be made read-only.
bool tree_is_writable() {
  struct statvfs tree {};
  REQUIRE(::statvfs(kTree, &tree) == 0);
  return (tree.f_flag & ST_RDONLY) == 0;
}

void check_namespace(const judge::Box& box) {
  HINT("unshare(CLONE_NEWCGROUP) makes a cgroup namespace, in the child.");
  REQUIRE(box.command().own_namespaces().contains("cgroup"));
  HINT("This lesson's container shares all else with the host.");
  CHECK(box.command().own_namespaces() == Set{"cgroup", "mnt"});
  HINT(
      "\"0::/../..\" or the like: the namespace was made when the process was "
      "not in its cgroup yet, and so begins elsewhere. Its root is the cgroup "
      "that the process is in at the moment of unshare().");
  CHECK(box.get("read /proc/self/cgroup") == "0::/\n");
}

// Is the container's cgroup, with this limit for processes, at /sys/fs/cgroup?
void check_mount(const judge::Box& box, const std::string& limit) {
  HINT(
      "/sys/fs/cgroup shows the host's whole tree: the old mount is still "
      "there. Mounted again in the new namespace, it begins at the container's "
      "cgroup.");
  CHECK_THAT(box.get("list /sys/fs/cgroup"), !judge::contains("session"));
  HINT("The container's own cgroup is to be at /sys/fs/cgroup.");
  CHECK(box.ask("read /sys/fs/cgroup/pids.max") == "ok " + limit + "\n");

  const auto answer = box.ask("write /sys/fs/cgroup/pids.max max");
  const std::string read_only =
      "In the container, root has opened pids.max for writing. Mount cgroup2 "
      "read-only: MS_RDONLY.";
  HINT(read_only);
  CHECK(box.cgroup().file("pids.max") == limit);
  HINT(read_only);
  CHECK(answer == "error " + text(EROFS));

  auto mounts = box.command().mounts();
  std::erase_if(mounts, [](const auto& m) { return m.target != kTree; });
  HINT(
      "One mount is to be there: the old one is detached first, with umount2() "
      "and MNT_DETACH. Covered by another, it could be uncovered again.");
  REQUIRE(mounts.size() == 1);
  for (const std::string option : {"nosuid", "nodev", "noexec"}) {
    HINT(
        "A mount that needs no set-user-ID programs, devices or programs says "
        "so: MS_NOSUID | MS_NODEV | MS_NOEXEC.");
    CHECK_THAT(mounts[0].options, judge::contains(option));
  }
}

}  // namespace

// ---- 06.4: the start -------------------------------------------------------

TEST_CASE("06: the command is in its cgroup before it runs, and alone in it",
          "[06.4][points:4][inside][flags][caller]") {
  const auto name = judge::random_name();
  // The first thing that the child does is to make its mounts private
  // (main.cc). The judge looks just before that.
  HeldProgram program(with_command({"--name", name, "--pids-max", "7"}),
                      {{SYS_mount}});
  const pid_t child = program.wait();
  if (child == 0) {
    const auto result = program.wait_for_end();
    HINT(
        "The child was not started. Flags that were set before must stay: add "
        "with |=. And the descriptor belongs into clone_args::cgroup.");
    REQUIRE(result.errors == "");
  }

  HINT(
      "The judge has looked at the child before its first system call. Moved "
      "only after that, it can have made processes that no limit holds. "
      "CLONE_INTO_CGROUP in clone_args::flags and the descriptor in "
      "clone_args::cgroup start it inside.");
  REQUIRE(judge::Process(child).cgroup().path() == leaf(name).path());
  HINT("All limits must be set before the command is started.");
  CHECK(leaf(name).file("pids.max") == "7");
  HINT(
      "Flags that were set before must stay: add with |=. CLONE_NEWNS gives "
      "the child mounts of its own, and without that, step 06.5 changes those "
      "of the host.");
  CHECK(judge::Process(child).own_namespaces().contains("mnt"));
  HINT(
      "The cgroup is the command's alone. The program would use up the limits, "
      "and die with the container when that runs out of memory.");
  CHECK(leaf(name).processes() == std::vector<pid_t>{child});
}

// ---- 06.5: the cgroup namespace --------------------------------------------

TEST_CASE("06: the command sees its cgroup, and nothing above it",
          "[06.5][points:4][namespace][only][shows][read-only][options]"
          "[instead][host]") {
  const auto limit = text(judge::random_number(20, 200));
  const auto before = judge::Host::now();
  const auto box = start_limited({"--pids-max", limit});

  const bool is_writable = tree_is_writable();
  HINT(
      "The host itself cannot write to its cgroups any more: the whole file "
      "system was made read-only, and not just this mount of it. MS_RDONLY "
      "belongs into the call that mounts it; with MS_REMOUNT it needs MS_BIND, "
      "too.");
  REQUIRE(is_writable);
  HINT(
      "The command was not started. If it is EBUSY: the host's cgroups are "
      "still mounted there, and the kernel does not mount the same thing "
      "twice, one over the other. Detach the old mount first: umount2() with "
      "MNT_DETACH.");
  REQUIRE(box.errors() == "");

  check_namespace(box);
  check_mount(box, limit);
  HINT("The container's mounts have reached the host.");
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("06: forks are refused at the limit", "[06.5][points:1]") {
  const auto limit = judge::random_number(5, 30);
  judge::How how;
  how.probe = {"serve", "fork", "60"};  // Before it does anything else.
  const auto box = start_limited({"--pids-max", text(limit)}, how);

  HINT(
      "The command counts, too: with it, there can be one process less. More "
      "means that the limit came too late.");
  CHECK(box.ask("") == "ok " + text(limit - 1) + " " + text(EAGAIN));
  CHECK(box.cgroup().file("pids.current") == text(limit));
}
