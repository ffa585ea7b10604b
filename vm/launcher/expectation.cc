#include "vm/launcher/expectation.h"

#include <fmt/format.h>

#include <utility>

namespace lab {
namespace {

std::string failed_at(const Verdict& verdict) {
  if (!verdict.broken().empty()) return "machine";
  const auto* first = verdict.first_not_passed();
  if (first == nullptr) return "no step";
  const auto& step = first->waits_for.empty() ? first->step : first->waits_for;
  return step.empty() ? "given" : step;
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
    return verdict.broken().empty() && verdict.points() == 0;
  }
  return verdict.passed();
}

bool Expectation::is_settled(const Verdict& verdict) const {
  return !expected_.failure.empty() && fails(verdict);
}

std::string Expectation::describe(const Verdict& verdict) const {
  if (!expected_.failure.empty()) {
    return fmt::format("fails at {} ({} expected), the report {} /{}/",
                       failed_at(verdict), expected_.failure,
                       says(verdict) ? "says" : "does not say", expected_.text);
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
  return there && says(verdict);
}

bool Expectation::waits(const Verdict& verdict) const {
  const auto* next = verdict.first_not_passed();
  return verdict.broken().empty() && next != nullptr &&
         next->status == Case::Status::kWaiting &&
         next->waits_for == expected_.waiting;
}

bool Expectation::says(const Verdict& verdict) const {
  return std::regex_search(verdict.report(lesson_), pattern_);
}

}  // namespace lab
