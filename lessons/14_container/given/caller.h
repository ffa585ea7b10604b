// Given: what a container does not take over from whoever has started it.

#pragma once

#include <sys/types.h>

#include <array>
#include <optional>

#include "lessons/14_container/container.h"

namespace container {

// In the program, before it starts the init, which inherits these. They are the
// same for each container, whoever has started it:
//
//   signal dispositions        the default ones; none is ignored
//   nice value, scheduling     0, SCHED_OTHER
//   oom_score_adj              0
//   personality                0 (PER_LINUX)
//   core dumps                 none: RLIMIT_CORE
//
// The other resource limits (getrlimit(2)) are those of the caller, as are the
// processors it may use; the cgroup has the container's own. Not in the init:
// in a user namespace, it may not change all of them. Throws SystemError.
void reset_inherited();

// In the program, first of all: none of the standard streams, which the command
// gets as they are, is an open directory. Throws std::runtime_error,
// SystemError.
void refuse_directories();

// In the init: a session and a session keyring of its own, the umask 022; and
// the words and the environment of the program are forgotten.
//
// argv: main()'s. Throws SystemError.
void leave_the_caller(char** argv);

// In the command: no signal is blocked any more. Throws SystemError.
void unblock_signals();

// In the program, as long as the container runs: pipes among its standard
// streams belong to the command's user, so that it may open them once more, by
// /dev/stdout. Afterwards, they belong to whom they belonged before.
//
// The container's terminal is the user's anyway. A file is not lent: its owner
// could open it for more than it was given for, and the caller would find it
// changed.
class LentStreams {
 public:
  explicit LentStreams(const Settings& settings);
  ~LentStreams();
  LentStreams(const LentStreams&) = delete;
  LentStreams& operator=(const LentStreams&) = delete;

 private:
  std::array<std::optional<uid_t>, 3> owners_;
};

}  // namespace container
