// What a judge in the machine has said, checked and summed up on the host.
//
// The judge shares its machine with a program that may mean harm. So the host
// believes nothing but a complete story: a plan first, each planned case
// started once and ended once, "done" last, each event with its seal
// (vm/seal.h), and a judge that ends as one does who has said that. Anything
// missing, doubled, unplanned, malformed or of somebody else breaks the story,
// and a broken story is never a pass.

#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vm/protocol.h"
#include "vm/seal.h"

namespace lab {

struct Failure {
  std::string file;  // Of the test, relative to the workspace.
  int line = 0;
  std::string expected;
  std::string found;
  std::vector<std::string> notes;  // Hints: the likely mistake.
};

struct Case {
  enum class Status { kPlanned, kStarted, kPassed, kFailed, kWaiting };

  std::string name;
  std::string step;  // "06.2"; "" for what belongs to no step.
  int points = 0;
  // Who does nothing passes it, too. It counts once a case of the same step
  // that wants something done has passed, or one of any step if that step has
  // none.
  bool idle = false;
  Status status = Status::kPlanned;
  std::string waits_for;  // kWaiting: the step that is not written yet.
  double seconds = 0;
  std::vector<Failure> failures;
};

class Verdict {
 public:
  explicit Verdict(const SealKey& key) : seal_(key) {}

  // Takes bytes of the events port as they come.
  void hear(std::string_view bytes);

  // Says that nothing more will come. `why`: what ended the judge early, or "".
  // `status`: how it ended, if it did: 0 after a story in which all passed, 1
  // after any other.
  void close(const std::string& why, std::optional<int> status);

  // The whole of what several machines have said, each with its share of the
  // cases, which had been dealt to them like cards. All are closed. The shares
  // of several must be all the cases that there are, or the story is broken.
  static Verdict of_shares(const std::vector<Verdict>& shares);

  // The story is complete and every case passed.
  [[nodiscard]] bool passed() const;

  // Why the story is not complete; "" if it is. Then nothing was judged wrong:
  // the machine, the judge or the program ended too early.
  [[nodiscard]] const std::string& broken() const { return broken_; }

  [[nodiscard]] const std::vector<Case>& cases() const { return cases_; }

  // What the guest was like before the first case; "" if the judge has not said
  // that (yet). Only those do that are one of many in a machine.
  [[nodiscard]] const std::string& state() const { return state_; }

  // What has been earned.
  [[nodiscard]] int points() const;

  // What to look at next: the first case that failed, or else the first of
  // those that wait for the earliest step; nullptr if there is none.
  [[nodiscard]] const Case* first_not_passed() const;

  // For people. `lesson`: "06_cgroups".
  [[nodiscard]] std::string report(const std::string& lesson) const;

  // For tools: JUnit XML, as Bazel reads it from $XML_OUTPUT_FILE.
  [[nodiscard]] std::string junit(const std::string& lesson) const;

 private:
  [[nodiscard]] int earned(const Case& test) const;
  [[nodiscard]] std::string describe(const Case& test) const;
  [[nodiscard]] std::string summary(const std::string& lesson) const;
  void take(const std::string& line);
  void plan(const nlohmann::json& event);
  Case& known(const nlohmann::json& event);
  void break_story(const std::string& why);

  Seal seal_;
  LineBuffer lines_;
  std::vector<Case> cases_;
  std::string state_;
  std::size_t of_ = 0;  // How many cases there are, with those left out.
  bool planned_ = false;
  bool done_ = false;
  std::string broken_;
};

}  // namespace lab
