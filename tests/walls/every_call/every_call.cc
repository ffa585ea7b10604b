// Every system call of a container's set-up fails once, always, and from the
// beginning. Then there is no container, and one line says why; or there is one
// with all of its walls, for the call was not needed. Nothing is left of it,
// and nobody waits for ever.

#include <fmt/format.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

#include "tests/walls/attempt.h"
#include "tests/walls/walk.h"

namespace {

using judge::exited;
using walls::Mode;

struct Named {
  int number;
  const char* name;
};

#define CALL(name) \
  { SYS_##name, #name }

// What 14_container and its libraries call from main() on. Not among them: what
// execve() and the C library's start need; connect(2), which only the probe
// calls; and close(2), for a descriptor that is there is closed always.
constexpr Named kCalls[] = {
    CALL(read),           CALL(write),
    CALL(fstat),          CALL(newfstatat),
    CALL(lseek),          CALL(poll),
    CALL(ppoll),          CALL(rt_sigaction),
    CALL(rt_sigprocmask), CALL(rt_sigtimedwait),
    CALL(signalfd4),      CALL(ioctl),
    CALL(pread64),        CALL(access),
    CALL(faccessat),      CALL(faccessat2),
    CALL(dup2),           CALL(dup3),
    CALL(socket),         CALL(accept4),
    CALL(listen),         CALL(bind),
    CALL(sendto),         CALL(recvfrom),
    CALL(sendmsg),        CALL(recvmsg),
    CALL(setsockopt),     CALL(socketpair),
    CALL(shutdown),       CALL(pipe2),
    CALL(fcntl),          CALL(flock),
    CALL(getcwd),         CALL(chdir),
    CALL(fchdir),         CALL(mkdir),
    CALL(mkdirat),        CALL(mknodat),
    CALL(rmdir),          CALL(unlink),
    CALL(unlinkat),       CALL(renameat),
    CALL(symlink),        CALL(symlinkat),
    CALL(readlink),       CALL(readlinkat),
    CALL(chmod),          CALL(fchmod),
    CALL(fchmodat),       CALL(chown),
    CALL(fchown),         CALL(fchownat),
    CALL(umask),          CALL(utimensat),
    CALL(fgetxattr),      CALL(fsetxattr),
    CALL(statfs),         CALL(memfd_create),
    CALL(sendfile),       CALL(execveat),
    CALL(openat),         CALL(openat2),
    CALL(open_tree),      CALL(move_mount),
    CALL(mount_setattr),  CALL(mount),
    CALL(umount2),        CALL(pivot_root),
    CALL(chroot),         CALL(unshare),
    CALL(setns),          CALL(clone3),
    CALL(pidfd_open),     CALL(pidfd_send_signal),
    CALL(kill),           CALL(wait4),
    CALL(waitid),         CALL(close_range),
    CALL(prctl),          CALL(capget),
    CALL(capset),         CALL(setsid),
    CALL(setgroups),      CALL(setresgid),
    CALL(setresuid),      CALL(sethostname),
    CALL(setdomainname),  CALL(setrlimit),
    CALL(prlimit64),      CALL(keyctl),
    CALL(seccomp),        CALL(getrandom),
    CALL(sysinfo),        CALL(sched_getaffinity),
    CALL(getppid),        CALL(getdents64),
};
#undef CALL

// What is wrong with the way a program has ended whose command did not run, or
// that could not clean up. 126 and 127: the command could not be started.
std::string complaint(const judge::Ending& ending, const judge::Box& box,
                      int most_lines) {
  const auto& errors = box.errors();
  const auto lines = std::count(errors.begin(), errors.end(), '\n');
  if (lines > most_lines) {
    return fmt::format("says {} lines: {}", lines, errors);
  }
  const bool is_told =
      ending.signal == 0 && 125 <= ending.status && ending.status <= 127;
  if (is_told) return "";
  return fmt::format("ends with {}, signal {}: {}", ending.status,
                     ending.signal, errors);
}

// What makes a call fail is a filter, too.
constexpr int kOtherFilters = 1;

struct Outcome {
  std::string complaint;
  bool is_told = false;  // The program has said that something went wrong.
};

// Looks at a container whose command runs, and ends it.
Outcome outcome(const judge::Box& box, const Mode& mode, int most_lines) {
  constexpr int kStatus = 7;
  const auto found = walls::text_of(walls::walk(box, mode, kOtherFilters));
  const auto ending = box.end(kStatus);
  // If it ended by itself, during the walk, that is what has been found.
  if (ending != exited(kStatus))
    return {complaint(ending, box, most_lines), true};
  if (!box.errors().empty()) return {"says: " + box.errors(), true};
  if (found.empty()) return {};
  return {"runs, with " + found};
}

Outcome run(const judge::FailingCall& failing, const Mode& mode,
            judge::Circumstances circumstances = {}) {
  // Two processes cannot do their work without these, and each says so: the
  // program and the init wait by poll(2); the command looks by pread(2) at what
  // it is to run, and the program at whether its cgroup is empty.
  const int number = failing.call.number;
  const int most_lines = number == SYS_poll || number == SYS_pread64 ? 2 : 1;
  circumstances.failing_calls = {failing};
  try {
    const auto box = walls::start(mode.options(""), circumstances);
    try {
      (void)box.command();
    } catch (const judge::Failed&) {
      return {complaint(box.wait(), box, most_lines), true};
    }
    return outcome(box, mode, most_lines);
  } catch (const judge::Failed& failed) {
    return {fmt::format("hangs: {}", failed.what())};
  }
}

// Everything that is not as it should be, a line each.
std::string complaints(const Mode& mode, int error) {
  std::string all;
  (void)run({{-1}, error}, mode);  // Makes what the kit keeps: its folder.
  for (const auto& [number, name] : kCalls) {
    const auto before = judge::Host::now();
    const auto [complaint, is_told] = run({{number}, error}, mode);
    const auto left = judge::Host::settled(before).changes_since(before);
    if (!complaint.empty()) all += fmt::format("{}: {}\n", name, complaint);
    // What cannot be removed, because of that very call, is to be told.
    if (!left.empty() && !is_told) {
      all += fmt::format("{}: leaves, without a word: {}\n", name, left);
    }
    if (left.empty()) continue;
    judge::guest().restore();
    judge::guest().prepare();
  }
  return all;
}

const Mode kDefault = {};
const Mode kBridge = {.network = "bridge"};

}  // namespace

TEST_CASE("17  held      every call fails with EPERM") {
  CHECK(complaints(kDefault, EPERM) == "");
}
TEST_CASE("17  held      ... with ENOMEM") {
  CHECK(complaints(kDefault, ENOMEM) == "");
}
TEST_CASE("17  held      ... with EPERM, on the bridge") {
  CHECK(complaints(kBridge, EPERM) == "");
}
TEST_CASE("17  held      ... with ENOMEM, on the bridge") {
  CHECK(complaints(kBridge, ENOMEM) == "");
}
TEST_CASE("17  control   a container without a wall is found out") {
  const auto [complaint, is_told] =
      run({{-1}, EPERM}, kDefault, walls::without("init_unconfined"));
  CHECK_THAT(complaint, judge::contains("process 1: CapEff: 000001ff"));
  CHECK_FALSE(is_told);
}
