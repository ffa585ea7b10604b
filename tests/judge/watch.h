// Catches a program at the moments that matter. The kernel holds whoever opens
// or executes a watched file (fanotify(7)), or makes a watched system call
// (seccomp_unotify(2)), until the judge has answered.

#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lessons/kit/unique_fd.h"
#include "tests/judge/deadline.h"

namespace judge {

// Holds every process that opens or executes a file, just before it does.
class FileWatch {
 public:
  enum class For { kOpen, kExec };
  FileWatch(const std::string& path, For what);

  // For poll(2): readable when a process is held.
  [[nodiscard]] int descriptor() const { return group_.get(); }

  // Waits until a process is held. Throws Failed if none is, in time.
  void wait() const;

  // Calls `look` for each process that is held, then lets it go. When the watch
  // ends, all go on.
  void answer(const std::function<void(pid_t)>& look) const;

 private:
  kit::UniqueFd group_;
};

// Holds every process that opens a cgroup.procs or cgroup.threads file.
//
// While one of these exists, the judge itself must not open any file in the
// cgroup tree: it would wait for itself.
class CgroupWatch {
 public:
  CgroupWatch();

  [[nodiscard]] int descriptor() const { return group_.get(); }

  // Takes note of who is held now.
  void receive();

  // Lets the one that is held go on, if its time is over.
  void release_if_due();
  void release();

  // How long poll(2) may wait, at most, before release_if_due().
  [[nodiscard]] int milliseconds_left() const;

 private:
  kit::UniqueFd group_;
  kit::UniqueFd held_;  // The file that a process waits to open, or none.
  Deadline end_{std::chrono::milliseconds{0}};
};

// A system call by its number and, if it is of many uses, one of its arguments:
// the first, unless `index` says which.
struct Call {
  static constexpr int kEvery = -2;  // As its number: every system call.

  int number = -1;
  std::optional<unsigned> argument = std::nullopt;
  unsigned index = 0;
};

// A call that does nothing but fail.
struct FailingCall {
  Call call;
  int error = 0;  // EPERM, ... With 0 it does nothing either, and returns 0.
};

// In the process that is to be the program, as root: from now on these calls
// fail, in it and in all of its children.
void make_fail(const std::vector<FailingCall>& calls);

// A system call that a process is held at.
struct HeldCall {
  pid_t pid = 0;
  int number = -1;
  std::array<std::uint64_t, 6> arguments{};
};

// Holds every process of a program just before it makes one of some system
// calls.
class CallWatch {
 public:
  explicit CallWatch(std::vector<Call> calls);

  // In the process that is to be the program, as root: begins.
  void begin() const;

  // In the judge, after that: takes over.
  void take_over();

  // For poll(2): readable when a process is held.
  [[nodiscard]] int descriptor() const { return listener_.get(); }

  // Takes note of a process that is held, and returns it. 0 if there is none.
  [[nodiscard]] pid_t receive();

  // The same, and says what it is held at.
  [[nodiscard]] std::optional<HeldCall> receive_call();

  // Lets that one make its call.
  void release() const;

  // Lets it go on without: its call has returned `result`, 0 or more.
  void answer(std::int64_t result) const;

  // Lets it go on without: its call has failed, with this error.
  void refuse(int error) const;

 private:
  std::vector<Call> calls_;
  kit::UniqueFd sender_, receiver_;  // For the listener, from there to here.
  kit::UniqueFd listener_;
  std::uint64_t held_ = 0;
};

}  // namespace judge
