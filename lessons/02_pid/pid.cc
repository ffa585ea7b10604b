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
  // TODO(02.1): clone(2) names a flag for each kind of namespace. Two are
  // needed.
  throw kit::Todo("02.1");
}

void end_with(int parent) {
  // TODO(02.2): ask for a signal at the parent's end with ::prctl(). Which
  // signal works on a process 1, whatever it does? Then ::poll() the pidfd,
  // with a timeout of 0: if it is readable, the parent has ended before.
  // kit::fail() ends this process then.
  throw kit::Todo("02.2");
}

void mount_proc(const std::filesystem::path& proc) {
  // TODO(02.3): ::mount() a file system of the type "proc", with the three
  // flags of mount(2) for nosuid, nodev and noexec.
  throw kit::Todo("02.3");
}

void protect_init() {
  // TODO(02.4): ::close_range() from 3 on, and not only at the next exec: an
  // init calls none. Then ::prctl() with PR_SET_DUMPABLE.
  throw kit::Todo("02.4");
}

int be_init(pid_t command) {
  // TODO(02.5): in a loop, take the next_signal(). If it is SIGCHLD, reap(): a
  // result of that is this function's result, too. All others are for the
  // command: ::kill().
  throw kit::Todo("02.5");
}

std::optional<int> reap(pid_t command) {
  // TODO(02.6): call ::waitpid() with -1 and WNOHANG until no child is left
  // that has ended: errno is ECHILD then, if none is left at all. WIFEXITED(),
  // WEXITSTATUS() and WTERMSIG() take a status apart.
  throw kit::Todo("02.6");
}

}  // namespace container
