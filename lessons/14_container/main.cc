// 14_container: a small container runtime.

#include <sys/mount.h>

#include <cstdlib>
#include <string_view>

#include "lessons/14_container/container.h"
#include "lessons/kit/check.h"
#include "lessons/kit/default_root.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/options.h"
#include "lessons/kit/parse.h"
#include "lessons/kit/run_folder.h"
#include "lessons/kit/spawn.h"

using container::Settings;

namespace {

constexpr const char* kUsage =
    "usage: 14_container run [OPTION]... [--] [COMMAND [ARG]...]\n"
    "\n"
    "  run    run a command in a new container\n"
    "\n"
    "14_container run --help says what the options do.\n";

// Follows symbolic links once, now, so that a wrong root is an error before
// anything is made.
std::filesystem::path resolve_root(const std::string& text) {
  const auto root = std::filesystem::path(text) / ".";  // Must be a directory.
  char* real = ::realpath(root.c_str(), nullptr);
  const int error = errno;
  if (real == nullptr) {
    throw kit::SystemError(error, fmt::format("use {} as the root", text));
  }
  const std::unique_ptr<char, decltype(&::free)> owner(real, &::free);
  return real;
}

Settings parse_run(int argc, char** argv) {
  Settings settings;
  std::optional<std::string> root;
  auto& limits = settings.limits;
  kit::Options options("Runs COMMAND (/bin/sh) in a new container.",
                       "run [OPTION]... [--] [COMMAND [ARG]...]");
  options.add("--memory", "SIZE", "bytes, or like 64m or 1g (no limit)",
              limits.memory, kit::parse_size);
  options.add(
      "--pids-limit", "N", "processes and threads at the same time (no limit)",
      limits.pids_max,
      [](const auto& text) { return kit::parse_number(text, 1, 4'194'304); });
  options.add("--cpus", "F", "processors' worth of time, like 0.5 (no limit)",
              limits.cpus, [](const auto& text) {
                return kit::parse_decimal(text, 0.01, 8192);
              });
  options.add("--root", "DIR", "its root (a root with busybox)", root,
              [](const auto& text) { return text; });
  settings.command = options.parse(argc, argv);

  if (settings.command.empty()) settings.command = {"/bin/sh"};
  if (limits.memory) limits.swap = 0;
  settings.name = kit::unique_name("14_container");
  settings.root = root ? resolve_root(*root) : kit::default_root();
  return settings;
}

int run(const Settings& settings) {
  container::Cgroup cgroup = container::prepare_cgroup(settings);
  kit::Child child = kit::spawn(container::prepare_start(cgroup), [&]() -> int {
    // What the container mounts must not be seen by others: lesson 01.
    kit::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr),
               "make the mounts private");
    container::become_container(settings);
  });
  const int status = child.wait();
  cgroup.remove();
  return status;
}

int act(int argc, char** argv) {
  const std::string_view action = argc > 1 ? argv[1] : "";
  if (action == "--help") throw kit::Exit(0, kUsage);
  if (action == "run") return run(parse_run(argc - 1, argv + 1));
  if (action.empty())
    kit::fail("what is to be done? (see 14_container --help)");
  kit::fail("unknown command {} (see 14_container --help)", action);
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] { return act(argc, argv); });
}
