#include "vm/launcher/verdict.h"

#include <algorithm>
#include <numeric>

namespace lab {

using Status = Case::Status;

bool Verdict::passed() const {
  return incomplete.empty() && done &&
         std::ranges::all_of(cases, [](const Case& test) {
           return test.status == Status::kPassed;
         });
}

int Verdict::points() const {
  return std::accumulate(
      cases.begin(), cases.end(), 0,
      [this](int sum, const Case& test) { return sum + points_of(test); });
}

int Verdict::points_of(const Case& test) const {
  if (test.status != Status::kPassed) return 0;
  if (!test.idle) return test.points;

  bool step_wants_something = false;
  bool any_passed = false;
  for (const auto& other : cases) {
    if (other.idle || other.points == 0) continue;
    const bool has_passed = other.status == Status::kPassed;
    any_passed = any_passed || has_passed;
    if (other.step != test.step) continue;
    if (has_passed) return test.points;
    step_wants_something = true;
  }
  return any_passed && !step_wants_something ? test.points : 0;
}

int Verdict::possible_points() const {
  return std::accumulate(
      cases.begin(), cases.end(), 0,
      [](int sum, const Case& test) { return sum + test.points; });
}

const Case* Verdict::first_not_passed() const {
  const auto failed = std::ranges::find(cases, Status::kFailed, &Case::status);
  if (failed != cases.end()) return &*failed;

  // Two processes of a container can each come to an unwritten step. Which of
  // the two a case waits for is then a matter of chance, and the earliest is to
  // be written next.
  const Case* next = nullptr;
  for (const auto& test : cases) {
    if (test.status != Status::kWaiting) continue;
    if (next == nullptr || test.waits_for < next->waits_for) next = &test;
  }
  return next;
}

Verdict combine(const std::vector<Verdict>& shares) {
  // One guest may have been given a filter, and so not all the cases.
  if (shares.size() == 1) return shares.front();

  Verdict whole;
  whole.done = std::ranges::all_of(shares, &Verdict::done);
  std::size_t most = 0;
  for (const auto& share : shares) {
    if (whole.incomplete.empty()) whole.incomplete = share.incomplete;
    most = std::max(most, share.cases.size());
  }
  for (std::size_t round = 0; round < most; ++round) {
    for (const auto& share : shares) {
      if (round < share.cases.size()) {
        whole.cases.push_back(share.cases[round]);
      }
    }
  }
  whole.of = whole.cases.size();
  const bool all = std::ranges::all_of(
      shares, [&](const Verdict& share) { return share.of == whole.of; });
  if (!all && whole.incomplete.empty()) {
    whole.incomplete = "the shares of the lab machines are not all the cases";
  }
  return whole;
}

}  // namespace lab
