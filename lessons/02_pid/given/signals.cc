#include <cerrno>

#include "lessons/02_pid/pid.h"
#include "lessons/kit/check.h"
#include "lessons/kit/spawn.h"

namespace container {
namespace {

sigset_t signals_for_init() {
  sigset_t set = kit::signals_to_pass_on();
  ::sigaddset(&set, SIGCHLD);
  return set;
}

}  // namespace

sigset_t block_signals() {
  // A caller that ignores SIGCHLD has passed that on to us. The kernel would
  // then reap our children by itself, and their statuses would be lost.
  (void)::signal(SIGCHLD, SIG_DFL);

  const sigset_t set = signals_for_init();
  sigset_t before;
  kit::check(::sigprocmask(SIG_BLOCK, &set, &before), "block signals");
  return before;
}

int next_signal() {
  const sigset_t set = signals_for_init();
  for (;;) {
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&set, &info);
    // EINTR: we were stopped, and go on now.
    if (signal == -1 && errno == EINTR) continue;
    kit::check(signal, "wait for a signal");
    if (info.si_code != SI_KERNEL) return signal;
  }
}

}  // namespace container
