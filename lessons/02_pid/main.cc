// 02_pid: runs a command in a PID namespace of its own, below a small init.

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lessons/02_pid/pid.h"
#include "lessons/kit/check.h"
#include "lessons/kit/default_root.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/options.h"
#include "lessons/kit/spawn.h"

namespace {

struct Request {
  std::filesystem::path root;
  kit::Command command;
};

Request parse_request(int argc, char** argv) {
  std::optional<std::filesystem::path> root;
  kit::Options options("Runs COMMAND (/bin/sh) with processes of its own.");
  options.add("--root", "DIR", "its root (a root with busybox)", root,
              [](const auto& text) { return std::filesystem::path(text); });
  kit::Command command = options.parse(argc, argv);
  if (command.empty()) command = {"/bin/sh"};
  return {root ? *root : kit::default_root(), command};
}

// As in lesson 00. Lesson 01 has a root without a way out.
void enter_root(const std::filesystem::path& root) {
  kit::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr),
             "make the mounts private");
  kit::check(::chroot(root.c_str()), "change the root to {}", root.native());
  kit::check(::chdir("/"), "change the directory to the new root");
}

// Who: the command, until it is the command. `signals`: what it is to block.
[[noreturn]] void become(const kit::Command& command, const sigset_t& signals) {
  kit::check(::sigprocmask(SIG_SETMASK, &signals, nullptr), "restore signals");
  kit::exec(command);
}

// Who: the init, process 1 of the new namespace.
int run_init(const Request& request, int program, const sigset_t& signals) {
  container::end_with(program);
  enter_root(request.root);
  container::mount_proc("/proc");
  container::protect_init();
  const kit::Child command =
      kit::spawn({}, [&]() -> int { become(request.command, signals); });
  return container::be_init(command.pid());
}

int run(const Request& request) {
  const sigset_t signals = container::block_signals();
  const kit::UniqueFd program = kit::open_pidfd(::getpid());

  clone_args args = kit::ordinary_child();
  // Messages and shared memory are between processes: ipc_namespaces(7).
  args.flags |= CLONE_NEWIPC;
  container::ask_for_processes_of_its_own(args);
  kit::Child init = kit::spawn(
      args, [&] { return run_init(request, program.get(), signals); });
  return init.wait();
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] { return run(parse_request(argc, argv)); });
}
