// The judged program as a process: started with care, listened to, ended.

#pragma once

#include <poll.h>
#include <sys/types.h>

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "lessons/kit/unique_fd.h"
#include "tests/judge/deadline.h"
#include "tests/judge/watch.h"

namespace judge {

// "SIGTERM", or "SIGRTMIN+3": real-time signals have no names of their own.
std::string signal_name(int signal);

// How a process ended.
struct Ending {
  int status = 0;  // Of exit(), or
  int signal = 0;  // the signal that ended it, or 0.

  auto operator<=>(const Ending&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Ending& ending);

// Ending::status, for comparisons: CHECK(box.end(42) == judge::exited(42)).
inline Ending exited(int status) { return {.status = status, .signal = 0}; }

// What the guest's judge cannot judge yet: the program stopped at `step`,
// which is not written.
class Waiting : public std::exception {
 public:
  explicit Waiting(std::string step) : step_(std::move(step)) {}
  [[nodiscard]] const std::string& step() const { return step_; }
  const char* what() const noexcept override { return step_.c_str(); }

 private:
  std::string step_;
};

// A case cannot go on: the text is for the learner.
class Failed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// How a program is started.
struct Circumstances {
  // Another program than the judged one: its path in the guest.
  std::string program;

  // A terminal that is its standard input, and its session's: pty(7). -1: none.
  int terminal = -1;

  // Does it stop and wait at an unwritten step, or end with 75?
  bool hold_at_todo = true;

  // Not as root, but as the guest's ordinary user?
  bool student = false;

  // The supplementary groups that it is in.
  std::vector<gid_t> groups;

  // Capabilities that it lacks, as root; and those that it has, as student:
  // CAP_SETUID and the like.
  std::vector<int> missing_capabilities;
  std::vector<int> students_capabilities;

  // Has its caller made all capabilities inheritable, and root's ambient?
  bool inherits_capabilities = false;

  // Does the kernel leave its capabilities alone when it becomes another user?
  // capabilities(7), SECBIT_NO_SETUID_FIXUP.
  bool no_setuid_fixup = false;

  // Descriptors that it finds open, as a careless caller leaves them: each is
  // the guest's root directory.
  std::vector<int> leaked_descriptors;

  // The path of a cgroup that the program finds at /sys/fs/cgroup instead of
  // the tree's root: as if the guest had no more than that.
  std::string cgroup_root;

  // System calls that it is held at: see Subject::watch().
  std::vector<Call> held_calls;

  // System calls that fail, in the program and in all that comes from it.
  std::vector<FailingCall> failing_calls;

  // Has its caller been careless: are signals ignored and blocked, and umask,
  // nice value, scheduling policy, oom_score_adj and personality unusual?
  bool careless_caller = false;

  // Further environment variables: "NAME=value".
  std::vector<std::string> variables;
};

// Runs the program with standard output and error as pipes, of which it keeps
// the first part and counts the rest. It runs in the guest's own mount
// namespace and in a cgroup of its own.
class Subject {
 public:
  Subject(const std::vector<std::string>& arguments,
          const Circumstances& circumstances);
  ~Subject();
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }

  // How it ended, once it has.
  [[nodiscard]] const std::optional<Ending>& ending() const { return ending_; }

  // The unwritten step at which it stopped: "06.3", or "". If several of its
  // processes stopped: the first that did.
  [[nodiscard]] std::string unwritten_step() const;

  // What it and its command have written so far.
  [[nodiscard]] const std::string& output() const { return output_.text; }
  [[nodiscard]] const std::string& errors() const { return errors_.text; }

  // Its command line, and what it wrote to standard error: for messages.
  [[nodiscard]] std::string account() const;

  // Waits, `milliseconds` at most, for anything: output, the end of the
  // program, or one of `others`, whose revents it sets.
  void wait(int milliseconds, std::vector<pollfd>& others);
  void wait(int milliseconds);

  // Waits for its end. Returns how it ended, or nothing if it has not by then.
  // Throws Waiting if it stops at an unwritten step instead.
  std::optional<Ending> wait_for_end(Deadline deadline = Deadline());

  void send_signal(int signal) const;

  // The watch of Circumstances::held_calls.
  [[nodiscard]] CallWatch& watch() { return watch_.value(); }

 private:
  struct Stream {
    kit::UniqueFd pipe;
    std::string text;
    long long size = 0;
  };
  void receive(Stream& stream);
  void notice_the_end();

  bool hold_at_todo_;
  std::vector<std::string> arguments_;
  pid_t pid_ = -1;
  kit::UniqueFd pidfd_;
  std::optional<CallWatch> watch_;
  Stream output_, errors_;
  std::optional<Ending> ending_;
};

// The account of the program that was started last in this case, or "".
std::string last_account();
void forget_last_account();

}  // namespace judge
