// What an exercise does in which nothing is written yet.

#pragma once

#include <string>

#include "vm/launcher/judge_options.h"

namespace lab {

// Runs the program alone, with test.arguments. It must end with status 75 and
// say that the step test.todo is yours to write, and nothing else. Returns a
// status of launcher/outputs.h.
int judge_skeleton(const JudgeOptions& options, const CourseTest& test,
                   const std::string& lesson);

}  // namespace lab
