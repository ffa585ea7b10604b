// The walk, through a container's network.

#pragma once

#include <string>
#include <vector>

#include "tests/judge/judge.h"
#include "tests/walls/mode.h"

namespace walls {

// What is not as expected, a line each.
std::vector<std::string> look_at_network(const judge::Box& box,
                                         const Expected& expected);

}  // namespace walls
