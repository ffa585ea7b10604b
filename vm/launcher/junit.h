// A verdict as tools read it: JUnit XML, which Bazel takes from
// $XML_OUTPUT_FILE.
//
// A case that has not passed has one <failure> or <error>, as the format wants
// it. Its attribute `message` is one short line. All that there is to say is in
// its body, the only part that most tools show.

#pragma once

#include <string>
#include <vector>

#include "vm/launcher/verdict.h"

namespace lab {

struct JunitCase {
  enum class Outcome { kPassed, kFailure, kError };

  std::string name;
  double seconds = 0;
  Outcome outcome = Outcome::kPassed;
  std::string message = {};  // One line; if it is longer, only its beginning.
  std::string details = {};  // "": the message says all.
};

// The whole file, whatever characters the texts have. `suite`: "06_cgroups".
std::string junit(const std::string& suite,
                  const std::vector<JunitCase>& cases);

// The same for a verdict: its cases, and one more if it is not complete.
std::string junit(const std::string& lesson, const Verdict& verdict);

}  // namespace lab
