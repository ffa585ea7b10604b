// The programs that `lab judge-many` judges, and what is expected of each.

#pragma once

#include <string>
#include <vector>

#include "vm/launcher/expectation.h"

namespace lab {

struct Program {
  std::string name;
  std::string path;        // Its file name is the lesson's.
  std::string about = {};  // "Mistake: WORDS", "Technique: WORDS", or nothing.
  Expected expected = {};
};

// Reads a file with a JSON list:
//
//   {"name": "NAME", "program": PATH, "wrong": PATH}
//
// is a wrong program, and the second file's header says how it has to fail:
// "Fails: 06.2", "Says: REGULAR EXPRESSION", "Mistake: WORDS";
//
//   {"name": "NAME", "program": PATH, "right": PATH}
//
// is a right one, whose header says what is different from the solution:
// "Technique: WORDS"; and
//
//   {"name": "NAME", "program": PATH, "waiting": "06.3"}
//
// is one that is written up to the step before that.
//
// filter: only names that match, as fnmatch(3) understands patterns; "": all.
// Throws std::runtime_error if there is none, or if a header lacks what it has
// to say; nlohmann::json::exception if the file is no such list.
std::vector<Program> programs_in(const std::string& list,
                                 const std::string& filter);

}  // namespace lab
