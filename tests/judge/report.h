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

// Whether the host has told this judge (JUDGE_ONE_OF_MANY is set) that others
// come after it in the same guest. Then
//
// - it says first what the guest is like: tests/judge/state.h;
// - after each case that has failed, it waits to be told by a signal whether
//   that is enough: SIGUSR1 lets it go on, and SIGTERM ends it there, where
//   nothing of the case is left. Without its "done", that is no verdict for who
//   has not sent the signal;
// - it leaves nothing of its own behind.
bool is_one_of_many();

// Says what the guest is like, before the plan.
void report_state(const std::string& text);

// Says that the judge cannot go on, and why. It then ends with another status
// than 0 and 1.
void report_broken(const std::string& why);

// Whether every case until now has passed.
bool all_have_passed();

}  // namespace judge
