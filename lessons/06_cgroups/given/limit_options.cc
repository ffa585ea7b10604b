#include "lessons/06_cgroups/given/limit_options.h"

#include "lessons/kit/check.h"
#include "lessons/kit/parse.h"

namespace container {
namespace {

// The kernel takes no quota below 1 ms, a hundredth of the period.
double parse_cpus(const std::string& text) {
  return kit::parse_decimal(text, 0.01, 8192);
}

std::string parse_cpu_list(const std::string& text) {
  kit::parse_cpus(text);
  return text;
}

}  // namespace

void add_limit_options(kit::Options& options, LimitOptions& given,
                       const std::string& without) {
  Limits& limits = given.limits;
  options.add("-m,--memory", "SIZE",
              "bytes, or like 64m or 1g (" + without + ")", limits.memory,
              kit::parse_size);
  options.add("--memory-swap", "SIZE",
              "memory and swap together, or -1 for no limit (as\n"
              "--memory: no swap)",
              given.memory_and_swap, parse_memory_and_swap);
  options.add("--memory-reservation", "SIZE",
              "memory that it keeps while others have more (none)",
              limits.memory_low, kit::parse_size);
  options.add("--cpus", "F", "processors' worth of time, like 0.5 (all)",
              limits.cpus, parse_cpus);
  options.add("--cpuset-cpus", "LIST",
              "the processors it may use, like 0-1,3 (all)", limits.cpuset_cpus,
              parse_cpu_list);
}

// --memory-swap counts memory and swap together, as Docker's does; the kernel
// has a limit for each. Without a limit for swap, what is above the limit for
// memory would be swapped out: the command would only become slow.
void set_swap(Limits& limits, std::optional<std::uint64_t> sum) {
  if (!limits.memory) {
    if (sum) kit::fail("--memory-swap needs --memory");
    return;
  }
  const auto memory = *limits.memory;
  if (sum.value_or(memory) < memory) {
    kit::fail("--memory-swap counts the memory, too: it is less than --memory");
  }
  if (limits.memory_low.value_or(0) > memory) {
    kit::fail("--memory-reservation is more than --memory");
  }
  limits.swap = sum == kUnlimited ? kUnlimited : sum.value_or(memory) - memory;
}

std::uint64_t parse_pids(const std::string& text) {
  return kit::parse_number(text, 1, kAllPids);
}

std::uint64_t parse_memory_and_swap(const std::string& text) {
  const bool is_unlimited = text == "max" || text == "-1";
  return is_unlimited ? kUnlimited : kit::parse_size(text);
}

}  // namespace container
