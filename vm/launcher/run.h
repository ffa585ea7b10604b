// `lab run` and `lab shell`: a program, or a shell, in a fresh guest, on the
// user's terminal.

#pragma once

#include <string>
#include <vector>

namespace lab {

// The launcher's own statuses, beside those of the programs that it runs.
inline constexpr int kLauncherFailed = 125;

// argv: the program's path on the host, then its arguments. A tool of the lab's
// that `bazel run` starts (//vm:shell, say) is executed on the host; this
// function then does not return. Throws std::runtime_error if the program is
// neither that nor a lesson or a solution.
//
// Returns the program's exit status; kLauncherFailed, with one line on standard
// error, if the guest did not live to its end; 128+N after signal N.
int run(const std::vector<std::string>& argv);

struct ShellOptions {
  std::vector<std::string> command;  // One: run this, not interactively.
  int deadline_seconds = 0;          // Then the guest is stopped; 0: never.
  std::string console;  // The file that gets the console's log ("": none).
};

// A root shell, with the lessons and solutions that are built in /lessons and
// /solutions. Returns as run() does.
int shell(const ShellOptions& options);

}  // namespace lab
