// The launcher's own terminal, and the signals that come from it.

#pragma once

#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <csignal>

#include "lessons/kit/unique_fd.h"

namespace lab {

// Whether the launcher talks to a person: standard input and output are
// terminals.
bool on_terminal();

// The size of the terminal; 24 by 80 if there is none.
winsize terminal_size();

// Keys go to the guest as they are pressed, until this object goes.
class RawTerminal {
 public:
  explicit RawTerminal(bool wanted);
  ~RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;

 private:
  bool active_;
  termios before_{};
};

// SIGINT, SIGTERM, SIGHUP and SIGWINCH as events, until this object goes.
class SignalEvents {
 public:
  SignalEvents();
  ~SignalEvents();
  SignalEvents(const SignalEvents&) = delete;
  SignalEvents& operator=(const SignalEvents&) = delete;

  [[nodiscard]] int fd() const { return fd_.get(); }

  // Returns the next signal, 0 if there is none.
  [[nodiscard]] int next() const;

 private:
  sigset_t mask_{};
  sigset_t before_{};
  kit::UniqueFd fd_;
};

}  // namespace lab
