#include "lessons/14_container/given/terminal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <tuple>

#include "lessons/kit/check.h"
#include "lessons/kit/descriptors.h"
#include "lessons/kit/socket_pair.h"

using kit::check;
using kit::UniqueFd;

namespace container {
namespace {

// ---- A descriptor as a message: unix(7), SCM_RIGHTS -------------------------

struct Parcel {
  char byte = 0;
  iovec content{&byte, 1};
  alignas(cmsghdr) char space[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};

  Parcel() {
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = space;
    message.msg_controllen = sizeof space;
  }
};

void send_descriptor(int socket, int fd) {
  Parcel parcel;
  cmsghdr* header = CMSG_FIRSTHDR(&parcel.message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  check(::sendmsg(socket, &parcel.message, MSG_NOSIGNAL),
        "hand the terminal over");
}

// Nothing if the other side has ended.
UniqueFd receive_descriptor(int socket) {
  Parcel parcel;
  const auto size = check(::recvmsg(socket, &parcel.message, MSG_CMSG_CLOEXEC),
                          "wait for the container's terminal");
  const cmsghdr* header = CMSG_FIRSTHDR(&parcel.message);
  if (size == 0 || header == nullptr) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return UniqueFd{fd};
}

// ---- The relay --------------------------------------------------------------

// One direction: what has been read and is not yet written.
class Flow {
 public:
  Flow(int from, int to) : from_(from), to_(to) {}

  // What to wait for.
  pollfd wish() const {
    if (size_ > 0) return {to_, POLLOUT, 0};
    return {from_, POLLIN, 0};
  }
  bool is_empty() const { return size_ == 0; }

  // Moves what can be moved at once. False at the end of either side.
  bool move() {
    if (size_ == 0) {
      const ssize_t got = ::read(from_, buffer_, sizeof buffer_);
      if (got == -1 && (errno == EAGAIN || errno == EINTR)) return true;
      if (got <= 0) return false;
      begin_ = 0;
      size_ = static_cast<std::size_t>(got);
    }
    const ssize_t put = ::write(to_, buffer_ + begin_, size_);
    if (put == -1) return errno == EAGAIN || errno == EINTR;
    begin_ += static_cast<std::size_t>(put);
    size_ -= static_cast<std::size_t>(put);
    return true;
  }

 private:
  int from_, to_;
  char buffer_[4096];
  std::size_t begin_ = 0, size_ = 0;
};

// The same file once more, so that it never makes us wait. That of the caller
// is to stay as it is: a shell has it, too.
int without_waiting(int fd, int flags) {
  const auto path = fmt::format("/proc/self/fd/{}", fd);
  const int again =
      ::open(path.c_str(), flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  return again == -1 ? fd : again;
}

// Nobody but the processes in the foreground may read from a terminal.
bool is_in_foreground(int terminal) {
  const pid_t group = ::tcgetpgrp(terminal);
  return group == -1 || group == ::getpgrp();
}

void make_raw(int terminal, const termios& before) {
  termios raw = before;
  ::cfmakeraw(&raw);
  check(::tcsetattr(terminal, TCSANOW, &raw), "make the terminal raw");
}

// Who: the relay. Lives until the container's terminal has no user any more, or
// the program has ended.
class Carrier {
 public:
  Carrier(const std::array<bool, 3>& streams, int master, int program,
          int last_words, const std::optional<termios>& before)
      : has_input_(streams[0]),
        master_(master),
        terminal_(streams[1]   ? 1
                  : streams[2] ? 2
                               : 0),
        program_(program),
        last_words_(last_words),
        before_(before),
        in_(without_waiting(STDIN_FILENO, O_RDONLY), master_),
        out_(master_, without_waiting(terminal_, O_WRONLY)) {
    // Not opened again: opening a ptmx makes a new terminal.
    check(::fcntl(master_, F_SETFL, O_NONBLOCK), "set O_NONBLOCK");
    sigset_t set;
    ::sigfillset(&set);
    // All others wait for ever: the end is not theirs to decide.
    check(::sigprocmask(SIG_SETMASK, &set, nullptr), "block signals");
    ::sigemptyset(&set);
    ::sigaddset(&set, SIGWINCH);
    ::sigaddset(&set, SIGCONT);
    signals_.reset(check(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
                         "make a signalfd"));
    come_to_foreground();
  }

  int run() {
    bool going_on = true;
    while (going_on) {
      pollfd events[] = {{program_, POLLIN, 0},
                         {signals_.get(), POLLIN, 0},
                         out_.wish(),
                         reads_ ? in_.wish() : pollfd{-1, 0, 0},
                         {has_ended_ ? -1 : last_words_, POLLIN, 0}};
      const bool in_vain = ::poll(events, 5, has_ended_ ? kPatience : -1) == 0;
      if (in_vain || events[0].revents != 0) break;
      if (events[1].revents != 0) take_signals();
      if (events[2].revents != 0) going_on = out_.move();
      if (events[3].revents != 0) reads_ = may_read() && in_.move();
      if (events[4].revents != 0) has_ended_ = true;
    }
    flush();
    if (is_raw_ && before_) (void)::tcsetattr(0, TCSANOW, &*before_);
    return 0;
  }

 private:
  bool may_read() const { return has_input_ && is_in_foreground(0); }

  void come_to_foreground() {
    reads_ = may_read();
    if (!reads_ || !before_) return;
    make_raw(STDIN_FILENO, *before_);
    is_raw_ = true;
  }

  void take_signals() {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) > 0) {
      if (info.ssi_signo == SIGCONT) come_to_foreground();
    }
    winsize size{};  // Those who use the terminal are told of it: SIGWINCH.
    if (::ioctl(terminal_, TIOCGWINSZ, &size) == 0) {
      (void)::ioctl(master_, TIOCSWINSZ, &size);
    }
  }

  // What is still in our hands.
  void flush() {
    while (!out_.is_empty()) {
      pollfd event = out_.wish();
      if (::poll(&event, 1, kPatience) <= 0 || !out_.move()) return;
    }
  }

  // When the container has ended, who reads nothing for so long, or has stopped
  // the terminal (Ctrl-S), gets no more. Milliseconds.
  static constexpr int kPatience = 1000;

  bool has_input_;
  int master_, terminal_, program_, last_words_;
  std::optional<termios> before_;
  Flow in_, out_;
  UniqueFd signals_;
  bool reads_ = false;
  bool is_raw_ = false;
  bool has_ended_ = false;  // The container.
};

}  // namespace

// ---- In the container -------------------------------------------------------

void open_terminal(const Terminal& terminal) {
  if (!terminal.is_wanted()) return;
  const UniqueFd master{check(
      ::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), "open /dev/ptmx")};
  check(::unlockpt(master.get()), "unlock the terminal");
  // Its path may lead to another one. This asks for no path: ioctl_tty(2).
  const UniqueFd slave{
      check(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC),
            "open the terminal")};
  check(::fchown(slave.get(), terminal.owner, static_cast<gid_t>(-1)),
        "give the terminal away");
  for (int fd = 0; fd < 3; ++fd) {
    if (!terminal.streams[static_cast<std::size_t>(fd)]) continue;
    termios settings{};
    winsize size{};
    if (::tcgetattr(fd, &settings) == 0) {
      // Where the caller's terminal stays as it is, it makes "\r\n" of "\n".
      if (!terminal.streams[0]) settings.c_oflag &= ~tcflag_t{OPOST};
      check(::tcsetattr(slave.get(), TCSANOW, &settings), "set the terminal");
    }
    if (::ioctl(fd, TIOCGWINSZ, &size) == 0) {
      check(::ioctl(slave.get(), TIOCSWINSZ, &size), "size the terminal");
    }
    check(::dup2(slave.get(), fd), "use the terminal");
  }
  send_descriptor(terminal.socket, master.get());
}

void begin_session() {
  check(::setsid(), "begin a session");
  for (int fd = 0; fd < 3; ++fd) {
    if (::isatty(fd) == 0) continue;
    check(::ioctl(fd, TIOCSCTTY, 0), "take the terminal");
    return;
  }
}

// ---- In the program ---------------------------------------------------------

std::array<bool, 3> terminals_among_streams() {
  return {::isatty(0) == 1, ::isatty(1) == 1, ::isatty(2) == 1};
}

TerminalRelay::TerminalRelay() : streams_(terminals_among_streams()) {
  if (!Terminal{streams_}.is_wanted()) return;
  std::tie(ours_, init_s_) = kit::make_socket_pair();
  termios now{};
  if (streams_[0] && ::tcgetattr(STDIN_FILENO, &now) == 0) before_ = now;
}

TerminalRelay::~TerminalRelay() {
  if (!process_) return;
  process_.reset();
  // It has done so itself, unless it was killed.
  if (before_ && is_in_foreground(STDIN_FILENO)) {
    (void)::tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
  }
}

Terminal TerminalRelay::for_init(uid_t owner) const {
  return {streams_, init_s_.get(), owner};
}

void TerminalRelay::begin() {
  if (!ours_) return;
  init_s_.reset();
  const UniqueFd master = receive_descriptor(ours_.get());
  if (!master) return;
  const UniqueFd program = kit::open_pidfd(::getpid());
  last_words_.reset(check(::eventfd(0, EFD_CLOEXEC), "make an eventfd"));
  process_.emplace(kit::spawn_helper([&](kit::Ready& ready) {
    check(::prctl(PR_SET_NAME, "terminal"), "name the relay");
    check(::chdir("/"), "leave the working directory");
    kit::keep_only(
        {0, 1, 2, master.get(), program.get(), last_words_.get(), ready.fd()});
    Carrier carrier(streams_, master.get(), program.get(), last_words_.get(),
                    before_);
    ready();
    return carrier.run();
  }));
}

void TerminalRelay::finish() {
  if (!process_) return;
  check(::eventfd_write(last_words_.get(), 1), "tell the relay of the end");
  (void)process_->wait();
}

}  // namespace container
