// The owner of a file descriptor: it is closed when the owner goes.

#pragma once

#include <unistd.h>

#include <utility>

namespace kit {

// Owns one descriptor, or none (-1). Can be moved, not copied.
//
// Open descriptors with O_CLOEXEC: a container must not inherit them.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) reset(other.release());
    return *this;
  }
  ~UniqueFd() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ != -1; }

  // Gives the descriptor away: closing it is the caller's work now.
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

  // Closes the descriptor, and owns `fd` from now on.
  //
  // What close() returns is ignored: Linux frees the number in any case, and
  // trying again could close a descriptor that somebody else has just got.
  void reset(int fd = -1) {
    if (fd_ != -1) (void)::close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace kit
