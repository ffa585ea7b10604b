// What `lab judge` is asked to do.

#pragma once

#include <string>
#include <vector>

#include "vm/launcher/expectation.h"

namespace lab {

// What anybody needs who judges a program.
struct JudgeOptions {
  std::string judge;    // Paths on the host.
  std::string program;  // Its file name is the lesson's.
  std::string probe;
  std::string
      messages;  // What could not be built, and why; empty if all could.
  std::vector<std::string> files;  // NAME=PATH: further files, as /job/NAME.
  std::string image;               // A root file system, as /rootfs/NAME.
  std::string filter;              // Which cases: Catch2's test specification.
  int guests = 1;                  // That share the cases, if all are wanted.
  int deadline_seconds = 240;
};

// What the course's own tests need, which judge programs to test the judges:
// not "is it right?" but "does this happen?"
struct CourseTest {
  Expected expected;
  std::string todo;  // The program alone stops at this step, with 75.
  std::vector<std::string> arguments;  // What the program then gets.
  bool unguarded = false;              // Nothing keeps root out of the judge.
};

}  // namespace lab
