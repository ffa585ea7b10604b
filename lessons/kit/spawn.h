// Children: made with clone3(), held by a pidfd, waited for.

#pragma once

#include <linux/sched.h>  // clone_args
#include <sys/types.h>

#include <functional>

#include "lessons/kit/unique_fd.h"

namespace kit {

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
  // for the terminal sends them to the child as well.
  int wait();

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

// Starts a child that runs `body` under guard() and ends with what it returns.
// The child never comes back into the code of its parent.
//
//   clone_args args{};
//   args.flags = CLONE_NEWUTS;
//   Child child = spawn(args, [&] { exec(command); return 0; });
//   return child.wait();
//
// args: clone(2), the part about clone3(). CLONE_PIDFD and the exit signal are
// added here. From the first call on, the signals that Child::wait() passes on
// are blocked in this process, so that none is lost; a child has them as
// before.
//
// Throws SystemError.
Child spawn(clone_args args, const std::function<int()>& body);

}  // namespace kit
