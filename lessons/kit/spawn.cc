#include "lessons/kit/spawn.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"

namespace kit {
namespace {

sigset_t passed_on() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal :
       {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2}) {
    ::sigaddset(&set, signal);
  }
  return set;
}

// Returns the mask of before.
sigset_t prepare_signals() {
  // Who started us may ignore SIGCHLD, and that is inherited. The kernel would
  // then reap our children, and forget their status.
  ::signal(SIGCHLD, SIG_DFL);
  const sigset_t set = passed_on();
  sigset_t before;
  check(::sigprocmask(SIG_BLOCK, &set, &before), "block signals");
  return before;
}

void send(int pidfd, int signal) {
  // ESRCH: the child has just ended. Then there is nobody to tell.
  (void)::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0);
}

// Reads one signal and sends it on.
void pass_on(int signals, int pidfd) {
  signalfd_siginfo info{};
  check(::read(signals, &info, sizeof info), "read a signal");
  const int signal = static_cast<int>(info.ssi_signo);
  const bool by_key =
      info.ssi_code == SI_KERNEL && (signal == SIGINT || signal == SIGQUIT);
  if (!by_key) send(pidfd, signal);
}

int reap(int pidfd) {
  siginfo_t info{};
  check(::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED),
        "wait for the child");
  const bool exited = info.si_code == CLD_EXITED;
  return exited ? info.si_status : 128 + info.si_status;
}

}  // namespace

Child::~Child() {
  if (!pidfd_) return;
  send(pidfd_.get(), SIGKILL);
  siginfo_t info{};
  (void)::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED);
}

int Child::wait() {
  const sigset_t set = passed_on();
  const UniqueFd signals{
      check(::signalfd(-1, &set, SFD_CLOEXEC), "make a signalfd")};
  pollfd events[] = {{pidfd_.get(), POLLIN, 0}, {signals.get(), POLLIN, 0}};
  while (events[0].revents == 0) {
    check(::poll(events, 2, -1), "wait for the child");
    if (events[1].revents != 0) pass_on(signals.get(), pidfd_.get());
  }
  const int status = reap(pidfd_.get());
  pidfd_.reset();
  return status;
}

UniqueFd open_pidfd(pid_t pid) {
  return UniqueFd{static_cast<int>(
      check(::syscall(SYS_pidfd_open, pid, 0), "open a pidfd of {}", pid))};
}

void end_with(int parent) {
  check(::prctl(PR_SET_PDEATHSIG, SIGKILL), "ask to end with the parent");
  // A parent that has ended before this call sends no signal any more.
  pollfd ended{parent, POLLIN, 0};
  const bool too_late = check(::poll(&ended, 1, 0), "look at the parent") > 0;
  if (too_late) fail("the parent has ended");
}

Child spawn(clone_args args, const std::function<int()>& body) {
  static const sigset_t before = prepare_signals();

  int pidfd = -1;
  args.flags |= CLONE_PIDFD;
  args.pidfd = reinterpret_cast<__u64>(&pidfd);
  args.exit_signal = SIGCHLD;
  // glibc 2.36 has no clone3(). Without a stack of its own, the child goes on
  // from here with a copy of the memory, as after fork().
  const auto pid = check(::syscall(SYS_clone3, &args, sizeof args),
                         "start a child (clone3)");
  if (pid == 0) {
    ::_exit(guard([&] {
      check(::sigprocmask(SIG_SETMASK, &before, nullptr), "restore signals");
      return body();
    }));
  }
  return Child{static_cast<pid_t>(pid), UniqueFd{pidfd}};
}

}  // namespace kit
