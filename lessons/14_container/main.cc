// 14_container: a small container runtime.

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>

#include "lessons/01_mount/mount.h"
#include "lessons/02_pid/pid.h"
#include "lessons/14_container/container.h"
#include "lessons/14_container/given/caller.h"
#include "lessons/14_container/given/file_system.h"
#include "lessons/14_container/given/settings.h"
#include "lessons/kit/check.h"
#include "lessons/kit/gate.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/own_program.h"
#include "lessons/kit/program.h"
#include "lessons/kit/spawn.h"

using container::Settings;

namespace {

constexpr const char* kUsage =
    "usage: 14_container run [OPTION]... [--] [COMMAND [ARG]...]\n"
    "\n"
    "  run    run a command in a new container\n"
    "\n"
    "14_container run --help says what the options do.\n";

void set_environment(const std::vector<std::string>& environment) {
  (void)::clearenv();
  for (const auto& variable : environment) {
    const auto equals = variable.find('=');
    const std::string name = variable.substr(0, equals);
    const std::string value = variable.substr(equals + 1);
    kit::check(::setenv(name.c_str(), value.c_str(), /*overwrite=*/1),
               "set the variable {}", name);
  }
}

// Who: the command, until it is the command.
[[noreturn]] void run_command(const Settings& settings, kit::Gate& confined) {
  container::unblock_signals();
  container::begin_session();
  set_environment(settings.environment);
  // As a volume's target is opened: a directory of the image leads to no place
  // outside.
  const auto directory = container::open_target(settings.working_directory);
  kit::check(::fchdir(directory.get()), "enter the directory {}",
             settings.working_directory.native());
  kit::refuse_magic_links(settings.command.front());
  confined.wait();  // It may not meet an init that is not confined.
  container::become_command(settings);  // Step 14.6
}

// Who: the init, process 1 of the container.
int run_init(Settings& settings, int program, kit::Gate& prepared,
             char** argv) {
  prepared.wait();
  container::leave_the_caller(argv);
  container::move_in(settings, program);  // Step 14.4
  kit::Gate confined;
  const kit::Child command =
      kit::spawn({}, [&]() -> int { run_command(settings, confined); });
  container::confine_init(settings);  // Step 14.5
  confined.open();
  return container::be_init(command.pid());
}

// If the kernel has killed for want of memory, a bare 137 is a riddle, and so
// is what fails because of it.
bool is_out_of_memory(const container::Cgroup& cgroup) {
  return container::statistics(cgroup.path()).oom_kills.value_or(0) > 0;
}

[[noreturn]] void say_out_of_memory() {
  throw kit::Exit(128 + SIGKILL,
                  "out of memory: the kernel has killed a process of the "
                  "container (see --memory)");
}

// Who: the program. It stays outside.
int run(Settings settings, char** argv) {
  container::refuse_directories();
  if (settings.root) container::prepare_root(*settings.root);
  container::reset_inherited();
  (void)container::block_signals();
  const kit::UniqueFd program = kit::open_pidfd(::getpid());
  const container::LentStreams streams(settings);
  container::TerminalRelay terminal;
  settings.terminal = terminal.for_init(settings.user.uid);

  container::Cgroup cgroup = container::prepare_cgroup(settings);      // 14.1
  const clone_args args = container::prepare_start(settings, cgroup);  // 14.2
  kit::Gate prepared;
  kit::Child init = kit::spawn(
      args, [&] { return run_init(settings, program.get(), prepared, argv); });
  std::unique_ptr<container::ContainerNetwork> network;
  try {
    network = container::prepare_from_outside(settings, init.pid());  // 14.3
  } catch (const std::system_error&) {
    if (is_out_of_memory(cgroup)) say_out_of_memory();
    throw;
  }
  prepared.open();
  terminal.begin();

  const int status =
      init.wait({.to_other_session = true, .patience = settings.stop_timeout});
  terminal.finish();
  const bool is_killed = status == 128 + SIGKILL && is_out_of_memory(cgroup);
  if (network) network->end();
  cgroup.remove();
  if (is_killed) say_out_of_memory();
  return status;
}

// Who may trace processes can reach the file of the program that the init runs,
// and change it: CVE-2019-5736. There, that file is a copy in memory.
int start(int argc, char** argv) {
  Settings settings =
      container::settings_of(container::parse_run_options(argc - 1, argv + 1));
  const auto may_trace = container::bit(CAP_SYS_PTRACE);
  if ((settings.capabilities.bounding & may_trace) != 0) {
    kit::run_from_sealed_copy(argv);
  }
  return run(std::move(settings), argv);
}

int act(int argc, char** argv) {
  const std::string_view action = argc > 1 ? argv[1] : "";
  if (action == "--help") throw kit::Exit(0, kUsage);
  if (action == "run") return start(argc, argv);
  if (action.empty())
    kit::fail("what is to be done? (see 14_container --help)");
  kit::fail("unknown command {} (see 14_container --help)", action);
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] { return act(argc, argv); });
}
