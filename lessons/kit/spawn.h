// Children: made with clone3(), held by a pidfd, waited for.

#pragma once

#include <linux/sched.h>  // clone_args
#include <sys/types.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <optional>

#include "lessons/kit/unique_fd.h"

namespace kit {

// The signals that a process passes on to its child: all but those that it
// cannot hold (SIGKILL, SIGSTOP), that are about itself (SIGSEGV and the like,
// SIGPIPE, SIGCHLD), or that a shell stops it with (SIGTSTP and the like).
sigset_t signals_to_pass_on();

// How Child::wait() treats signals that this process gets meanwhile.
struct WaitOptions {
  // Is the child in another session than this process? Then the terminal does
  // not send it what its keys mean (Ctrl-C), and those signals are passed on,
  // too.
  bool to_other_session = false;

  // How long a child may take to end after SIGTERM. Then it gets SIGKILL.
  std::optional<std::chrono::seconds> patience{};
};

// A child process. If it was not waited for, it is killed and reaped when its
// owner goes: what failed half-way leaves no process behind.
class Child {
 public:
  Child(pid_t pid, UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}
  Child(Child&&) = default;
  Child& operator=(Child&&) = delete;
  ~Child();

  pid_t pid() const { return pid_; }

  // Names this child and never another one, even after the child has ended and
  // the kernel has given its number away again: pidfd_open(2).
  int pidfd() const { return pidfd_.get(); }

  // Waits for the child's end and returns its exit status, or 128+N if signal
  // N ended it. Meanwhile, signals that this process gets (SIGTERM, SIGINT and
  // the like) are passed on to the child. Those of the terminal's keys are not,
  // for the terminal sends them to the child as well: unless `options` says
  // otherwise.
  //
  // Throws SystemError. The child is killed then, when its owner goes.
  int wait(const WaitOptions& options = {});

 private:
  pid_t pid_;
  UniqueFd pidfd_;
};

// Returns a descriptor that names the process `pid`, and is readable once that
// has ended: pidfd_open(2). Throws SystemError.
UniqueFd open_pidfd(pid_t pid);

// In a child: from now on, the kernel kills this process as soon as its parent
// ends. Lesson 02 teaches how; from there on it is taken from here.
//
// parent: a pidfd of the parent. Throws SystemError; std::runtime_error if the
// parent has ended already.
void end_with(int parent);

// What spawn() begins with: a child that shares all namespaces, and whose pidfd
// is asked for. Steps add flags to it.
clone_args ordinary_child();

// Starts a child that runs `body` under guard() and ends with what it returns.
// The child never comes back into the code of its parent.
//
//   clone_args args = ordinary_child();
//   args.flags |= CLONE_NEWUTS;
//   Child child = spawn(args, [&] { exec(command); return 0; });
//   return child.wait();
//
// args: of ordinary_child(), with more flags, or {}. From the first call on,
// the signals that Child::wait() passes on are blocked in this process, so that
// none is lost; a child has them as before.
//
// Throws SystemError; std::runtime_error if a flag of ordinary_child() is lost.
Child spawn(clone_args args, const std::function<int()>& body);

// What a helper process calls when it is ready: see Helper.
class Ready {
 public:
  explicit Ready(UniqueFd parent) : parent_(std::move(parent)) {}

  void operator()();
  int fd() const { return parent_.get(); }  // To be kept open until then.

 private:
  UniqueFd parent_;  // Until it has been told.
};

// A helper process that has been started and is perhaps not yet ready.
struct Helper {
  UniqueFd news;  // From the helper, until it is ready.
  Child process;  // ~Child() ends it.
};

// Starts a helper process. What it throws before it is ready,
// wait_until_ready() throws. What it throws later ends it with status 125;
// nobody is told.
//
//   Helper keeper = start_helper([&](Ready& ready) {
//     prepare();
//     ready();
//     ...
//     return 0;
//   });
//   ...  // What can be done meanwhile.
//   wait_until_ready(keeper);
Helper start_helper(const std::function<int(Ready&)>& body);

// Throws std::runtime_error if the helper has ended before it was ready, in
// whatever way: nobody is to go on without it.
void wait_until_ready(Helper& helper);

// Both at once.
Child spawn_helper(const std::function<int(Ready&)>& body);

}  // namespace kit
