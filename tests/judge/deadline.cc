#include "tests/judge/deadline.h"

#include <algorithm>
#include <string>

#include "tests/judge/guest.h"
#include "tests/judge/kernel.h"

namespace judge {
namespace {

using std::chrono::milliseconds;

bool all_over = false;
int in_vain = 0;

int divisor() {
  if (in_vain < kManyInVain) return 1;
  return in_vain < 2 * kManyInVain ? kLessPatience : kLeastPatience;
}

// How long every processor has had nothing to do since the guest's start: the
// time of the one with the least. proc_stat(5): the fourth number of its line,
// in hundredths of a second.
milliseconds idle_time() {
  auto least = milliseconds::max();
  const auto stat = read_file(guest().proc(), "stat").value_or("");
  for (const auto& line : split(stat, '\n')) {
    const auto fields = split(line, ' ');
    const bool one =
        fields.size() > 4 && fields[0].starts_with("cpu") && fields[0] != "cpu";
    if (one) least = std::min(least, milliseconds{10 * std::stoll(fields[4])});
  }
  return least;
}

}  // namespace

void stop_waiting(bool stop) { all_over = stop; }

Deadline::Deadline()
    : Deadline(milliseconds{kPatience} / divisor(),
               milliseconds{kLongestPatience} / divisor()) {
  counts_ = true;
}

Deadline::Deadline(milliseconds patience, milliseconds longest)
    : patience_(patience), longest_(longest), begin_(Clock::now()) {}

std::string Deadline::text() const {
  const auto time =
      std::chrono::round<std::chrono::seconds>(Clock::now() - begin_);
  return std::to_string(time.count()) + " s";
}

bool Deadline::passed() {
  if (milliseconds_left() > 0) return false;
  if (counts_ && !all_over) ++in_vain;
  counts_ = false;
  return true;
}

int Deadline::milliseconds_left() const {
  if (all_over) return 0;
  const auto time = std::chrono::floor<milliseconds>(Clock::now() - begin_);
  const auto until = [time](milliseconds later) {
    return static_cast<int>((later - time).count());
  };
  // Nearly all waits end soon. The processors are looked at for the others.
  const auto soon = patience_ / 10;
  if (time < soon) return until(soon);
  if (!idle_before_) idle_before_ = idle_time();
  if (time < patience_) return until(patience_);
  if (time >= longest_) return 0;

  // Waiting itself costs some time of the processors, so not all of it counts.
  const auto missing = patience_ * 3 / 4 - (idle_time() - *idle_before_);
  if (missing <= milliseconds{0}) return 0;
  const auto left = std::min(missing, longest_ - time);
  return static_cast<int>(std::max(left, milliseconds{1}).count());
}

}  // namespace judge
