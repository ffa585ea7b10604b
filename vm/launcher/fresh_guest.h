// A guest that does one job of judging, and is thrown away.

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "vm/launcher/job.h"
#include "vm/launcher/judge_options.h"
#include "vm/protocol.h"

namespace lab {

// Who wants to know while the job runs; as in JobOptions.
struct Listener {
  std::function<void(std::string_view)> events = [](std::string_view) {};
  std::function<bool()> enough = [] { return false; };
  std::string key = {};
};

// What has become of the job, and what it has printed.
struct JobResult {
  Ending ending;
  std::string output;
};

// Runs `job` in a fresh guest, with the files in `archive` (archive_for). Keeps
// the console's log and the output (keep_output): `number` tells them apart
// from those of other guests.
JobResult run_in_fresh_guest(int number, const std::string& archive, Job job,
                             const JudgeOptions& options,
                             const Listener& listener = {});

// The files that a guest gets: program, judge, probe and further ones.
std::string archive_for(const JudgeOptions& options, const std::string& lesson);

}  // namespace lab
