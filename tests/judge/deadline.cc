#include "tests/judge/deadline.h"

#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <sstream>
#include <string>
#include <vector>

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

// The kernel's own threads make this many in an idle guest, at most, in each
// piece of time: ten have been seen.
constexpr auto kPiece = milliseconds{100};
constexpr long long kSwitchesOfTheKernel = 15;
constexpr auto kBusyOfTheKernel = milliseconds{10};

milliseconds to_time(const timeval& time) {
  return std::chrono::duration_cast<milliseconds>(
      std::chrono::seconds{time.tv_sec} +
      std::chrono::microseconds{time.tv_usec});
}

// The numbers that follow `name` in a line of /proc/stat: proc_stat(5).
std::vector<long long> numbers_after(const std::string& stat,
                                     const std::string& name) {
  const auto begin = stat.find(name + " ");
  if (begin == stat.npos) return {};
  std::istringstream line(stat.substr(begin + name.size()));
  return {std::istream_iterator<long long>(line), {}};
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

Deadline::Activity Deadline::activity_now() {
  const auto stat = read_file(guest().proc(), "stat").value_or("");
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);

  Activity activity{.at = Clock::now()};
  const auto switches = numbers_after(stat, "ctxt");
  // One to the judge, and one away from it.
  activity.switches =
      (switches.empty() ? 0 : switches[0]) - 2 * (own.ru_nvcsw + own.ru_nivcsw);
  auto processors = numbers_after(stat, "cpu");  // In hundredths of a second.
  processors.resize(8);
  constexpr std::size_t kIdle = 3, kWaitingForDisk = 4;
  processors[kIdle] = processors[kWaitingForDisk] = 0;
  const auto busy = std::accumulate(processors.begin(), processors.end(), 0LL);
  activity.busy =
      milliseconds{10 * busy} - to_time(own.ru_utime) - to_time(own.ru_stime);
  return activity;
}

void Deadline::look_who_runs() const {
  if (!last_look_) {
    last_look_ = activity_now();
    return;
  }
  if (Clock::now() - last_look_->at < kPiece) return;
  const auto now = activity_now();
  const auto time = std::chrono::floor<milliseconds>(now.at - last_look_->at);
  const auto pieces = time / kPiece + 1;
  const bool runs =
      now.switches - last_look_->switches > pieces * kSwitchesOfTheKernel ||
      now.busy - last_look_->busy > pieces * kBusyOfTheKernel;
  // Not 0: even in an idle guest, the kernel has more to do now and then.
  silent_ = runs ? silent_ / 2 : silent_ + time;
  last_look_ = now;
}

int Deadline::milliseconds_left() const {
  if (all_over) return 0;
  const auto time = std::chrono::floor<milliseconds>(Clock::now() - begin_);
  const auto left = longest_ - time;
  // Nearly all waits end soon. Who runs is of interest for the others.
  const auto soon = patience_ / 10;
  if (time >= soon) look_who_runs();
  if (left <= milliseconds{0} || silent_ >= patience_ * 3 / 4) return 0;
  return static_cast<int>(
      std::min(left, time < soon ? soon - time : kPiece).count());
}

}  // namespace judge
