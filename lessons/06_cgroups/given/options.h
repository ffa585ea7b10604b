// The command line of 06_cgroups.

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

// ---- For lesson 14, whose options have the same values ---------------------

// The kernel has no more process numbers than this: proc(5), pid_max.
inline constexpr std::uint64_t kAllPids = 4'194'304;

// Each throws std::runtime_error, for kit::Options.
std::uint64_t parse_pids(const std::string& text);
double parse_cpus(const std::string& text);
std::string parse_cpu_list(const std::string& text);
std::uint64_t parse_memory_and_swap(const std::string& text);

// Sets Limits::swap from --memory and --memory-swap, where `sum` is the latter.
// Throws std::runtime_error if the limits for memory contradict each other.
void set_swap(Limits& limits, std::optional<std::uint64_t> sum);

}  // namespace container
