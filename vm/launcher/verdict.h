// What a judge has found out about a program.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lessons/kit/step.h"

namespace lab {

struct Failure {
  std::string file = {};  // Of the test, relative to the workspace.
  int line = 0;
  std::string expected = {};
  std::string found = {};
  std::vector<std::string> notes = {};  // Hints: the likely mistake.
};

struct Case {
  enum class Status { kPlanned, kStarted, kPassed, kFailed, kWaiting };

  std::string name = {};
  std::optional<kit::Step> step = {};  // None: it is about what is given.
  // What it looks at of what the step's contract promises: the marks there.
  std::vector<std::string> promises = {};
  int points = 0;
  // A program that does nothing passes it, too. It counts once a case of the
  // same step that wants something done has passed, or one of any step if that
  // step has none.
  bool idle = false;
  Status status = Status::kPlanned;
  std::optional<kit::Step> waits_for =
      {};  // kWaiting: what is not written yet.
  double seconds = 0;
  std::vector<Failure> failures = {};
};

struct Verdict {
  std::vector<Case> cases = {};
  std::size_t of = 0;  // How many cases there are, those left out included.
  bool done = false;   // The judge has said that there is no more to come.

  // Why it is not complete; "" as long as nothing is known against it. The
  // guest, the judge or the program ended too early, or somebody else spoke for
  // the judge: that says nothing about the steps, and is never a pass.
  std::string incomplete = {};

  // It is complete, and every case has passed.
  [[nodiscard]] bool passed() const;

  // What all the cases have earned, and what this one has.
  [[nodiscard]] int points() const;
  [[nodiscard]] int points_of(const Case& test) const;
  [[nodiscard]] int possible_points() const;

  // What to look at next: the first case that failed, or else the first of
  // those that wait for the earliest step; nullptr if there is none.
  [[nodiscard]] const Case* first_not_passed() const;
};

// The whole of what the judges in several guests have found, each with its
// share of the cases, which were dealt to them like cards. All have ended. The
// shares of several must be all the cases that there are, or the whole is not
// complete.
Verdict combine(const std::vector<Verdict>& shares);

}  // namespace lab
