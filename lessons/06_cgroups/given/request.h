// Given: what the command line of 06_cgroups asks for.

#pragma once

#include <cstdint>
#include <string>

#include "lessons/06_cgroups/cgroup.h"
#include "lessons/kit/program.h"

namespace container {

enum class Action { kRun, kFreeze, kThaw, kStatistics, kKill };

struct Request {
  Action action = Action::kRun;
  std::string name;  // The container's.
  Limits limits;
  kit::Command command;
};

// Throws as kit::Options::parse() does.
Request parse_request(int argc, char** argv);

}  // namespace container
