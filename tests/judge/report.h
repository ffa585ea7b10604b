// The judge's words to the host; see report.cc.

#pragma once

#include <string>

namespace judge {

// Takes the descriptor of the events from the environment, and keeps it from
// every other process. Without one (JUDGE_EVENTS_FD is not set: somebody runs
// the judge by hand) nothing is reported.
//
// It also receives the key of its seals (vm/seal.h), and sees to it that nobody
// else can read it. So it comes first in main(), before anything is judged.
void open_report();

// Says that the judge cannot go on, and why. It then ends with another status
// than 0 and 1.
void report_broken(const std::string& why);

// Whether every case until now has passed.
bool all_have_passed();

}  // namespace judge
