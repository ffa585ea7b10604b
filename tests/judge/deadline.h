// Everything that the judge waits for has a limit, and says so when it is over.
//
// The machine may be emulated, on a host that is busy with other things: it
// then stands still for moments, and time goes by all the same. So a limit is
// over only when its time has passed and the processors had nothing to do for
// most of it: who has not come by then sleeps, and will not come. For what
// keeps a processor busy, there is a longer limit.

#pragma once

#include <chrono>

namespace judge {

// Far more than a correct program needs, even where the machine is emulated.
inline constexpr std::chrono::seconds kPatience{10};

// For a program that computes instead of sleeping.
inline constexpr std::chrono::seconds kLongestPatience{30};

// Until it is told the opposite, every limit is over: the running case cannot
// be judged any more, and what it still asks is not worth any time.
void stop_waiting(bool stop);

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds patience = kPatience,
                    std::chrono::milliseconds longest = kLongestPatience);

  // How long to wait before asking again; 0 if the limit is over.
  [[nodiscard]] int milliseconds_left() const;
  [[nodiscard]] bool passed() const { return milliseconds_left() == 0; }

 private:
  using Clock = std::chrono::steady_clock;

  std::chrono::milliseconds patience_, longest_;
  Clock::time_point begin_;
  std::chrono::milliseconds idle_before_;
};

}  // namespace judge
