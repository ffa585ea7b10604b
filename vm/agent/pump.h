// Moves bytes from one descriptor to another without ever blocking the agent.

#pragma once

#include <poll.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lessons/kit/unique_fd.h"

namespace lab {

// Holds at most one buffer: a side that does not read stops the side that
// writes, as a pipe would.
class Pump {
 public:
  // From the job to a port, or from a port to the job. The job's side is owned,
  // and closed when the stream ends; a port stays open. An empty `from` or `to`
  // makes a pump that does nothing.
  Pump(kit::UniqueFd from, int port);
  Pump(int port, kit::UniqueFd to);

  // Adds what to wait for to a poll set.
  void add_to(std::vector<pollfd>& fds) const;

  // Moves what can be moved now.
  void move();

  // Moves everything that is there, waiting for the port if need be.
  void drain();

  // Closes the job's side once this many bytes have been moved.
  void end_after(std::uint64_t bytes);

  [[nodiscard]] std::uint64_t moved() const { return moved_; }

 private:
  [[nodiscard]] bool open() const { return from_ >= 0 && to_ >= 0; }
  bool fill();
  bool empty();
  void close();

  kit::UniqueFd owned_;
  int from_ = -1;
  int to_ = -1;
  std::string buffer_;
  std::uint64_t moved_ = 0;
  std::optional<std::uint64_t> end_;
  bool discard_ = false;  // The job has closed its input: read on, drop it.
};

}  // namespace lab
