// A verdict as people read it.

#pragma once

#include <string>

#include "vm/launcher/verdict.h"

namespace lab {

// The report: a line for each case, what was expected and found where one
// failed, the points, and what to do next. `lesson`: "06_cgroups".
std::string report(const Verdict& verdict, const std::string& lesson);

// One failure, as some lines without a line end after the last.
std::string text_of(const Failure& failure);

}  // namespace lab
