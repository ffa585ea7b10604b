#include "vm/launcher/terminal.h"

#include <sys/signalfd.h>

#include "lessons/kit/check.h"

namespace lab {

using kit::check;

bool on_terminal() {
  return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

winsize terminal_size() {
  winsize size{24, 80, 0, 0};
  (void)::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
  return size;
}

RawTerminal::RawTerminal(bool wanted) : active_(wanted) {
  if (!active_) return;
  check(::tcgetattr(STDIN_FILENO, &before_), "read the terminal's mode");
  termios raw = before_;
  ::cfmakeraw(&raw);
  check(::tcsetattr(STDIN_FILENO, TCSADRAIN, &raw), "set the terminal's mode");
}

RawTerminal::~RawTerminal() {
  if (active_) (void)::tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
}

SignalEvents::SignalEvents() {
  ::sigemptyset(&mask_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH})
    ::sigaddset(&mask_, signal);
  check(::sigprocmask(SIG_BLOCK, &mask_, &before_), "block signals");
  fd_.reset(check(::signalfd(-1, &mask_, SFD_CLOEXEC | SFD_NONBLOCK),
                  "watch signals"));
}

SignalEvents::~SignalEvents() {
  (void)::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int SignalEvents::next() const {
  signalfd_siginfo info;
  return ::read(fd_.get(), &info, sizeof info) > 0
             ? static_cast<int>(info.ssi_signo)
             : 0;
}

}  // namespace lab
