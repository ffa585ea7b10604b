#include "lessons/14_container/given/caller.h"

#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "lessons/kit/check.h"
#include "lessons/kit/file.h"
#include "lessons/kit/own_program.h"

using kit::check;

namespace container {
namespace {

constexpr gid_t kSameGroup = static_cast<gid_t>(-1);  // chown(2)

// Keys of whoever has started us are not for the container: keyrings(7).
void make_keyring() {
  const auto made =
      ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, /*name=*/nullptr);
  const bool has_no_keys = made == -1 && errno == ENOSYS;  // This kernel.
  if (!has_no_keys) check(made, "make a session keyring");
}

void reset_signals() {
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    // Of SIGKILL, SIGSTOP and two that the C library keeps, there is no other.
    if (::signal(signal, SIG_DFL) == SIG_ERR && errno != EINVAL) {
      check(-1, "reset signal {}", signal);
    }
  }
}

void reset_scheduling() {
  const sched_param ordinary{};
  check(::sched_setscheduler(0, SCHED_OTHER, &ordinary), "be an ordinary one");
  check(::setpriority(PRIO_PROCESS, 0, 0), "set the nice value");
  kit::write_file("/proc/self/oom_score_adj", "0");
}

// A core file would be written in the container, or given to a program of the
// host's. That, a limit of 0 does not prevent, and 1 does: the kernel starts no
// helper then (fs/coredump.c; core(5) only says that limits are not enforced).
void forbid_core_dumps() {
  const rlimit no_core{1, 1};
  check(::setrlimit(RLIMIT_CORE, &no_core), "forbid core dumps");
}

// The host's number of a user of the container.
std::optional<uid_t> outside(const Settings& settings) {
  if (!settings.id_maps) return settings.user.uid;
  const uid_t user = settings.user.uid;
  for (const auto& [first, first_outside, count] : settings.id_maps->users) {
    if (user >= first && user - first < count) {
      return first_outside + (user - first);
    }
  }
  return {};
}

}  // namespace

void reset_inherited() {
  reset_signals();
  reset_scheduling();
  check(::personality(PER_LINUX), "set the personality");
  forbid_core_dumps();
}

void leave_the_caller(char** argv) {
  check(::setsid(), "begin a session");
  make_keyring();
  (void)::umask(022);
  kit::forget_words(argv);
}

void unblock_signals() {
  sigset_t none;
  ::sigemptyset(&none);
  check(::sigprocmask(SIG_SETMASK, &none, nullptr), "unblock signals");
}

void refuse_directories() {
  for (const auto& [fd, name] :
       {std::pair{0, "input"}, {1, "output"}, {2, "error"}}) {
    struct stat now {};
    check(::fstat(fd, &now), "look at stream {}", fd);
    if (!S_ISDIR(now.st_mode)) continue;
    kit::fail(
        "standard {} is a directory: \"..\" would lead out of the "
        "container from there",
        name);
  }
}

LentStreams::LentStreams(const Settings& settings) {
  const auto user = outside(settings);
  if (!user) return;
  for (int fd = 0; fd < 3; ++fd) {
    struct stat now {};
    check(::fstat(fd, &now), "look at stream {}", fd);
    if (!S_ISFIFO(now.st_mode) || now.st_uid == *user) continue;
    check(::fchown(fd, *user, kSameGroup), "lend stream {}", fd);
    owners_[static_cast<std::size_t>(fd)] = now.st_uid;
  }
}

LentStreams::~LentStreams() {
  // The last first: two streams may be one pipe.
  for (int fd = 2; fd >= 0; --fd) {
    const auto& owner = owners_[static_cast<std::size_t>(fd)];
    if (owner) (void)::fchown(fd, *owner, kSameGroup);
  }
}

}  // namespace container
