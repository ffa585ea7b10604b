// Everything that the judge waits for has a limit, and says so when it is over.
//
// The guest may be emulated, on a host that is busy with other things: whatever
// is to happen in it happens late, and the processors seem to have nothing to
// do until then. So a limit is over only when nobody has been running for most
// of its time: who has not come by then sleeps, and will not come. For who runs
// all the time, be it for moments, there is a longer limit.
//
// Who has let the judge wait in vain several times is wrong already, and gets
// less patience: otherwise a program that always hangs would use up the time
// for the whole run, and there would be no verdict.

#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace judge {

// Of this, three quarters must be time in which nobody runs. A correct program
// sleeps for some milliseconds at a time.
inline constexpr std::chrono::seconds kPatience{4};

// For a program that computes, or looks again and again, instead of sleeping:
// far more than a correct one needs, even where the guest is emulated.
inline constexpr std::chrono::seconds kLongestPatience{20};

// After this many limits that were over, one lasts a sixth of the time, and
// after twice as many a thirtieth.
inline constexpr int kManyInVain = 2;
inline constexpr int kLessPatience = 6;
inline constexpr int kLeastPatience = 30;

// Until it is told the opposite, every limit is over: the running case cannot
// be judged any more, and what it still asks is not worth any time.
void stop_waiting(bool stop);

class Deadline {
 public:
  Deadline();
  explicit Deadline(std::chrono::milliseconds patience,
                    std::chrono::milliseconds longest = kLongestPatience);

  // How long to wait, at most, before asking again; 0 if the limit is over.
  [[nodiscard]] int milliseconds_left() const;

  // If so, it has been in vain: the default ones after it may be shorter.
  [[nodiscard]] bool passed();

  // How long it has lasted until now: "10 s".
  [[nodiscard]] std::string text() const;

 private:
  using Clock = std::chrono::steady_clock;

  // What has happened in the guest since its start, without the judge's part.
  struct Activity {
    Clock::time_point at;
    long long switches = 0;            // From one process to another.
    std::chrono::milliseconds busy{};  // The processors' time, added up.
  };
  static Activity activity_now();
  void look_who_runs() const;

  std::chrono::milliseconds patience_, longest_;
  Clock::time_point begin_;
  mutable std::optional<Activity> last_look_;
  mutable std::chrono::milliseconds silent_{};  // How long nobody has run.
  bool counts_ = false;  // As one in vain, when it is over.
};

}  // namespace judge
