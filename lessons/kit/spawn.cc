#include "lessons/kit/spawn.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string_view>
#include <tuple>

#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/socket_pair.h"

namespace kit {
namespace {

// Returns the mask of before.
sigset_t prepare_signals() {
  // Who started us may ignore SIGCHLD, and that is inherited. The kernel would
  // then reap our children, and forget their status.
  ::signal(SIGCHLD, SIG_DFL);
  const sigset_t set = signals_to_pass_on();
  sigset_t before;
  check(::sigprocmask(SIG_BLOCK, &set, &before), "block signals");
  return before;
}

// False if the child cannot be signalled, by whatever means.
bool send(pid_t pid, int pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) == 0) {
    return true;
  }
  if (errno == ESRCH) return true;  // It has just ended: nobody is to be told.
  // Nobody has reaped the child, so its number is still its own.
  return ::kill(pid, signal) == 0;
}

int reap(int pidfd) {
  siginfo_t info{};
  check(::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED),
        "wait for the child");
  const bool exited = info.si_code == CLD_EXITED;
  return exited ? info.si_status : 128 + info.si_status;
}

int milliseconds_until(std::chrono::steady_clock::time_point when) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(
      when - std::chrono::steady_clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace

sigset_t signals_to_pass_on() {
  sigset_t set;
  ::sigfillset(&set);
  for (const int not_passed_on :
       {SIGKILL, SIGSTOP, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS,
        SIGPIPE, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU}) {
    ::sigdelset(&set, not_passed_on);
  }
  return set;
}

Child::~Child() {
  if (!pidfd_) return;
  if (!send(pid_, pidfd_.get(), SIGKILL)) return;
  siginfo_t info{};
  (void)::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info, WEXITED);
}

int Child::wait(const WaitOptions& options) {
  using std::chrono::steady_clock;
  const sigset_t set = signals_to_pass_on();
  const UniqueFd signals{
      check(::signalfd(-1, &set, SFD_CLOEXEC), "make a signalfd")};
  pollfd events[] = {{pidfd_.get(), POLLIN, 0}, {signals.get(), POLLIN, 0}};
  std::optional<steady_clock::time_point> too_late;  // For the child to end.
  while (events[0].revents == 0) {
    const int limit = too_late ? milliseconds_until(*too_late) : -1;
    if (check(::poll(events, 2, limit), "wait for the child") == 0) {
      too_late.reset();
      (void)send(pid_, pidfd_.get(), SIGKILL);
    }
    if (events[1].revents == 0) continue;

    signalfd_siginfo info{};
    check(::read(signals.get(), &info, sizeof info), "read a signal");
    const int signal = static_cast<int>(info.ssi_signo);
    const bool by_terminal =
        info.ssi_code == SI_KERNEL &&
        (signal == SIGINT || signal == SIGQUIT || signal == SIGWINCH);
    if (by_terminal && !options.to_other_session) continue;
    (void)send(pid_, pidfd_.get(), signal);
    if (signal == SIGTERM && options.patience && !too_late) {
      too_late = steady_clock::now() + *options.patience;
    }
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

clone_args ordinary_child() {
  clone_args args{};
  args.flags = CLONE_PIDFD;
  args.exit_signal = SIGCHLD;
  return args;
}

Child spawn(clone_args args, const std::function<int()>& body) {
  static const sigset_t before = prepare_signals();

  if (args.flags == 0) args = ordinary_child();
  // Whoever assigns flags, where others are already, loses those.
  if ((args.flags & CLONE_PIDFD) == 0 || args.exit_signal != SIGCHLD) {
    fail("start a child: args.flags has lost CLONE_PIDFD, which was in it");
  }
  int pidfd = -1;
  args.pidfd = reinterpret_cast<__u64>(&pidfd);
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

void Ready::operator()() {
  const auto sent = ::send(parent_.get(), "", 1, MSG_NOSIGNAL);
  // A parent that has just ended is what a keeper is there for.
  if (sent == -1 && errno != EPIPE) check(sent, "say that it is ready");
  parent_.reset();
}

Helper start_helper(const std::function<int(Ready&)>& body) {
  UniqueFd ours;
  UniqueFd theirs;
  std::tie(ours, theirs) = make_socket_pair();
  Child child = spawn({}, [&] {
    ours.reset();
    Ready ready(std::move(theirs));
    try {
      return body(ready);
    } catch (const std::exception& error) {
      const std::string_view text = error.what();
      (void)::send(ready.fd(), text.data(), text.size(), MSG_NOSIGNAL);
      return kFailed;
    }
  });
  return {std::move(ours), std::move(child)};
}

void wait_until_ready(Helper& helper) {
  char text[512];
  const auto size = check(::recv(helper.news.get(), text, sizeof text, 0),
                          "wait for a helper");
  if (size == 0) fail("a helper process has ended before it was ready");
  if (text[0] != '\0') {
    throw std::runtime_error(std::string(text, static_cast<std::size_t>(size)));
  }
  helper.news.reset();
}

Child spawn_helper(const std::function<int(Ready&)>& body) {
  Helper helper = start_helper(body);
  wait_until_ready(helper);
  return std::move(helper.process);
}

}  // namespace kit
