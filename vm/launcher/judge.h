// `lab judge`: a judge and a program in a machine of their own, and the
// verdict.

#pragma once

#include <optional>
#include <string>
#include <vector>

namespace lab {

struct JudgeOptions {
  std::string judge;    // Paths on this machine.
  std::string program;  // Its file name is the lesson's.
  std::string probe;
  std::string
      messages;  // What could not be built, and why; empty if all could.
  std::vector<std::string> files;  // NAME=PATH: further files, as /job/NAME.
  std::string image;               // A root file system, as /rootfs/NAME.
  std::string filter;              // Which cases: Catch2's test specification.
  int machines = 1;                // That share the cases, if all are wanted.
  int deadline_seconds = 240;

  // What is to happen, for the tests of the judges themselves:
  std::string expect_failure;  // The step of the first case that does not pass;
                               // "given", if it is about none; "machine": the
                               // story breaks; "any" of these.
  std::string expect_text;  // What the report then says (a regular expression).
  std::string expect_todo;  // The program alone stops at this step with 75.
  std::vector<std::string> arguments;  // What the program then gets.
  std::string expect_waiting;     // The step that comes next: no case fails.
  bool expect_no_points = false;  // Judged to the end, and nothing earned.
  bool unguarded = false;         // Nothing keeps root out of the judge.
};

// Statuses of `lab judge`.
inline constexpr int kJudgedRight = 0;
inline constexpr int kJudgedWrong = 1;  // Judged, and something is not right.
// The machine or the judge did not live to the end: the report says of what. Or
// the report itself could not be written: a line on standard error says where.
inline constexpr int kNotJudged = 2;

// Prints the report, writes JUnit XML to $XML_OUTPUT_FILE, and keeps each
// console's log and what each judge has printed in
// $TEST_UNDECLARED_OUTPUTS_DIR. Throws std::runtime_error if there is no
// machine to judge in. A signal ends this process at once, and its machines
// with it.
int judge(const JudgeOptions& options);

}  // namespace lab
