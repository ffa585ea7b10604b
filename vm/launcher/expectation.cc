#include "vm/launcher/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "vm/launcher/report.h"

namespace lab {
namespace {

// Where it fails, in the words of Expected::failure.
std::string failed_at(const Verdict& verdict) {
  if (!verdict.incomplete.empty()) return "machine";
  const auto* first = verdict.first_not_passed();
  if (first == nullptr) return "no step";
  const auto& step = first->waits_for ? first->waits_for : first->step;
  return step ? kit::to_string(*step) : "given";
}

}  // namespace

Expectation::Expectation(Expected expected, std::string lesson)
    : expected_(std::move(expected)),
      pattern_(expected_.text),
      lesson_(std::move(lesson)) {}

bool Expectation::is_any() const {
  return !expected_.failure.empty() || !expected_.waiting.empty() ||
         expected_.no_points;
}

bool Expectation::is_met(const Verdict& verdict) const {
  if (!expected_.failure.empty()) return fails(verdict);
  if (!expected_.waiting.empty()) return waits(verdict);
  if (expected_.no_points) {
    return verdict.incomplete.empty() && verdict.points() == 0;
  }
  return verdict.passed();
}

bool Expectation::is_settled(const Verdict& verdict) const {
  return !expected_.failure.empty() && fails(verdict);
}

std::string Expectation::describe(const Verdict& verdict) const {
  if (!expected_.failure.empty()) {
    const auto missing = not_broken(verdict);
    return fmt::format("fails at {} ({} expected), the report {} /{}/{}",
                       failed_at(verdict), expected_.failure,
                       says(verdict) ? "says" : "does not say", expected_.text,
                       missing.empty() ? ""
                                       : ", and no case fails that looks at [" +
                                             missing + "]");
  }
  if (!expected_.waiting.empty()) {
    return fmt::format("no case fails, and {} is the next step",
                       expected_.waiting);
  }
  return expected_.no_points ? "it is judged to the end, and earns no points"
                             : "all is right";
}

bool Expectation::fails(const Verdict& verdict) const {
  const auto step = failed_at(verdict);
  const bool there = expected_.failure == "any" ? step != "no step"
                                                : step == expected_.failure;
  return there && says(verdict) && not_broken(verdict).empty();
}

// The first of Expected::broken that no failed case looks at, or "".
std::string Expectation::not_broken(const Verdict& verdict) const {
  const auto step = kit::step_of(expected_.failure);
  for (const auto& mark : expected_.broken) {
    const bool seen = std::ranges::any_of(verdict.cases, [&](const Case& test) {
      return test.status == Case::Status::kFailed && test.step == step &&
             std::ranges::count(test.promises, mark) > 0;
    });
    if (!seen) return mark;
  }
  return "";
}

bool Expectation::waits(const Verdict& verdict) const {
  const auto* next = verdict.first_not_passed();
  return verdict.incomplete.empty() && next != nullptr &&
         next->status == Case::Status::kWaiting &&
         next->waits_for == kit::step_of(expected_.waiting);
}

bool Expectation::says(const Verdict& verdict) const {
  return std::regex_search(report(verdict, lesson_), pattern_);
}

}  // namespace lab
