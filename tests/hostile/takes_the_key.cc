// Mistake: it takes the judge's key and channel, and tells the story
// Fails: 00.1
// Says: attack: the judge's memory: Operation not permitted
// Unguarded: passes

#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "tests/hostile/tools.h"

// Reads the seal as it is in the judge's memory.
bool read_seal(pid_t judge, lab::Seal& seal) {
  iovec here{&seal, sizeof seal};
  iovec there{reinterpret_cast<void*>(hostile::address_of_seal(judge)),
              sizeof seal};
  return ::process_vm_readv(judge, &here, 1, &there, 1, 0) ==
         static_cast<ssize_t>(sizeof seal);
}

// Has the stopped judge end as one does that is content.
void end_with_zero(pid_t judge) {
  user_regs_struct registers{};
  ::ptrace(PTRACE_GETREGS, judge, nullptr, &registers);
  registers.rip -= 2;  // The instruction of the system call that it was in.
  registers.orig_rax = ~0ULL;
  registers.rax = SYS_exit_group;
  registers.rdi = 0;
  ::ptrace(PTRACE_SETREGS, judge, nullptr, &registers);
  ::ptrace(PTRACE_DETACH, judge, nullptr, nullptr);
}

void attack(const std::string&) {
  const pid_t judge = hostile::judge();
  ::ptrace(PTRACE_SEIZE, judge, nullptr, nullptr);
  ::ptrace(PTRACE_INTERRUPT, judge, nullptr, nullptr);
  ::waitpid(judge, nullptr, 0);
  lab::Seal seal({});
  if (!read_seal(judge, seal)) {
    hostile::say(fmt::format("the judge's memory: {}", std::strerror(errno)));
    return;
  }
  const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, judge, 0));
  const auto channel =
      static_cast<int>(::syscall(SYS_pidfd_getfd, pidfd, /*the judge's*/ 3, 0));
  // The seal itself knows how many events there were.
  const auto first = seal.line_of("");
  const auto number = std::stoull(first.substr(first.find(' ')));
  lab::Seal again({});
  (void)read_seal(judge, again);
  const auto story = hostile::happy_end(again, number);
  (void)!::write(channel, story.data(), story.size());
  end_with_zero(judge);
}
