// Judges lesson 02: lessons/02_pid/pid.h is the contract.
//
// The program's child is the init: process 1 of the new namespace. It can be
// looked at whether it waits at an unwritten step or the command runs below it.

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "lessons/kit/spawn.h"
#include "tests/judge/judge.h"

namespace {

using judge::exited;

// The processes that the program has made.
std::vector<judge::Stat> family(const judge::Box& box) {
  return judge::descendants_of(box.program().pid());
}

judge::Process init_of(const judge::Box& box) {
  for (const auto& process : family(box)) {
    if (process.parent == box.program().pid()) {
      return judge::Process(process.pid);
    }
  }
  throw judge::Failed("the program has no child that could be an init");
}

// The process's numbers, one for each namespace that knows it: {"812", "1"}.
std::vector<std::string> numbers_of(const judge::Process& process) {
  return judge::split(process.status("NSpid"), '\t');
}

// The mounts of the type "proc" that the process sees at or below /proc.
std::vector<judge::Mount> proc_mounts(const judge::Process& process) {
  auto mounts = process.mounts();
  std::erase_if(mounts, [](const auto& mount) {
    return mount.type != "proc" || mount.target != "/proc";
  });
  return mounts;
}

bool has_option(const judge::Mount& mount, const std::string& option) {
  const auto options = judge::split(mount.options, ',');
  return std::find(options.begin(), options.end(), option) != options.end();
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

// Waits until only the init and the command are left. False if the program ends
// before that.
bool only_two_are_left(const judge::Box& box) {
  (void)box.becomes_true(
      [&] { return family(box).size() == 2 || !box.program().exists(); });
  return family(box).size() == 2;
}

// The signals that have come to the process, which blocks them.
std::set<int> pending_signals(const judge::Process& process) {
  const auto mask = process.status("ShdPnd");
  std::set<int> pending;
  if (mask.empty()) return pending;
  const auto bits = std::stoull(mask, nullptr, 16);
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if ((bits >> (signal - 1) & 1) != 0) pending.insert(signal);
  }
  return pending;
}

bool is_pending(const judge::Process& process, int signal) {
  return pending_signals(process).contains(signal);
}

// The signals that the program passes on, and so the init has to.
std::set<int> signals_to_pass_on() {
  const sigset_t set = kit::signals_to_pass_on();
  std::set<int> signals;
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if (::sigismember(&set, signal) == 1) signals.insert(signal);
  }
  return signals;
}

// What is in `all` and not in `some`: " SIGHUP SIGRTMIN+3".
std::string names_of_missing(const std::set<int>& all,
                             const std::set<int>& some) {
  std::string names;
  for (const int signal : all) {
    if (!some.contains(signal)) names += " " + judge::signal_name(signal);
  }
  return names;
}

// Runs a command that ends with 0, in a root of its own.
judge::Result run(const judge::Circumstances& circumstances) {
  const auto root = judge::make_root_directory();
  return judge::run({"--root", root, "--", "/probe", "exit", "0"},
                    circumstances);
}

}  // namespace

// ---- What is given ---------------------------------------------------------

TEST_CASE("02: an unwritten step ends the program with 75", "[given]") {
  const auto result = run({.hold_at_todo = false});

  if (result.ending != exited(75)) {
    SUCCEED("All steps are written.");
    return;
  }
  HINT("A skeleton says which step is next, and nothing else.");
  CHECK(result.is_one_line());
}

TEST_CASE("02: options that are wrong are errors", "[given]") {
  for (const auto& options : std::vector<std::vector<std::string>>{
           {"--no-such-option"}, {"--root"}, {"--root", "/", "--root", "/"}}) {
    const auto result = judge::run(options);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
  }
  CHECK(judge::run({"--help"}).ending == exited(0));
}

// ---- 02.1: the namespaces --------------------------------------------------

TEST_CASE("02: the child is process 1 of a namespace of its own",
          "[02.1][points:2]") {
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
          "[02.1][points:1]") {
  const auto box = judge::start({});

  HINT(
      "A /proc that the child mounts would be everybody's, and would show the "
      "host's programs a namespace in which they are not. CLONE_NEWNS makes "
      "the mounts the child's own.");
  CHECK(init_of(box).own_namespaces().contains("mnt"));
}

TEST_CASE("02: other flags stay, and none is added", "[02.1][points:1]") {
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

TEST_CASE("02: the program stays where it is", "[02.1][points:1][idle]") {
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

TEST_CASE("02: an ordinary user is told why not", "[02.1][points:1][idle]") {
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

// ---- 02.2: the end of the parent -------------------------------------------

TEST_CASE("02: nothing is left of a program that is killed",
          "[02.2][points:2][idle]") {
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
          "[02.2][points:2]") {
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
          "[02.2][points:1]") {
  const auto result =
      run({.failing_calls = {{{SYS_prctl, PR_SET_PDEATHSIG}, EPERM}}});
  HINT("prctl() has failed in end_with(), and the command has run.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
}

// ---- 02.3: /proc -----------------------------------------------------------

TEST_CASE("02: /proc is a proc file system of the namespace",
          "[02.3][points:2]") {
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
          "[02.3][points:1]") {
  const auto box = judge::start({});
  const auto mounts = proc_mounts(init_of(box));
  REQUIRE(mounts.size() == 1);

  HINT(
      "mount(2) has the flags: MS_NOSUID, MS_NODEV and MS_NOEXEC. What nobody "
      "needs in /proc cannot be misused there.");
  CHECK(has_option(mounts[0], "nosuid"));
  CHECK(has_option(mounts[0], "nodev"));
  CHECK(has_option(mounts[0], "noexec"));
  HINT("Processes write to files in /proc, so it is not read-only.");
  CHECK(has_option(mounts[0], "rw"));
}

TEST_CASE("02: a root without a /proc is an error", "[02.3][points:1]") {
  const auto before = judge::Host::now();
  const auto root = judge::make_root_directory();
  std::filesystem::remove(root + "/proc");
  const auto result = judge::run({"--root", root, "--", "/probe", "exit", "3"});

  HINT("The mount has failed, and the command has run all the same.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENOENT)));
  std::filesystem::remove_all(root);
  CHECK(judge::Host::settled(before) == before);
}

// ---- 02.4: nothing to be found in the init ---------------------------------

TEST_CASE("02: the init keeps no descriptor of the host's open",
          "[02.4][points:2]") {
  judge::How how;
  how.circumstances.leaked_descriptors = {3, 9, 200, 5000};
  const auto box = judge::start({}, how);
  HINT(
      "The init has descriptors open with which the program was started, and "
      "which lead to the host's root. close_range(2) closes all from 3 on, "
      "however high their numbers are (~0U is the highest that there can be): "
      "with CLOSE_RANGE_CLOEXEC only at an execve(), and an init calls none.");
  const auto kept = init_of(box).descriptors_beside(box.command().pid());
  CHECK(kept == std::map<int, std::string>{});
}

TEST_CASE("02: descriptors that cannot be closed are an error",
          "[02.4][points:1]") {
  judge::How how;
  how.circumstances.leaked_descriptors = {9};
  how.circumstances.failing_calls = {{{SYS_close_range}, EPERM}};
  const auto result = run(how.circumstances);
  if (result.ending == exited(125)) {
    CHECK(result.is_one_line());
    return;
  }
  HINT(
      "close_range() has failed in protect_init(), and the command has run, "
      "with a way to the host's root in /proc/1/fd.");
  const auto box = judge::start({}, how);
  // It may have closed them by another call.
  CHECK(init_of(box).descriptors_beside(box.command().pid()) ==
        std::map<int, std::string>{});
}

TEST_CASE("02: nobody can look into the init", "[02.4][points:2]") {
  const auto box = judge::start({});

  HINT(
      "The init is dumpable: whoever has its rights can trace it and open what "
      "is in /proc/1. prctl(2), PR_SET_DUMPABLE, with 0.");
  CHECK_FALSE(init_of(box).can_be_looked_into());
  HINT("The command is no init: what it does is its own business.");
  CHECK(box.command().can_be_looked_into());
}

TEST_CASE("02: an init that cannot be shut is an error", "[02.4][points:1]") {
  const auto result =
      run({.failing_calls = {{{SYS_prctl, PR_SET_DUMPABLE}, EACCES}}});
  HINT("prctl() has failed in protect_init(), and the command has run.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
}

// ---- 02.5: an init that passes signals on ----------------------------------

TEST_CASE("02: signals for the program reach the command", "[02.5][points:3]") {
  const auto box = judge::start({});
  const auto signals = signals_to_pass_on();
  for (const int signal : signals) {
    (void)box.get("block " + std::to_string(signal));
    box.send_signal(signal);
  }
  (void)box.becomes_true([&] {
    return std::ranges::includes(pending_signals(box.command()), signals);
  });
  const auto arrived = pending_signals(box.command());
  HINT("These have not come:"
       << names_of_missing(signals, arrived)
       << ". The program passes them on to the init. There each is "
          "next_signal()'s result, and the command has to get it: kill(2). "
          "Which signals a command has a use for, nobody else knows, so only "
          "SIGCHLD is the init's own.");
  CHECK(std::ranges::includes(arrived, signals));
}

TEST_CASE("02: signals are for the command, and not for all",
          "[02.5][points:1]") {
  const auto box = judge::start({});
  (void)box.get("block " + std::to_string(SIGHUP));
  (void)box.get("fork 1");  // It blocks the signal, too.
  box.send_signal(SIGHUP);
  REQUIRE(box.becomes_true([&] { return is_pending(box.command(), SIGHUP); }));

  HINT(
      "A child of the command got the signal as well. Whom the command tells "
      "is the command's own decision.");
  for (const auto& process : judge::descendants_of(box.command().pid())) {
    CHECK_FALSE(is_pending(judge::Process(process.pid), SIGHUP));
  }
}

// ---- 02.6: an init that reaps ----------------------------------------------

TEST_CASE("02: the command's status is the program's", "[02.6][points:2]") {
  const auto before = judge::Host::now();
  const auto box = judge::start({});
  CHECK(numbers_of(box.command()).size() == 2);
  const auto status = static_cast<int>(judge::random_number(130, 255));
  HINT("waitpid(2) explains how a status is taken apart: WEXITSTATUS().");
  CHECK(box.end(status) == exited(status));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("02: a signal that ends the command is 128+N", "[02.6][points:2]") {
  const auto root = judge::make_root_directory();
  const auto real_time =
      static_cast<int>(judge::random_number(SIGRTMIN, SIGRTMAX));
  for (const int signal : {SIGTERM, SIGKILL, SIGSEGV, SIGSYS, real_time}) {
    INFO(judge::signal_name(signal));
    const auto result = judge::run(
        {"--root", root, "--", "/probe", "kill", std::to_string(signal)});
    HINT(
        "WEXITSTATUS() means nothing for a process that a signal has ended: "
        "WIFEXITED() asks that first, and WTERMSIG() is the signal.");
    CHECK(result.ending == exited(128 + signal));
  }
}

TEST_CASE("02: 128+N, also if the kernel has dumped core", "[02.6][points:1]") {
  const auto box = judge::start({});
  const auto command = box.command().pid();
  const rlimit no_limit{RLIM_INFINITY, RLIM_INFINITY};
  REQUIRE(::prlimit(command, RLIMIT_CORE, &no_limit, nullptr) == 0);
  ::kill(command, SIGQUIT);
  HINT(
      "A status has a bit that says whether there is a core dump, beside the "
      "number of the signal: WTERMSIG() takes the number alone.");
  CHECK(box.wait() == exited(128 + SIGQUIT));
}

TEST_CASE("02: a command that is stopped has not ended", "[02.6][points:1]") {
  const auto box = judge::start({});
  // Of two signals that wait, the one with the lower number comes first. So
  // when this one has been passed on, the init has dealt with SIGCHLD.
  (void)box.get("block " + std::to_string(SIGPWR));
  ::kill(box.command().pid(), SIGSTOP);
  (void)box.becomes_true(
      [&] { return box.command().status("State").starts_with("T"); });
  box.send_signal(SIGPWR);
  (void)box.becomes_true([&] {
    return is_pending(box.command(), SIGPWR) || !box.program().exists();
  });

  HINT(
      "The command was stopped (SIGSTOP), and the init has taken that for its "
      "end. waitpid() tells of stopped children only if it is asked to "
      "(WUNTRACED); what it tells of then has neither exited nor been ended "
      "by a signal.");
  REQUIRE(box.program().exists());
  ::kill(box.command().pid(), SIGCONT);
  CHECK(box.end(71) == exited(71));
}

TEST_CASE("02: SIGTERM ends a command that does nothing against it",
          "[02.6][points:1]") {
  const auto box = judge::start({});
  box.send_signal(SIGTERM);
  HINT(
      "As process 1, the command would ignore SIGTERM. Below an init, it gets "
      "the signal like every other process.");
  CHECK(box.wait() == exited(128 + SIGTERM));
}

TEST_CASE("02: an orphan that ends first does not decide", "[02.6][points:2]") {
  const auto box = judge::start({});
  const auto status = static_cast<int>(judge::random_number(10, 60));
  const std::string ended =
      "The container has ended with the orphan. waitpid(-1) returns every "
      "child: compare its number with the command's.";
  HINT(ended);
  CHECK(box.ask("orphan " + std::to_string(status + 1)) == "ok");

  HINT(
      "The orphan has ended and nobody has reaped it. Orphans are children of "
      "process 1, too: waitpid(-1) returns them like the command.");
  const bool reaped = only_two_are_left(box);
  CHECK((reaped || !box.program().exists()));
  HINT(ended);
  CHECK(box.end(status) == exited(status));
}

TEST_CASE("02: a hundred orphans leave no zombie", "[02.6][points:2]") {
  const auto box = judge::start({});
  REQUIRE(box.get("orphans 100") == "100 0");
  const auto init = init_of(box).pid();
  std::vector<pid_t> orphans;
  for (const auto& process : family(box)) {
    if (process.parent == init && process.pid != box.command().pid()) {
      orphans.push_back(process.pid);
    }
  }
  REQUIRE(orphans.size() == 100);
  for (const auto pid : orphans) ::kill(pid, SIGKILL);

  HINT(
      "Zombies are left. The kernel does not queue SIGCHLD: one may stand for "
      "many children. So waitpid() has to be called until it finds no more.");
  CHECK(only_two_are_left(box));
}

TEST_CASE("02: the command and orphans end at the same time",
          "[02.6][points:1]") {
  const auto box = judge::start({});
  REQUIRE(box.get("orphans 3") == "3 0");
  const auto init = init_of(box);
  const auto is_stopped = [&] { return init.status("State").starts_with("T"); };

  // The init is stopped until all its children have ended. Then it finds them
  // in the order in which they became its children: the command first.
  ::kill(init.pid(), SIGSTOP);
  REQUIRE(box.becomes_true(is_stopped));
  (void)box.ask("exit 72");
  for (const auto& process : family(box)) {
    if (process.parent == init.pid()) ::kill(process.pid, SIGKILL);
  }
  REQUIRE(box.becomes_true([&] {
    return std::ranges::all_of(family(box), [&](const auto& process) {
      return process.pid == init.pid() || process.state == 'Z';
    });
  }));
  ::kill(init.pid(), SIGCONT);

  HINT(
      "The command has ended, and orphans have been reaped after it in one "
      "call of reap(). The result is the command's status even if it was not "
      "the last child that waitpid() returned.");
  CHECK(box.wait() == exited(72));
}

TEST_CASE("02: an error of waitpid() is one", "[02.6][points:1][idle]") {
  const auto root = judge::make_root_directory();
  judge::Circumstances circumstances;
  circumstances.failing_calls = {{{SYS_wait4}, EPERM}};
  HINT(
      "waitpid() has failed, and the init waits for ever: only ECHILD means "
      "that no child is left.");
  const auto result =
      judge::run({"--root", root, "--", "/probe", "exit", "3"}, circumstances);
  // Unless reap() works by another call.
  CHECK((result.ending == exited(125) || result.ending == exited(3)));
  CHECK((result.ending == exited(3) || result.is_one_line()));
}

TEST_CASE("02: the init waits for nobody", "[02.6][points:1]") {
  const auto box = judge::start({});
  (void)box.get("block " + std::to_string(SIGHUP));
  (void)box.get("orphan 0");
  (void)only_two_are_left(box);
  box.send_signal(SIGHUP);

  HINT(
      "After an orphan has been reaped, signals no longer reach the command: "
      "the init hangs in waitpid(), which waits for a child to end unless it "
      "is told not to (WNOHANG).");
  CHECK(box.becomes_true([&] { return is_pending(box.command(), SIGHUP); }));
}

TEST_CASE("02: the container ends with the command", "[02.6][points:2]") {
  const auto before = judge::Host::now();
  const auto box = judge::start({});
  REQUIRE(box.get("orphans 3") == "3 0");
  const auto status = static_cast<int>(judge::random_number(1, 120));

  HINT(
      "The command has ended and orphans are left: they end with process 1. "
      "Nobody waits for them.");
  CHECK(box.end(status) == exited(status));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("02: a command that cannot be run has its own status",
          "[02.6][points:1]") {
  const auto root = judge::make_root_directory();
  const auto missing = judge::run({"--root", root, "--", "/missing"});
  CHECK(missing.ending == exited(127));
  CHECK(missing.is_one_line());
  const auto folder = judge::run({"--root", root, "--", "/etc"});
  CHECK(folder.ending == exited(126));
  CHECK(folder.is_one_line());
}

TEST_CASE("02: a root that is no directory is an error", "[02.6][points:1]") {
  const auto before = judge::Host::now();
  for (const auto& root :
       {"/judge/roots/" + judge::random_name(), judge::guest().probe()}) {
    const auto result = judge::run({"--root", root});
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(root));
  }
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("02: the default root has a shell", "[02.6][points:1][idle]") {
  const auto before = judge::Host::now();
  const auto status = std::to_string(judge::random_number(1, 70));
  const auto result = judge::run({"--", "sh", "-c", "exit " + status});
  CHECK(result.ending == exited(std::stoi(status)));
  CHECK(judge::Host::settled(before) == before);
}
