// Lesson 02: processes of its own
//
// Read:   pid_namespaces(7), clone(2), prctl(2), wait(2), kill(2);
//         docs/02_pid.md
// Run:    bazel run //lessons:02_pid -- ps
// Check:  bazel test //tests:02_pid
//
// Three processes take part:
//
//   the program    stays outside, starts the init and waits for it;
//     the init     is process 1 of a new PID namespace, which ends with it;
//       the command, process 2.

#pragma once

#include <linux/sched.h>  // clone_args
#include <sys/types.h>

#include <csignal>
#include <filesystem>
#include <optional>

namespace container {

// ---- The steps -------------------------------------------------------------

// Step 02.1. Fills in what makes clone3() start the child in a PID namespace of
// its own, as its process 1, and in a mount namespace of its own, where a /proc
// for it can be mounted. Other flags in `args` stay.
//
// The caller stays where it is: a process never changes its number.
void ask_for_processes_of_its_own(clone_args& args);

// Step 02.2. In the init: from now on, the kernel kills this process as soon as
// its parent ends, in whatever way. With process 1 the namespace ends, and
// everything in it.
//
// parent: a pidfd of the parent, who may have ended already, even before this
// function was called. In a new PID namespace, getppid(2) says 0 in any case.
//
// Throws SystemError [errors]; std::runtime_error if the parent has ended.
void end_with(int parent);

// Step 02.3. In the init: mounts a proc file system on the directory `proc`. It
// shows the processes of the caller's PID namespace. Nothing in it can be a
// device, be executed or give rights (nosuid, nodev, noexec).
//
// The caller has a mount namespace of its own, and its mounts are private.
// Throws SystemError [errors].
void mount_proc(const std::filesystem::path& proc);

// Step 02.4. In the init: closes the way to the host that leads through this
// process. Everything in the container can see process 1, and /proc/1 has its
// open descriptors, its environment, its program. So the init
//
//   closes all descriptors but standard input, output and error, and
//   becomes "not dumpable": only who has CAP_SYS_PTRACE may look at these files
//   from now on, or trace the process. So are its children, until they call
//   execve(2).
//
// Throws SystemError [errors].
void protect_init();

// Step 02.5. In the init: does what a process 1 has to do until its child
// `command` has ended, and returns the status of that. Signals are taken from
// next_signal(): those that others have sent are passed on to the command, and
// SIGCHLD means that it is time to reap().
//
// Whatever else is still running in the namespace then is not waited for.
// Throws SystemError.
int be_init(pid_t command);

// Step 02.6. In the init: reaps every child that has ended: the command, and
// orphans that have become children of process 1. Does not wait for those that
// have not ended. One SIGCHLD may stand for several of them.
//
// If `command` was among them, returns its exit status, or 128+N if signal N
// ended it. Throws SystemError [errors]: that no child is left (ECHILD) is no
// error.
std::optional<int> reap(pid_t command);

// ---- In given/signals.cc ----------------------------------------------------

// Blocks the signals that next_signal() waits for, so that they are kept until
// it asks for them. Returns the mask of before, for the command.
//
// Called in the program, before it starts the init: the kernel drops signals
// for a process 1 that neither blocks nor handles them.
sigset_t block_signals();

// Waits for SIGCHLD, or for a signal that another process has sent and that can
// be passed on: nearly all can, kit::signals_to_pass_on() has the list. Returns
// its number.
//
// What a terminal sends (Ctrl-C) is left out: the command gets that itself.
int next_signal();

}  // namespace container
