#include "vm/launcher/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "vm/launcher/job.h"

namespace lab {
namespace {

using Seconds = std::chrono::duration<double>;

double time_to_first_byte(const std::function<Guest(Disks)>& start) {
  const auto before = Clock::now();
  auto guest = start(make_disks());
  Job job;
  job.argv = {"/bin/echo", "here"};
  std::optional<double> seconds;
  const auto stop_watch = [&](std::string_view) {
    if (!seconds) seconds = Seconds(Clock::now() - before).count();
  };
  const auto ending =
      run_job(guest, job, {stop_watch, [](std::string_view) {}},
              {.forward_input = false, .deadline = std::chrono::seconds(60)});
  if (!seconds || ending.status != 0) {
    throw std::runtime_error("the program did not run: " + ending.guest_died +
                             ending.refused);
  }
  return *seconds;
}

struct Times {
  std::vector<double> values;

  [[nodiscard]] double median() const {
    auto sorted = values;
    std::ranges::sort(sorted);
    const auto half = sorted.size() / 2;
    return sorted.size() % 2 == 1 ? sorted[half]
                                  : (sorted[half - 1] + sorted[half]) / 2;
  }

  void print(const char* what) const {
    fmt::print(
        "{:<24} median {:6.3f} s   min {:6.3f}   max {:6.3f}   ({} runs)\n",
        what, median(), *std::ranges::min_element(values),
        *std::ranges::max_element(values), values.size());
  }
};

}  // namespace

void bench(int rounds) {
  const auto parts = Parts::beside_launcher();
  const auto booted = [&](Disks disks) {
    return cold_boot(parts, std::move(disks));
  };
  const auto restored = [&](Disks disks) {
    return wake(parts, std::move(disks), [](const std::string& why) {
      throw std::runtime_error("nothing to compare: " + why);
    });
  };
  Times cold;
  Times warm;
  for (int round = 0; round <= rounds; ++round) {
    fmt::print(stderr, "\rround {} of {} ", round, rounds);
    const double boot_time = time_to_first_byte(booted);
    const double wake_time = time_to_first_byte(restored);
    if (round == 0) continue;  // Files come into the page cache.
    cold.values.push_back(boot_time);
    warm.values.push_back(wake_time);
  }
  fmt::print(stderr, "\r");
  cold.print("cold boot");
  warm.print("snapshot");
  fmt::print("the snapshot is {:.1f} times faster\n",
             cold.median() / warm.median());
}

}  // namespace lab
