#include "vm/agent/pump.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

namespace lab {
namespace {

constexpr std::size_t kBufferSize = 64 * 1024;
constexpr std::size_t kMostOnItsWay = 512 * 1024;

void make_nonblocking(int fd) {
  if (fd < 0) return;
  (void)::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

}  // namespace

Pump::Pump(kit::UniqueFd from, int port)
    : owned_(std::move(from)), from_(owned_.get()), to_(port) {
  make_nonblocking(from_);
  make_nonblocking(to_);
}

Pump::Pump(int port, kit::UniqueFd to)
    : owned_(std::move(to)), from_(port), to_(owned_.get()) {
  make_nonblocking(from_);
  make_nonblocking(to_);
}

void Pump::add_to(std::vector<pollfd>& fds) const {
  if (!open()) return;
  if (buffer_.empty()) {
    fds.push_back({from_, POLLIN, 0});
  } else {
    fds.push_back({to_, POLLOUT, 0});
  }
}

// Reads into an empty buffer. Returns whether there is something to write.
bool Pump::fill() {
  if (!buffer_.empty()) return true;
  buffer_.resize(kBufferSize);
  const auto size = ::read(from_, buffer_.data(), buffer_.size());
  const int error = errno;
  buffer_.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  // A terminal whose last process has gone answers EIO: that is its end. A port
  // answers 0 while the launcher is away, and the job's pipe when it has
  // closed.
  if (size == 0 || (size == -1 && error != EAGAIN && error != EINTR)) {
    if (from_ == owned_.get()) close();
  }
  return !buffer_.empty();
}

// Writes the buffer. Returns whether it is empty now.
bool Pump::empty() {
  while (!buffer_.empty()) {
    const auto size = discard_ ? static_cast<ssize_t>(buffer_.size())
                               : ::write(to_, buffer_.data(), buffer_.size());
    if (size == -1 && errno == EPIPE) {
      discard_ = true;
      continue;
    }
    if (size <= 0) return false;
    moved_ += static_cast<std::uint64_t>(size);
    buffer_.erase(0, static_cast<std::size_t>(size));
  }
  if (end_ && moved_ >= *end_) close();
  return true;
}

void Pump::move() {
  // One buffer a turn, so that no stream starves the others.
  if (open() && fill()) (void)empty();
}

void Pump::drain() {
  // A process that lives on may write for ever. What the job itself has written
  // is no more than a pipe or a socket holds, and one buffer of ours.
  const auto enough = moved_ + kMostOnItsWay;
  while (open() && moved_ < enough && fill()) {
    if (empty()) continue;
    pollfd port{to_, POLLOUT, 0};
    (void)::poll(&port, 1, /*timeout=*/-1);
  }
}

void Pump::end_after(std::uint64_t bytes) {
  end_ = bytes;
  if (open() && moved_ >= bytes) close();
}

void Pump::close() {
  owned_.reset();
  from_ = to_ = -1;
}

}  // namespace lab
