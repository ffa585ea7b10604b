// The judge's words to the host; see report.cc.

#pragma once

namespace judge {

// Takes the descriptor of the events from the environment, and keeps it from
// every other process. Without one (JUDGE_EVENTS_FD is not set: somebody runs
// the judge by hand) nothing is reported.
void open_report();

}  // namespace judge
