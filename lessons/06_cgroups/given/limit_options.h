// Given: the options for limits that 14_container has, too.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lessons/06_cgroups/cgroup.h"
#include "lessons/kit/options.h"

namespace container {

// The kernel has no more process numbers than this: proc(5), pid_max.
inline constexpr std::uint64_t kAllPids = 4'194'304;

// What these options say.
struct LimitOptions {
  Limits limits;  // All but the one for swap: see set_swap().
  std::optional<std::uint64_t> memory_and_swap;  // kUnlimited: no swap limit.
};

// Adds --memory, --memory-swap, --memory-reservation, --cpus and --cpuset-cpus.
//
// without: what the memory limit is without --memory, for --help.
void add_limit_options(kit::Options& options, LimitOptions& given,
                       const std::string& without);

// Sets Limits::swap from --memory and --memory-swap, where `sum` is the latter.
// Throws std::runtime_error if the limits for memory contradict each other.
void set_swap(Limits& limits, std::optional<std::uint64_t> sum);

// These throw std::runtime_error, for kit::Options.

// A number of processes, from 1 on.
std::uint64_t parse_pids(const std::string& text);

// A size, or -1 or "max" for kUnlimited.
std::uint64_t parse_memory_and_swap(const std::string& text);

}  // namespace container
