#include "lessons/06_cgroups/given/options.h"

#include "lessons/06_cgroups/given/owner.h"
#include "lessons/kit/check.h"
#include "lessons/kit/options.h"
#include "lessons/kit/parse.h"
#include "lessons/kit/run_folder.h"

namespace container {
namespace {

// What is given on the command line, before it is made one request.
struct Given {
  Limits limits;
  std::optional<std::string> name;
  std::optional<std::uint64_t> memory_and_swap;  // kUnlimited: no swap limit.
  std::vector<Request> actions;                  // Freeze, thaw, ...
};

unsigned parse_weight(const std::string& text) {
  return static_cast<unsigned>(kit::parse_number(text, 1, 10'000));
}

// "/dev/vda:rbps=1m" or "254:0:riops=100"
IoLimit parse_io_limit(const std::string& text) {
  const auto equals = text.rfind('=');
  const auto colon = text.rfind(':', equals);
  if (equals == text.npos || colon == text.npos || colon == 0) {
    kit::fail("\"{}\" is not of the form DEV:KEY=N", text);
  }
  const std::string key = text.substr(colon + 1, equals - colon - 1);
  const std::string value = text.substr(equals + 1);
  if (key == "rbps" || key == "wbps") {
    return {text.substr(0, colon), key, kit::parse_size(value)};
  }
  if (key == "riops" || key == "wiops") {
    return {text.substr(0, colon), key, kit::parse_number(value, 1)};
  }
  kit::fail("\"{}\" is not one of rbps, wbps, riops and wiops", key);
}

void add_limits(kit::Options& options, Given& given) {
  auto& limits = given.limits;
  options.add("--pids-max", "N", "processes and threads at the same time",
              limits.pids_max, parse_pids);
  options.add("--memory", "SIZE", "bytes, or like 64m or 1g", limits.memory,
              kit::parse_size);
  options.add("--memory-swap", "SIZE",
              "memory and swap together, or max (as --memory: no swap)",
              given.memory_and_swap, parse_memory_and_swap);
  options.add("--memory-reservation", "SIZE",
              "memory that it keeps while others have more (none)",
              limits.memory_low, kit::parse_size);
  options.add("--cpus", "F", "processors' worth of time, like 0.5", limits.cpus,
              parse_cpus);
  options.add("--cpu-weight", "N",
              "its share while others want time too, 1 to 10000 (100)",
              limits.cpu_weight, parse_weight);
  options.add("--cpuset-cpus", "LIST", "the processors it may use, like 0-1,3",
              limits.cpuset_cpus, parse_cpu_list);
  options.add_list("--io-max", "DEV:KEY=N",
                   "for the disk DEV (/dev/vda or 254:0) and the KEY\n"
                   "rbps or wbps (bytes read, written per second), or\n"
                   "riops or wiops (requests); may be repeated",
                   limits.io_max, parse_io_limit);
}

void add_actions(kit::Options& options, Given& given) {
  const auto add = [&](const char* name, Action action, const char* help) {
    options.add_list(name, "NAME", help, given.actions, [=](const auto& text) {
      return Request{action, kit::parse_name(text), {}, {}};
    });
  };
  add("--freeze", Action::kFreeze, "stop its processes");
  add("--thaw", Action::kThaw, "let them go on");
  add("--stats", Action::kStatistics, "print what it uses and has used");
  add("--kill", Action::kKill, "end its processes");
}

bool has_limits(const Limits& limits) {
  return !controllers_for(limits).empty();
}

}  // namespace

std::uint64_t parse_pids(const std::string& text) {
  return kit::parse_number(text, 1, kAllPids);
}

// The kernel takes no quota below 1 ms, a hundredth of the period.
double parse_cpus(const std::string& text) {
  return kit::parse_decimal(text, 0.01, 8192);
}

std::string parse_cpu_list(const std::string& text) {
  kit::parse_cpus(text);
  return text;
}

std::uint64_t parse_memory_and_swap(const std::string& text) {
  return text == "max" ? kUnlimited : kit::parse_size(text);
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

Request parse_request(int argc, char** argv) {
  Given given;
  kit::Options options(
      "Runs COMMAND (/bin/sh) in a cgroup of its own. What is not given is not "
      "limited.\nWhile it runs, another 06_cgroups can freeze, thaw, watch and "
      "kill it.",
      "[OPTION]... [--] [COMMAND [ARG]...]\n"
      "       06_cgroups --freeze|--thaw|--stats|--kill NAME");
  add_limits(options, given);
  options.add("--name", "NAME", "its name (a random one)", given.name,
              kit::parse_name);
  add_actions(options, given);
  kit::Command command = options.parse(argc, argv);

  if (!given.actions.empty()) {
    if (given.actions.size() > 1 || given.name || !command.empty() ||
        has_limits(given.limits) || given.memory_and_swap) {
      kit::fail("--freeze, --thaw, --stats and --kill go with nothing else");
    }
    return given.actions.front();
  }
  set_swap(given.limits, given.memory_and_swap);
  if (command.empty()) command = {"/bin/sh"};
  return {Action::kRun, given.name.value_or(kit::unique_name("06_cgroups")),
          given.limits, command};
}

}  // namespace container
