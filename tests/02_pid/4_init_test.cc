// Judges lesson 02, steps 02.4 and 02.5: lessons/02_pid/pid.h is the contract.

#include <sys/prctl.h>
#include <sys/syscall.h>

#include "lessons/kit/spawn.h"
#include "tests/02_pid/family.h"

namespace {

using namespace pid;

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

// What the init has open beside the standard streams and the means to wait.
std::map<int, std::string> kept_by_init(const judge::Box& box) {
  return init_of(box).descriptors_beside(box.command().pid());
}

const std::map<int, std::string> kNone;

}  // namespace

// ---- 02.4: nothing to be found in the init ----

TEST_CASE("02: the init keeps no descriptor of the host's open",
          "[02.4][points:2][closed][high]") {
  judge::How how;
  how.circumstances.leaked_descriptors = {3, 9, 200, 5000, 70000};
  const auto box = judge::start({}, how);
  HINT(
      "The init has descriptors open with which the program was started, and "
      "which lead to the host's root. close_range(2) closes all from 3 on, "
      "however high their numbers are (~0U is the highest that there can be): "
      "with CLOSE_RANGE_CLOEXEC only at an execve(), and an init calls none.");
  CHECK(kept_by_init(box) == kNone);
}

TEST_CASE("02: nor one from before the limit was lowered",
          "[02.4][points:1][high]") {
  judge::How how;
  how.circumstances.program = judge::kShell;
  how.circumstances.leaked_descriptors = {5000};
  const auto box = judge::start(judge::after("ulimit -S -n 64", {}), how);
  HINT(
      "The caller has opened a directory and then lowered the limit of open "
      "descriptors (RLIMIT_NOFILE): what is open above it stays open. So the "
      "limit does not say where to end; close_range(2) needs none.");
  CHECK(kept_by_init(box) == kNone);
}

TEST_CASE("02: the init keeps standard input, output and error",
          "[02.4][points:1][idle][standard]") {
  const auto box = judge::start({});
  (void)box.command();
  auto open = init_of(box).descriptors();
  auto given = box.program().descriptors();
  for (const int fd : {0, 1, 2}) {
    HINT("Descriptor " << fd
                       << " of the init is closed. The first three stay: only "
                          "those from 3 on go.");
    CHECK(open[fd] == given[fd]);
  }
}

TEST_CASE("02: descriptors that cannot be closed are an error",
          "[02.4][points:1][unclosed]") {
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
  CHECK(kept_by_init(box) == kNone);
}

TEST_CASE("02: nobody can look into the init", "[02.4][points:2][dumpable]") {
  const auto box = judge::start({});

  HINT(
      "The init is dumpable: whoever has its rights can trace it and open what "
      "is in /proc/1. prctl(2), PR_SET_DUMPABLE, with 0.");
  CHECK_FALSE(init_of(box).can_be_looked_into());
  HINT("The command is no init: what it does is its own business.");
  CHECK(box.command().can_be_looked_into());
}

TEST_CASE("02: an init that cannot be shut is an error",
          "[02.4][points:1][unshut]") {
  const auto result =
      run({.failing_calls = {{{SYS_prctl, PR_SET_DUMPABLE}, EACCES}}});
  HINT("prctl() has failed in protect_init(), and the command has run.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
}

// ---- 02.5: an init that passes signals on ----

TEST_CASE("02: signals for the program reach the command",
          "[02.5][points:3][passed]") {
  const auto box = judge::start({});
  const auto signals = signals_to_pass_on();
  for (const int signal : signals) {
    (void)box.get("block " + std::to_string(signal));
  }
  for (const int signal : signals) box.send_signal(signal);
  (void)box.becomes_true([&] {
    return std::ranges::includes(pending_signals(box.command()), signals) ||
           !box.program().exists();
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
          "[02.5][points:1][alone]") {
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

TEST_CASE("02: the init lives as long as the command",
          "[02.5][points:1][until]") {
  const auto box = judge::start({});
  const auto status = static_cast<int>(judge::random_number(10, 60));
  (void)box.get("block " + std::to_string(SIGHUP));
  (void)box.ask("orphan " + std::to_string(status));
  (void)only_two_are_left(box);
  // Whoever has reaped the orphan and lives on passes this one on.
  box.send_signal(SIGHUP);
  const auto arrived = [&] { return is_pending(box.command(), SIGHUP); };
  (void)box.becomes_true([&] { return arrived() || !box.program().exists(); });
  const bool lives = box.program().exists();
  // With the orphan's status: reap() has taken it for the command, step 02.6.
  const bool is_reaps_mistake = !lives && box.wait() == exited(status);

  HINT(
      "The container has ended before the command has. A SIGCHLD means only "
      "that some child has ended: reap() knows whether it was the command, and "
      "its result is empty if not.");
  CHECK((lives || is_reaps_mistake));
}

TEST_CASE("02: SIGCHLD is for the init", "[02.5][points:1][idle][SIGCHLD]") {
  const auto box = judge::start({});
  const auto& command = box.command();
  REQUIRE(box.get("orphans 2") == "2 0");
  (void)box.get("block " + std::to_string(SIGCHLD));
  (void)box.get("block " + std::to_string(SIGHUP));
  const auto init = init_of(box).pid();
  for (const auto& process : family(box)) {
    if (process.parent == init && process.pid != command.pid()) {
      ::kill(process.pid, SIGKILL);
    }
  }
  (void)only_two_are_left(box);
  // When this one has been passed on, the init has dealt with those before.
  box.send_signal(SIGHUP);
  (void)box.becomes_true(
      [&] { return is_pending(command, SIGHUP) || !box.program().exists(); });

  HINT(
      "Orphans have ended, and the init has sent the command a SIGCHLD about "
      "it. They are not the command's children: it would wait for them in "
      "vain. SIGCHLD is the one signal that is for the init itself.");
  CHECK_FALSE(is_pending(command, SIGCHLD));
}
