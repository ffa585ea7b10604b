// Given: a terminal of the container's own.
//
// Who has a terminal open can do more than read and write: its keys can be
// typed (TIOCSTI), and what is typed then is carried out by the caller's shell.
// So where standard input, output or error is the caller's terminal, the
// container gets another one in its place, a pseudo-terminal of its own
// /dev/pts: pty(7).
//
//   the caller's terminal <-- the relay --> ptmx | pts/0 <-- the container
//
// What is no terminal, a pipe or a file, is passed on as it is.

#pragma once

#include <sys/types.h>
#include <termios.h>

#include <array>
#include <optional>

#include "lessons/kit/spawn.h"
#include "lessons/kit/unique_fd.h"

namespace container {

// What the init has to know of it.
struct Terminal {
  std::array<bool, 3> streams{};  // Which of 0, 1, 2 it is to stand for.
  int socket = -1;                // Where its other end, ptmx, is to be sent.
  uid_t owner = 0;                // Who may open it again in the container.

  bool is_wanted() const { return streams[0] || streams[1] || streams[2]; }
};

// Which of this process's standard streams are terminals.
std::array<bool, 3> terminals_among_streams();

// In the init, with the container's /dev/pts in place: makes the terminal,
// sends its other end away, and puts it in the place of the streams. It has the
// size and the settings of the caller's. Does nothing if none is wanted.
//
// Throws SystemError.
void open_terminal(const Terminal& terminal);

// In the command: begins a session, whose terminal is that of its streams, if
// one of them is a terminal. Throws SystemError.
void begin_session();

// In the program: carries what is typed and printed between the caller's
// terminal and the container's, by a process of its own.
//
// Meanwhile the caller's terminal is "raw": it sends each key as it is typed,
// Ctrl-C too, for the container's terminal gives it its meaning. Afterwards it
// is as it was, also if the program is killed.
class TerminalRelay {
 public:
  TerminalRelay();
  ~TerminalRelay();
  TerminalRelay(const TerminalRelay&) = delete;
  TerminalRelay& operator=(const TerminalRelay&) = delete;

  // For the init of a container whose command runs as the user `owner`.
  Terminal for_init(uid_t owner) const;

  // When the init goes on: waits until it has made the terminal, then begins.
  // Returns, too, if the init ends instead. Throws SystemError.
  void begin();

  // When the container has ended: waits until all that it has printed is there,
  // or nobody has read any of it for a second.
  void finish();

 private:
  std::array<bool, 3> streams_{};
  kit::UniqueFd ours_, init_s_;  // The two ends of the socket.
  kit::UniqueFd last_words_;     // An eventfd: the container has ended.
  std::optional<termios> before_;
  std::optional<kit::Child> process_;
};

}  // namespace container
