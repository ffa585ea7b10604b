// What has to happen to a program that is there to test a judge.

#pragma once

#include <regex>
#include <string>
#include <vector>

#include "vm/launcher/verdict.h"

namespace lab {

// What the course's tests want; lab::Expectation says whether it has happened.
// Of the first three, one at most is set; none: all is right.
struct Expected {
  // A wrong program: the step of the first case that does not pass; "given", if
  // that is about none; "machine", if the verdict is not complete; "any" of
  // these. And what the report then says, as a regular expression.
  std::string failure;
  std::string text;
  // And what it breaks of the step's contract: for each of these marks, a case
  // of that step fails that looks at it.
  std::vector<std::string> broken;
  // One that is written up to this step: no case fails, and the earliest step
  // that one waits for is this one, to which the report sends the learner.
  std::string waiting;
  // One that does nothing: it is judged to the end, and earns nothing.
  bool no_points = false;
};

class Expectation {
 public:
  // Throws std::regex_error if the text is no regular expression.
  Expectation(Expected expected, std::string lesson);

  // Something is expected, and be it that the program is wrong; otherwise, that
  // all is right.
  [[nodiscard]] bool is_any() const;

  // What is expected has happened. The judge has ended, or is_settled().
  [[nodiscard]] bool is_met(const Verdict& verdict) const;

  // It has happened, and nothing that comes later can change that: cases run in
  // their order, so the first failure stays the first.
  [[nodiscard]] bool is_settled(const Verdict& verdict) const;

  // One line: "fails at 06.2 (06.2 expected), the report says /.../".
  [[nodiscard]] std::string describe(const Verdict& verdict) const;

 private:
  [[nodiscard]] bool fails(const Verdict& verdict) const;
  [[nodiscard]] bool waits(const Verdict& verdict) const;
  [[nodiscard]] bool says(const Verdict& verdict) const;
  [[nodiscard]] std::string not_broken(const Verdict& verdict) const;

  Expected expected_;
  std::regex pattern_;
  std::string lesson_;
};

}  // namespace lab
