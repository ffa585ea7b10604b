// `lab judge`: a judge and a program in a machine of their own, and the
// verdict.

#pragma once

#include <string>
#include <vector>

#include "vm/launcher/expectation.h"

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
  Expected expected;
  std::string expect_todo;  // The program alone stops at this step with 75.
  std::vector<std::string> arguments;  // What the program then gets.
  bool unguarded = false;              // Nothing keeps root out of the judge.
};

// Prints the report, writes JUnit XML to $XML_OUTPUT_FILE, and keeps each
// console's log and what each judge has printed in
// $TEST_UNDECLARED_OUTPUTS_DIR. Returns a status of launcher/judge_job.h. Throws
// std::runtime_error if there is no machine to judge in. A signal ends this
// process at once, and its machines with it.
int judge(const JudgeOptions& options);

}  // namespace lab
