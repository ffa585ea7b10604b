// guard, todo, spawn, gate and keeper: what processes do.

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "lessons/kit/check.h"
#include "lessons/kit/gate.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/keeper.h"
#include "lessons/kit/program.h"
#include "lessons/kit/spawn.h"
#include "lessons/kit/todo.h"
#include "third_party/catch2.h"

namespace {

using kit::check;
using kit::UniqueFd;

struct Pipe {
  Pipe() {
    int ends[2];
    check(::pipe2(ends, O_CLOEXEC), "make a pipe");
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }

  // All that comes until the last writer is gone.
  std::string read() {
    writer.reset();
    std::string text;
    char buffer[512];
    for (;;) {
      const auto size = check(::read(reader.get(), buffer, sizeof buffer), "");
      if (size == 0) return text;
      text.append(buffer, static_cast<size_t>(size));
    }
  }

  UniqueFd reader;
  UniqueFd writer;
};

struct Result {
  int status;
  std::string errors;
};

// What a process does that runs `body` under guard().
Result run(const std::function<int()>& body) {
  Pipe errors;
  kit::Child child = kit::spawn({}, [&] {
    check(::dup2(errors.writer.get(), STDERR_FILENO), "dup2");
    return kit::guard(body);
  });
  std::string text = errors.read();
  return {child.wait(), text};
}

std::string line(const std::string& what) {
  return std::string(::program_invocation_short_name) + ": " + what + "\n";
}

TEST_CASE("guard() returns what the body returns") {
  CHECK(run([] { return 0; }).status == 0);
  CHECK(run([] { return 42; }).status == 42);
}

TEST_CASE("guard() makes one line and a status of an exception") {
  const auto failed = run([]() -> int { kit::fail("two\nlines"); });
  CHECK(failed.status == 125);
  CHECK(failed.errors == line("two lines"));

  const auto exit = run([]() -> int { throw kit::Exit(127, "not there"); });
  CHECK(exit.status == 127);
  CHECK(exit.errors == line("not there"));
}

TEST_CASE("an unwritten step ends with 75 and names the chapter") {
  ::unsetenv("KIT_HOLD_AT_TODO");
  const auto todo = run([]() -> int { throw kit::Todo("99.1"); });
  CHECK(todo.status == 75);
  // The chapter has the name of the folder that this file is in.
  CHECK(todo.errors == line("step 99.1 is yours to write (docs/kit.md)"));
}

// Whether an unwritten step is waited at is asked when a program starts. So
// these two start this one again, with the variable set, for one hidden case.
kit::Child start_held(const std::string& hidden_case, Pipe& errors) {
  kit::Child child = kit::spawn({}, [&]() -> int {
    check(::dup2(errors.writer.get(), STDERR_FILENO), "dup2");
    errors.writer.reset();
    ::setenv("KIT_HOLD_AT_TODO", "1", 1);
    ::execl("/proc/self/exe", "again", hidden_case.c_str(), nullptr);
    return 1;
  });
  errors.writer.reset();
  return child;
}

TEST_CASE("an unwritten step is waited at if the judge asks for it") {
  Pipe errors;
  kit::Child child = start_held("[held]", errors);
  char byte = 0;
  CHECK(::read(errors.reader.get(), &byte, 1) == 1);  // It has said so ...
  ::kill(child.pid(), SIGKILL);
  CHECK(child.wait() == 128 + SIGKILL);  // ... and waits.
}

TEST_CASE("at an unwritten step, with the variable", "[.][held]") {
  throw kit::Todo("99.1");
}

TEST_CASE("nobody waits at an unwritten step of the clean-up") {
  Pipe errors;
  CHECK(start_held("[unheld]", errors).wait() == 0);
}

TEST_CASE("in the clean-up, with the variable", "[.][unheld]") {
  const kit::UnheldTodo guard;
  CHECK(std::string(kit::Todo("99.1").what()) != "");
}

TEST_CASE("closed standard descriptors become /dev/null") {
  kit::Child child = kit::spawn({}, [] {
    for (int fd = 0; fd < 3; ++fd) ::close(fd);
    return kit::guard([] {
      char byte = 0;
      const bool all = ::read(0, &byte, 1) == 0 && ::write(1, "x", 1) == 1 &&
                       ::write(2, "x", 1) == 1;
      return all ? 0 : 1;
    });
  });
  CHECK(child.wait() == 0);
}

TEST_CASE("the status of a child is its own, or 128 and the signal") {
  CHECK(kit::spawn({}, [] { return 7; }).wait() == 7);
  CHECK(kit::spawn({}, [] { return ::raise(SIGKILL); }).wait() == 137);
  CHECK(kit::spawn({}, [] { return ::raise(SIGTERM); }).wait() == 143);
}

TEST_CASE("the status is not lost if SIGCHLD was ignored") {
  ::signal(SIGCHLD, SIG_IGN);
  const pid_t pid = ::fork();  // For it, spawn() is called first after exec.
  if (pid == 0) ::execl("/proc/self/exe", "again", "[ignored]", nullptr);
  ::signal(SIGCHLD, SIG_DFL);
  int status = -1;
  CHECK(::waitpid(pid, &status, 0) == pid);
  CHECK(status == 0);
}

TEST_CASE("the status with SIGCHLD ignored", "[.][ignored]") {
  CHECK(kit::spawn({}, [] { return 7; }).wait() == 7);
}

TEST_CASE("a child that is not waited for is killed and reaped") {
  pid_t pid = 0;
  {
    const kit::Child child = kit::spawn({}, [] { return ::pause(); });
    pid = child.pid();
  }
  CHECK(::kill(pid, 0) == -1);
  CHECK(errno == ESRCH);
}

TEST_CASE("signals are passed on to the child") {
  Pipe ready;
  kit::Child child = kit::spawn({}, [&] {
    sigset_t set;
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGUSR1);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    (void)!::write(ready.writer.get(), "", 1);
    int signal = 0;
    ::sigwait(&set, &signal);
    return signal == SIGUSR1 ? 23 : 1;
  });
  char byte = 0;
  CHECK(::read(ready.reader.get(), &byte, 1) == 1);
  ::kill(::getpid(), SIGUSR1);  // Blocked here, since spawn().
  CHECK(child.wait() == 23);
}

TEST_CASE("a gate holds the child until it is opened") {
  Pipe order;
  kit::Gate gate;
  kit::Child child = kit::spawn({}, [&] {
    gate.wait();
    (void)!::write(order.writer.get(), "2", 1);
    return 0;
  });
  CHECK(::write(order.writer.get(), "1", 1) == 1);
  gate.open();
  CHECK(child.wait() == 0);
  CHECK(order.read() == "12");
}

TEST_CASE("a gate whose parent has died ends the child") {
  Pipe errors;
  kit::Child parent = kit::spawn({}, [&] {
    check(::dup2(errors.writer.get(), STDERR_FILENO), "dup2");
    kit::Gate gate;
    new kit::Child(kit::spawn({}, [&] {  // Leaked, so that it is not killed.
      gate.wait();
      return 0;
    }));
    return 0;
  });
  CHECK(errors.read() == line("the parent ended before it opened the gate"));
  CHECK(parent.wait() == 0);
}

TEST_CASE("a keeper cleans up after a process that was killed") {
  Pipe cleaned;
  // guard() and close() would take the pipe's end from the keeper, so it opens
  // the pipe anew by its name.
  const std::string name =
      fmt::format("/proc/{}/fd/{}", ::getpid(), cleaned.writer.get());
  kit::Child child = kit::spawn({}, [&]() -> int {
    const kit::Keeper keeper{[&] {
      const UniqueFd writer{::open(name.c_str(), O_WRONLY | O_CLOEXEC)};
      (void)!::write(writer.get(), "done", 4);
    }};
    return ::raise(SIGKILL);
  });
  CHECK(child.wait() == 137);
  char text[8] = {};
  CHECK(::read(cleaned.reader.get(), text, sizeof text) == 4);
}

TEST_CASE("a keeper is dismissed when its owner goes in peace") {
  Pipe cleaned;
  const std::string name =
      fmt::format("/proc/{}/fd/{}", ::getpid(), cleaned.writer.get());
  kit::Child child = kit::spawn({}, [&] {
    const kit::Keeper keeper{[&] {
      const UniqueFd writer{::open(name.c_str(), O_WRONLY | O_CLOEXEC)};
      (void)!::write(writer.get(), "done", 4);
    }};
    return 0;
  });
  CHECK(child.wait() == 0);
  CHECK(cleaned.read().empty());
}

}  // namespace
