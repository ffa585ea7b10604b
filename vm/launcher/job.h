// A job in a guest, from the launcher's side: hands it over, carries its
// streams, and tells how it ended. (The guest's side: agent/job.h.)

#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "vm/launcher/guest.h"

namespace lab {

// Where a job's bytes go. Each may block: the job then waits.
struct Sinks {
  std::function<void(std::string_view)> output;
  std::function<void(std::string_view)> errors;
  std::function<void(std::string_view)> events = [](std::string_view) {};
};

struct JobOptions {
  bool forward_input = true;  // The launcher's standard input is the job's.
  std::optional<Clock::duration> deadline = std::nullopt;
  // Asked after each event: is enough known? If so, the launcher does not wait
  // for the job's end, and the Ending is empty.
  std::function<bool()> enough = [] { return false; };
  // Asked after each event, too: the signal that answers it, or 0. After a
  // SIGTERM the job has some seconds to end.
  std::function<int()> answer = [] { return 0; };
  // Called when the guest has the job's files and its program runs.
  std::function<void()> started = [] {};
  std::string key = {};  // A judge's, for its seals: vm/seal.h.
};

// How a job ended: one of the three is set, or none (see `enough`).
struct Ending {
  std::optional<int>
      status;              // It ended: its exit status, 128+N after signal N.
  std::string refused;     // It never started: why.
  std::string guest_died;  // The guest ended first, or no longer answers.
};

// Thrown when the user wants the guest to end: the escape key, or Ctrl-C twice.
struct Interrupted {
  int signal;
};

// The key that ends a guest whose job does not listen: Ctrl-].
inline constexpr char kEscapeKey = 0x1d;

// Runs `job` in `guest`, to its end. The job gets its clock and its random seed
// here.
//
// With job.terminal the launcher's terminal is in raw mode meanwhile, and all
// keys but the escape key are the job's. Without it, SIGINT and SIGTERM are
// passed on once; the second, or a SIGHUP, ends the guest.
Ending run_job(Guest& guest, Job job, const Sinks& sinks,
               const JobOptions& options);

}  // namespace lab
