// The cases of a judge, shared by several guests that run at the same time.

#pragma once

#include <string>

#include "vm/launcher/judge_job.h"
#include "vm/launcher/judge_options.h"

namespace lab {

// Judges in options.guests guests, or in one if there is a filter: that leaves
// few cases, and a second guest would cost more than it brings. Stops as soon
// as it is known that what the test expects has happened.
Judged judge_in_shares(const JudgeOptions& options, const CourseTest& test,
                       const std::string& lesson);

}  // namespace lab
