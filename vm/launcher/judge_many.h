// `lab judge-many`: many programs of a lesson, one after another in a guest
// that stays awake, for the course's own tests of its judges.
//
// Waking a guest costs less than half a second. But QEMU has then translated
// nothing of what runs in it, and a quarter of the time to judge a program goes
// into that. So each judge is followed by the next in the same guest, if
//
// - it has ended by itself: because it was done, or because it was told that
// what
//   was expected has happened;
// - and the guest is as the first judge found it. Each judge says that before
//   anything that it judges runs (tests/judge/state.h).
//
// Otherwise the guest is given up. If it is the state that differs, the
// program is judged again in a fresh guest, and nothing else that the judge has
// said counts.
//
// A learner's program, or one that means harm, is not judged like this but by
// `lab judge`, in a guest of its own.

#pragma once

#include <string>

namespace lab {

struct ManyOptions {
  std::string judge;  // Paths on the host.
  std::string probe;
  std::string list;            // The programs: see program_list.h.
  std::string filter;          // Only those whose names match; "": all.
  int guests = 1;              // At the same time.
  int deadline_seconds = 240;  // For each program.
};

// Prints a line for each program, the whole report of one that is not judged as
// it should be, and a summary; writes JUnit XML to $XML_OUTPUT_FILE, with a
// case for each program. Returns a status of launcher/outputs.h: kJudgedRight
// if all is as expected. Throws std::runtime_error if the list cannot be read,
// or if there is no guest to judge in.
int judge_many(const ManyOptions& options);

}  // namespace lab
