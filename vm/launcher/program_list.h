// The programs that `lab judge-many` judges, and what is expected of each.

#pragma once

#include <string>
#include <vector>

#include "vm/launcher/expectation.h"

namespace lab {

struct Program {
  std::string name;
  std::string path;          // Its file name is the lesson's.
  std::string mistake = {};  // In words; "" if it is none.
  Expected expected = {};
};

// Reads a file with a JSON list:
//
//   {"name": "NAME", "program": PATH, "wrong": PATH}
//
// is a wrong program, and the second file's header says how it has to fail:
// "Fails: 06.2", "Says: REGULAR EXPRESSION", "Mistake: WORDS"; and
//
//   {"name": "NAME", "program": PATH, "waiting": "06.3"}
//
// is one that is written up to the step before that.
//
// filter: only names that match, as fnmatch(3) understands patterns; "": all.
// Throws std::runtime_error if there is none, or if one does not say how it
// fails; nlohmann::json::exception if the file is no such list.
std::vector<Program> programs_in(const std::string& list,
                                 const std::string& filter);

}  // namespace lab
