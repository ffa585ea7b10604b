// What the cases of all lessons say about what is given to the learner, and
// callers that prepare something before they start the program.

#pragma once

#include <string>
#include <vector>

#include "tests/judge/judge.h"

namespace judge {

using Options = std::vector<std::string>;

// result: of a program that does not wait at an unwritten step
// (Circumstances::hold_at_todo).
inline void check_skeleton(const Result& result) {
  if (result.ending != exited(75)) {
    SUCCEED("All steps are written.");
    return;
  }
  HINT("A skeleton says which step is next, and nothing else.");
  CHECK(result.is_one_line());
}

// Each of these is refused, --help is not, and nothing has happened.
inline void check_wrong_options(std::vector<Options> wrong) {
  const auto before = Host::now();
  wrong.push_back({"--no-such-option"});
  for (const auto& options : wrong) {
    HINT("The first word: " << options.front());
    const auto result = run(options);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
  }
  CHECK(run({"--help"}).ending == exited(0));
  CHECK(Host::now() == before);
}

// What a shell gets that is to run `script` and then to become the program:
//
//   run(after("cd /tmp", {"--root", "."}), {.program = kShell})
inline constexpr char kShell[] = "/bin/sh";
inline Options after(const std::string& script, const Options& options) {
  Options words = {"-c", script + " && exec \"$0\" \"$@\"", guest().program()};
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

}  // namespace judge
