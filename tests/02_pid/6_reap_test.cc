// Judges lesson 02, step 02.6, and the program as a whole: lessons/02_pid/pid.h
// is the contract.

#include <sys/resource.h>
#include <sys/syscall.h>

#include "tests/02_pid/family.h"

namespace {

using namespace pid;

}  // namespace

// ---- 02.6: an init that reaps ----

TEST_CASE("02: the command's status is the program's",
          "[02.6][points:2][status][ECHILD][returned]") {
  const auto before = judge::Host::now();
  const auto box = judge::start({});
  CHECK(numbers_of(box.command()).size() == 2);
  const auto status = static_cast<int>(judge::random_number(130, 255));
  HINT(
      "waitpid(2) explains how a status is taken apart: WEXITSTATUS(). And "
      "that "
      "no child is left, which waitpid() calls an error (ECHILD), is none.");
  CHECK(box.end(status) == exited(status));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("02: a command can end with 0", "[02.6][points:1][status][idle]") {
  HINT(
      "The command has ended with 0, and the init still waits. 0 is a status "
      "like any other: whether reap() has a result is another question than "
      "whether that is 0. A std::optional answers it with has_value().");
  CHECK(run({}).ending == exited(0));
}

TEST_CASE("02: a signal that ends the command is 128+N",
          "[02.6][points:2][signal]") {
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

TEST_CASE("02: 128+N, also if the kernel has dumped core",
          "[02.6][points:1][signal]") {
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

TEST_CASE("02: a command that is stopped has not ended",
          "[02.6][points:1][stopped]") {
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
          "[02.6][points:1][signal]") {
  const auto box = judge::start({});
  box.send_signal(SIGTERM);
  HINT(
      "As process 1, the command would ignore SIGTERM. Below an init, it gets "
      "the signal like every other process.");
  CHECK(box.wait() == exited(128 + SIGTERM));
}

TEST_CASE("02: an orphan that ends first does not decide",
          "[02.6][points:2][orphans][nothing]") {
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

TEST_CASE("02: a hundred orphans leave no zombie",
          "[02.6][points:2][several]") {
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
          "[02.6][points:1][order]") {
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

TEST_CASE("02: an error of waitpid() is one",
          "[02.6][points:1][idle][errors]") {
  HINT(
      "waitpid() has failed, and the init waits for ever: only ECHILD means "
      "that no child is left.");
  const auto result = run({.failing_calls = {{{SYS_wait4}, EPERM}}}, 3);
  // Unless reap() works by another call.
  CHECK((result.ending == exited(125) || result.ending == exited(3)));
  CHECK((result.ending == exited(3) || result.is_one_line()));
}

TEST_CASE("02: the init waits for nobody", "[02.6][points:1][waits]") {
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

TEST_CASE("02: the container ends with the command",
          "[02.6][points:2][rest][returned]") {
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
