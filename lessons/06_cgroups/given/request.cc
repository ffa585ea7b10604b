#include "lessons/06_cgroups/given/request.h"

#include "lessons/06_cgroups/given/limit_options.h"
#include "lessons/06_cgroups/given/owner.h"
#include "lessons/kit/check.h"
#include "lessons/kit/options.h"
#include "lessons/kit/parse.h"
#include "lessons/kit/run_folder.h"

namespace container {
namespace {

// What is given on the command line, before it is made one request.
struct Given {
  LimitOptions limits;
  std::optional<std::string> name;
  std::vector<Request> actions;  // Freeze, thaw, ...
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

void add_limits(kit::Options& options, LimitOptions& given) {
  options.add("--pids-max", "N", "processes and threads at the same time",
              given.limits.pids_max, parse_pids);
  add_limit_options(options, given, "all");
  options.add("--cpu-weight", "N",
              "its share while others want time too, 1 to 10000 (100)",
              given.limits.cpu_weight, parse_weight);
  options.add_list("--io-max", "DEV:KEY=N",
                   "for the disk DEV (/dev/vda or 254:0) and the KEY\n"
                   "rbps or wbps (bytes read, written per second), or\n"
                   "riops or wiops (requests); may be repeated",
                   given.limits.io_max, parse_io_limit);
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

bool has_limits(const LimitOptions& given) {
  return !controllers_for(given.limits).empty() || given.memory_and_swap;
}

}  // namespace

Request parse_request(int argc, char** argv) {
  Given given;
  kit::Options options(
      "Runs COMMAND (/bin/sh) in a cgroup of its own. What is not given is not "
      "limited.\nWhile it runs, another 06_cgroups can freeze, thaw, watch and "
      "kill it.",
      "[OPTION]... [--] [COMMAND [ARG]...]\n"
      "       06_cgroups --freeze|--thaw|--stats|--kill NAME");
  add_limits(options, given.limits);
  options.add("--name", "NAME", "its name (a random one)", given.name,
              kit::parse_name);
  add_actions(options, given);
  kit::Command command = options.parse(argc, argv);

  if (!given.actions.empty()) {
    if (given.actions.size() > 1 || given.name || !command.empty() ||
        has_limits(given.limits)) {
      kit::fail("--freeze, --thaw, --stats and --kill go with nothing else");
    }
    return given.actions.front();
  }
  Limits& limits = given.limits.limits;
  set_swap(limits, given.limits.memory_and_swap);
  if (command.empty()) command = {"/bin/sh"};
  return {Action::kRun, given.name.value_or(kit::unique_name("06_cgroups")),
          limits, command};
}

}  // namespace container
