// Everything that the judge waits for has a limit, and says so when it is over.

#pragma once

#include <algorithm>
#include <chrono>

namespace judge {

// Far more than a correct program needs, even where the machine is emulated.
inline constexpr std::chrono::seconds kPatience{10};

class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds patience = kPatience)
      : end_(std::chrono::steady_clock::now() + patience) {}

  [[nodiscard]] int milliseconds_left() const {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end_ - std::chrono::steady_clock::now());
    return std::max(0, static_cast<int>(left.count()));
  }
  [[nodiscard]] bool passed() const { return milliseconds_left() == 0; }

 private:
  std::chrono::steady_clock::time_point end_;
};

}  // namespace judge
