#include "lessons/02_pid/pid.h"

#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "lessons/kit/check.h"
#include "lessons/kit/todo.h"

using kit::check;

namespace container {

void ask_for_processes_of_its_own(clone_args& args) {
  args.flags |= CLONE_NEWPID | CLONE_NEWNS;
}

void end_with(int parent) {
  check(::prctl(PR_SET_PDEATHSIG, SIGKILL), "ask to end with the parent");
  // A parent that has ended before this call sends no signal any more.
  pollfd ended{parent, POLLIN, 0};
  if (check(::poll(&ended, 1, /*timeout=*/0), "look at the parent") > 0) {
    kit::fail("the parent has ended");
  }
}

void mount_proc(const std::filesystem::path& proc) {
  // A new instance, and not the host's once more: it belongs to the PID
  // namespace of the process that mounts it.
  check(::mount("proc", proc.c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC,
                nullptr),
        "mount a proc file system on {}", proc.native());
}

void protect_init() {
  check(::close_range(3, ~0U, /*flags=*/0), "close descriptors");
  check(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0), "shut others out of the init");
}

int be_init(pid_t command) {
  for (;;) {
    const int signal = next_signal();
    if (signal != SIGCHLD) {
      // It can fail only if the command has just ended: SIGCHLD is next.
      (void)::kill(command, signal);
    } else if (const auto status = reap(command)) {
      return *status;
    }
  }
}

std::optional<int> reap(pid_t command) {
  std::optional<int> result;
  int status = 0;
  // WNOHANG: returns 0 if there are children, and none of them has ended.
  while (const pid_t pid = ::waitpid(-1, &status, WNOHANG)) {
    if (pid == -1 && errno == ECHILD) break;  // There is no child left.
    check(pid, "reap a child");
    if (pid != command) continue;
    result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  return result;
}

}  // namespace container
