// Judges lesson 02, steps 02.1 to 02.3: lessons/02_pid/pid.h is the contract.

#include <sys/prctl.h>
#include <sys/syscall.h>

#include "tests/02_pid/family.h"

namespace {

using namespace pid;

// The mounts of the type "proc" that the process sees at /proc.
std::vector<judge::Mount> proc_mounts(const judge::Process& process) {
  auto mounts = process.mounts();
  std::erase_if(mounts, [](const auto& mount) {
    return mount.type != "proc" || mount.target != "/proc";
  });
  return mounts;
}

bool has_option(const judge::Mount& mount, const std::string& option) {
  const auto options = judge::split(mount.options, ',');
  return std::ranges::find(options, option) != options.end();
}

// The numbers by which the processes that `process` sees in its /proc go there.
std::set<std::string> seen_in_proc(const judge::Process& process) {
  std::set<std::string> seen;
  for (const auto& name :
       judge::names_in(judge::guest().proc(),
                       std::to_string(process.pid()) + "/root/proc")) {
    if (name.find_first_not_of("0123456789") == name.npos) seen.insert(name);
  }
  return seen;
}

}  // namespace

// ---- What is given ----

TEST_CASE("02: an unwritten step ends the program with 75", "[given]") {
  judge::check_skeleton(run({.hold_at_todo = false}, 3));
}

TEST_CASE("02: options that are wrong are errors", "[given]") {
  judge::check_wrong_options({{"--root"}, {"--root", "/", "--root", "/"}});
}

// ---- 02.1: the namespaces ----

TEST_CASE("02: the child is process 1 of a namespace of its own",
          "[02.1][points:2][pid]") {
  const auto box = judge::start({});
  const auto init = init_of(box);

  HINT(
      "The kernel knows the child by one number only: the host's. Is "
      "CLONE_NEWPID among the flags?");
  REQUIRE(numbers_of(init).size() == 2);
  CHECK(numbers_of(init)[1] == "1");
  CHECK(init.own_namespaces().contains("pid"));
}

TEST_CASE("02: the child has a mount namespace of its own",
          "[02.1][points:1][mount]") {
  const auto box = judge::start({});

  HINT(
      "A /proc that the child mounts would be everybody's, and would show the "
      "host's programs a namespace in which they are not. CLONE_NEWNS makes "
      "the mounts the child's own.");
  CHECK(init_of(box).own_namespaces().contains("mnt"));
}

TEST_CASE("02: other flags stay, and none is added",
          "[02.1][points:1][flags][only]") {
  const auto box = judge::start({});

  HINT(
      "main.cc has asked for an IPC namespace before it called "
      "ask_for_processes_of_its_own(), and there is none: its flag is gone. "
      "|= adds flags to those that are there, = replaces them.");
  CHECK(init_of(box).own_namespaces().contains("ipc"));
  HINT("The child has namespaces that nobody has asked for.");
  CHECK(init_of(box).own_namespaces() ==
        std::set<std::string>{"ipc", "mnt", "pid"});
}

TEST_CASE("02: the program stays where it is",
          "[02.1][points:1][idle][caller]") {
  const auto box = judge::start({});
  const judge::Process first(1);

  CHECK(box.program().own_namespaces().empty());
  HINT(
      "unshare(CLONE_NEWPID) does not move its caller, but all children that "
      "it makes from then on: the first one would be process 1, whatever it is "
      "meant for. The flag of clone3() is for that one child.");
  CHECK(box.program().name_space("pid_for_children") ==
        first.name_space("pid_for_children"));
}

TEST_CASE("02: an ordinary user is told why not",
          "[02.1][points:1][idle][pid]") {
  const auto root = judge::make_root_directory();
  const auto result =
      judge::run({"--root", root, "--", judge::guest().probe(), "exit", "3"},
                 {.student = true});

  HINT(
      "Without CAP_SYS_ADMIN there is no new namespace, and no command must "
      "run.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(EPERM)));
}

// ---- 02.2: the end of the parent ----

TEST_CASE("02: nothing is left of a program that is killed",
          "[02.2][points:2][idle][killed]") {
  const auto before = judge::Host::now();
  // A command that SIGTERM does not end, if that should be passed on to it.
  const auto sigterm = std::to_string(SIGTERM);
  const auto box = judge::start({}, {.probe = {"serve", "block", sigterm}});
  box.send_signal(SIGKILL);
  (void)box.becomes_true([&] { return !box.program().exists(); });

  HINT(
      "The program is dead, and the container lives on. PR_SET_PDEATHSIG has "
      "the kernel send a signal to the init when its parent ends. For a "
      "process 1 it must be SIGKILL: that is the only one that nobody can "
      "ignore, or take for a message.");
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("02: nor if it is killed before the init has asked to be told",
          "[02.2][points:2][ended]") {
  const auto before = judge::Host::now();
  const auto root = judge::make_root_directory();
  const judge::Circumstances circumstances = {
      .held_calls = {{SYS_prctl, PR_SET_PDEATHSIG}}};
  judge::Subject program({"--root", root, "--", "/probe", "wait"},
                         circumstances);

  // The init is just about to ask for the signal: end the program now.
  judge::Deadline deadline;
  bool held = false;
  while (!held && !program.ending() && !deadline.passed() &&
         program.unwritten_step().empty()) {
    std::vector<pollfd> call = {{program.watch().descriptor(), POLLIN, 0}};
    program.wait(deadline.milliseconds_left(), call);
    held = program.watch().receive() != 0;
  }
  if (!program.unwritten_step().empty()) {
    throw judge::Waiting(program.unwritten_step());
  }
  HINT("The init never asks: prctl(2), PR_SET_PDEATHSIG.");
  REQUIRE(held);
  program.send_signal(SIGKILL);
  while (!program.ending() && !deadline.passed()) {
    program.wait(deadline.milliseconds_left());
  }
  program.watch().release();

  HINT(
      "The program ended after it had made the init, and before the init had "
      "asked for a signal at that end. None comes then, so the init must look "
      "for itself, after it has asked: a pidfd is readable when its process "
      "has ended. getppid() does not help: from a new PID namespace, every "
      "parent outside is number 0.");
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("02: an init that cannot ask to be told is an error",
          "[02.2][points:1][unasked]") {
  const auto result =
      run({.failing_calls = {{{SYS_prctl, PR_SET_PDEATHSIG}, EPERM}}});
  HINT("prctl() has failed in end_with(), and the command has run.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
}

// ---- 02.3: /proc ----

TEST_CASE("02: /proc is a proc file system of the namespace",
          "[02.3][points:2][proc]") {
  const auto before = judge::Host::now();
  const auto box = judge::start({});
  const auto init = init_of(box);

  HINT(
      "There is no proc file system on the directory that mount_proc() is "
      "given.");
  REQUIRE(proc_mounts(init).size() == 1);
  HINT("What /proc shows must be the namespace's own processes, and all.");
  CHECK(box.becomes_true([&] {
    std::set<std::string> expected;
    for (const auto& process : family(box)) {
      expected.insert(numbers_of(judge::Process(process.pid)).back());
    }
    return seen_in_proc(init) == expected;
  }));
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("02: /proc has no devices, no programs and gives no rights",
          "[02.3][points:1][flags]") {
  const auto box = judge::start({});
  const auto mounts = proc_mounts(init_of(box));
  REQUIRE(mounts.size() == 1);

  HINT(
      "mount(2) has the flags: MS_NOSUID, MS_NODEV and MS_NOEXEC. What nobody "
      "needs in /proc cannot be misused there.");
  CHECK(has_option(mounts[0], "nosuid"));
  CHECK(has_option(mounts[0], "nodev"));
  CHECK(has_option(mounts[0], "noexec"));
}

TEST_CASE("02: /proc has no other options", "[02.3][points:1][plain]") {
  const auto box = judge::start({});
  const auto mounts = proc_mounts(init_of(box));
  REQUIRE(mounts.size() == 1);

  HINT("Processes write to files in /proc, so it is not read-only.");
  CHECK(has_option(mounts[0], "rw"));
  HINT(
      "This proc file system has options that nobody has asked for (hidepid, "
      "subset: proc(5)), and hides what belongs there.");
  CHECK(mounts[0].super_options == "rw");
}

TEST_CASE("02: a root without a /proc is an error",
          "[02.3][points:1][ENOENT]") {
  const auto before = judge::Host::now();
  const auto root = judge::make_root_directory();
  std::filesystem::remove(root + "/proc");
  const auto result = judge::run({"--root", root, "--", "/probe", "exit", "3"});

  HINT(
      "The root has no directory /proc, and the command has run all the same. "
      "Either mount() has failed and nobody has looked, or the directory was "
      "made: a root is somebody's, and nothing is to be added to it.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENOENT)));
  std::filesystem::remove_all(root);
  CHECK(judge::Host::settled(before) == before);
}
