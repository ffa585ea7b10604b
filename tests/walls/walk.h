// The walk: over every process that a container can see, and all that its /proc
// says of them; over its mounts, its network, its limits. What is not in the
// table of mode.h is something of the host, or more than was asked for.

#pragma once

#include <string>
#include <vector>

#include "tests/judge/judge.h"
#include "tests/walls/mode.h"

namespace walls {

// What does not belong there, or is missing.
struct Finding {
  std::string step;  // Of lesson 14, that sees to it: "14.2"; or "given".
  std::string text;  // "process 1: CapEff: ...".
};

// Walks from outside, with all rights, and from inside, with those of the
// command. other_filters: those that the program has had already.
std::vector<Finding> walk(const judge::Box& box, const Mode& mode,
                          int other_filters = 0);

// The texts of those that a step has to see to, a line each; of all of them, if
// that is "".
std::string text_of(const std::vector<Finding>& found,
                    const std::string& step = "");

}  // namespace walls
