#include "lessons/14_container/container.h"

#include <sched.h>

#include "lessons/00_chroot/chroot.h"
#include "lessons/kit/todo.h"

namespace container {

Cgroup prepare_cgroup(const Settings& settings) {
  Cgroup cgroup(settings.name, controllers_for(settings.limits));
  limit_pids_and_memory(cgroup.path(), settings.limits);
  limit_cpu_and_io(cgroup.path(), settings.limits);
  return cgroup;
}

clone_args prepare_start(const Cgroup& cgroup) {
  clone_args args{};
  args.flags = CLONE_NEWNS;
  start_in_cgroup(args, cgroup.fd());
  return args;
}

void become_container(const Settings& settings) {
  // The cgroups are mounted anew where they are mounted now: outside of the
  // root.
  enter_cgroup_namespace();
  enter_root(settings.root);
  let_go_of_descriptors();
  become(settings.command);
}

}  // namespace container
