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
// its own, as its process 1 [pid], and in a mount namespace of its own, where a
// /proc for it can be mounted [mount]; and in no other new namespace [only].
// Other flags in `args` stay [flags].
//
// The caller, and what else it starts, stay where they are [caller]: a process
// never changes its number.
void ask_for_processes_of_its_own(clone_args& args);

// Step 02.2. In the init: from now on, the kernel kills this process as soon as
// its parent ends, in whatever way [killed]. With process 1 the namespace ends,
// and everything in it.
//
// parent: a pidfd of the parent, who may have ended already, even before this
// function was called. In a new PID namespace, getppid(2) says 0 in any case.
//
// Throws SystemError [errors] if the kernel cannot be asked to [unasked], and
// std::runtime_error if the parent has ended [ended].
void end_with(int parent);

// Step 02.3. In the init: mounts a proc file system on the directory `proc`
// that shows the processes of the caller's PID namespace [proc]. Nothing in it
// can be a device, be executed or give rights (nosuid, nodev, noexec) [flags].
// It has no other options: it can be written to, and hides nothing [plain].
//
// The caller has a mount namespace of its own, and its mounts are private.
// Throws SystemError [errors]: ENOENT if `proc` is not there [ENOENT].
void mount_proc(const std::filesystem::path& proc);

// Step 02.4. In the init: closes the way to the host that leads through this
// process. Everything in the container can see process 1, and /proc/1 has its
// open descriptors, its environment, its program. So the init
//
//   closes all descriptors [closed] but standard input, output and error
//   [standard], however high their numbers are [high], and
//   becomes "not dumpable": only who has CAP_SYS_PTRACE may look at these files
//   from now on, or trace the process [dumpable]. So are its children, until
//   they call execve(2).
//
// Throws SystemError if it cannot close them [unclosed], or become
// that [unshut].
void protect_init();

// Step 02.5. In the init: does what a process 1 has to do until its child
// `command` has ended [until], and returns the status of that [02.6 returned].
// Signals are taken from next_signal(): those that others have sent are passed
// on to the command [passed], and to nobody else [alone]. SIGCHLD means that it
// is time to reap(), and is not passed on [SIGCHLD].
//
// Whatever else is still running in the namespace then is not waited for
// [02.6 rest]. Throws SystemError.
int be_init(pid_t command);

// Step 02.6. In the init: reaps every child that has ended: the command, and
// orphans that have become children of process 1 [orphans]. One SIGCHLD may
// stand for several of them [several]. Does not wait for those that have not
// ended [waits]; one that is stopped has not ended [stopped].
//
// If `command` was among them, in whatever order [order], returns its exit
// status, which can be 0 [status], or 128+N if signal N ended it [signal]. If
// not, returns nothing [nothing].
// Throws SystemError [errors]: that no child is left (ECHILD) is no error
// [ECHILD].
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
