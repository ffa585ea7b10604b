// 14_container: a small container runtime.

#include <linux/keyctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "lessons/02_pid/pid.h"
#include "lessons/14_container/container.h"
#include "lessons/14_container/options.h"
#include "lessons/kit/check.h"
#include "lessons/kit/gate.h"
#include "lessons/kit/guard.h"
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

// Keys of whoever has started us are not for the container: keyrings(7).
void make_keyring() {
  const auto made =
      ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, /*name=*/nullptr);
  const bool has_no_keys = made == -1 && errno == ENOSYS;  // This kernel.
  if (!has_no_keys) kit::check(made, "make a session keyring");
}

// Who: the command, until it is the command. `signals`: what it is to block.
[[noreturn]] void run_command(const Settings& settings,
                              const sigset_t& signals) {
  kit::check(::sigprocmask(SIG_SETMASK, &signals, nullptr), "restore signals");
  set_environment(settings.environment);
  const std::string& directory = settings.working_directory.native();
  kit::check(::chdir(directory.c_str()), "enter the directory {}", directory);
  container::become_command(settings);  // Step 14.5
}

// Who: the init, process 1 of the container.
int run_init(Settings& settings, int program, kit::Gate& prepared,
             const sigset_t& signals) {
  prepared.wait();
  make_keyring();
  (void)::umask(022);
  container::move_in(settings, program);  // Step 14.4
  const kit::Child command =
      kit::spawn({}, [&]() -> int { run_command(settings, signals); });
  return container::look_after(command.pid());  // Step 14.6
}

// Who: the program. It stays outside.
int run(Settings settings) {
  const sigset_t signals = container::block_signals();
  const kit::UniqueFd program = kit::open_pidfd(::getpid());

  container::Cgroup cgroup = container::prepare_cgroup(settings);      // 14.1
  const clone_args args = container::prepare_start(settings, cgroup);  // 14.2
  kit::Gate prepared;
  kit::Child init = kit::spawn(args, [&] {
    return run_init(settings, program.get(), prepared, signals);
  });
  const auto network =
      container::prepare_from_outside(settings, init.pid());  // 14.3
  prepared.open();

  const int status = init.wait();
  cgroup.remove();
  return status;
}

int act(int argc, char** argv) {
  const std::string_view action = argc > 1 ? argv[1] : "";
  if (action == "--help") throw kit::Exit(0, kUsage);
  if (action == "run") return run(container::parse_run(argc - 1, argv + 1));
  if (action.empty())
    kit::fail("what is to be done? (see 14_container --help)");
  kit::fail("unknown command {} (see 14_container --help)", action);
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] { return act(argc, argv); });
}
