// 06_cgroups: runs a command with limits, in a cgroup of its own.

#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>

#include "lessons/06_cgroups/cgroup.h"
#include "lessons/06_cgroups/given/control.h"
#include "lessons/06_cgroups/given/owner.h"
#include "lessons/06_cgroups/given/request.h"
#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/spawn.h"

namespace {

using container::Action;

// In the child, which is in the cgroup already.
[[noreturn]] void become(const kit::Command& command) {
  // What step 06.5 mounts must not be seen by others: lesson 01.
  kit::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr),
             "make the mounts private");
  container::enter_cgroup_namespace();
  kit::exec(command);
}

int run(const container::Request& request) {
  container::Cgroup cgroup(request.name,
                           container::controllers_for(request.limits));
  container::limit_pids_and_memory(cgroup.path(), request.limits);
  container::limit_cpu_and_io(cgroup.path(), request.limits);

  clone_args args = kit::ordinary_child();
  args.flags |= CLONE_NEWNS;
  container::start_in_cgroup(args, cgroup.fd());
  kit::Child child =
      kit::spawn(args, [&]() -> int { become(request.command); });

  const int status = child.wait();
  cgroup.remove();  // With all that the command has left running.
  return status;
}

std::string to_text(const container::Statistics& now) {
  std::string text = fmt::format("frozen {}\ncpu_usec {}\n", int{now.frozen},
                                 now.cpu_microseconds);
  const auto add = [&](const char* key, const auto& value) {
    if (value) text += fmt::format("{} {}\n", key, *value);
  };
  add("pids", now.pids);
  add("memory", now.memory);
  add("swap", now.swap);
  add("oom_kills", now.oom_kills);
  return text;
}

int act(const container::Request& request) {
  const auto cgroup = container::kCgroupParent / request.name;
  switch (request.action) {
    case Action::kRun:
      return run(request);
    case Action::kFreeze:
      container::set_frozen(cgroup, true);
      return 0;
    case Action::kThaw:
      container::set_frozen(cgroup, false);
      return 0;
    case Action::kStatistics:
      throw kit::Exit(0, to_text(container::statistics(cgroup)));
    case Action::kKill:
      (void)container::get_control(cgroup, "cgroup.procs");  // Is it there?
      container::remove_container_cgroup(cgroup);
      return 0;
  }
  return kit::kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] { return act(container::parse_request(argc, argv)); });
}
