// `lab judge`: a judge and a program in a guest of their own, and the verdict.

#pragma once

#include "vm/launcher/judge_options.h"

namespace lab {

// Prints the report, writes JUnit XML to $XML_OUTPUT_FILE, and keeps each
// console's log and what each judge has printed in
// $TEST_UNDECLARED_OUTPUTS_DIR. Returns a status of launcher/outputs.h. Throws
// std::runtime_error if there is no guest to judge in. A signal ends this
// process at once, and its guests with it.
int judge(const JudgeOptions& options, const CourseTest& test);

}  // namespace lab
