#include "lessons/14_container/container.h"

#include <sched.h>

#include "lessons/00_chroot/chroot.h"
#include "lessons/01_mount/mount.h"
#include "lessons/02_pid/pid.h"
#include "lessons/04_uts/hostname.h"
#include "lessons/14_container/given/file_system.h"
#include "lessons/14_container/given/kernel_files.h"
#include "lessons/kit/spawn.h"
#include "lessons/kit/todo.h"

namespace container {

Cgroup prepare_cgroup(const Settings& settings) {
  Cgroup cgroup(settings.name, controllers_for(settings.limits));
  limit_pids_and_memory(cgroup.path(), settings.limits);
  limit_cpu_and_io(cgroup.path(), settings.limits);
  return cgroup;
}

clone_args prepare_start(const Settings& settings, const Cgroup& cgroup) {
  clone_args args = kit::ordinary_child();
  ask_for_processes_of_its_own(args);  // And for mounts.
  ask_for_names_of_its_own(args);
  args.flags |= CLONE_NEWIPC;
  if (settings.has_own_network) args.flags |= CLONE_NEWNET;
  if (settings.id_maps) ask_for_users_of_its_own(args);
  start_in_cgroup(args, cgroup.fd());
  return args;
}

std::unique_ptr<ContainerNetwork> prepare_from_outside(const Settings& settings,
                                                       pid_t init) {
  if (settings.id_maps) map_ids(init, *settings.id_maps);
  if (!settings.has_own_network) return nullptr;
  return std::make_unique<ContainerNetwork>(init, settings.network);
}

void move_in(Settings& settings, int program) {
  if (settings.id_maps) become_root_inside();
  // Not before: the kernel forgets it when the user changes.
  end_with(program);
  set_host_name(settings.host_name);
  if (settings.domain_name) set_domain_name(*settings.domain_name);

  make_mounts_private();
  open_volumes(settings.mounts);
  change_root(provide_root(settings.root));
  // In a user namespace, a new /proc is allowed only where one is to be seen
  // already. So the host's must still be there.
  mount_proc("/proc");
  mount_sys();
  enter_cgroup_namespace();
  drop_old_root();
  forbid_devices();
  place_mounts(settings.mounts);
  complete_dev(settings.terminal);
  if (settings.hides_kernel_files) hide_kernel_files();
  if (settings.read_only_root) make_root_read_only();
  // Not before: the volumes are descriptors until they are in their places.
  protect_init();
}

void confine_init(const Settings& settings) {
  forbid_new_privileges();
  limit_bounding_set(0);
  CapabilitySets rest;
  rest.permitted = rest.effective = bit(CAP_KILL);
  set_capabilities(rest);
  install_filter(settings.init_filter);
}

void become_command(const Settings& settings) {
  limit_bounding_set(settings.capabilities.bounding);
  become_user(settings.user);
  set_capabilities(settings.capabilities);
  raise_ambient(settings.capabilities.ambient);
  if (!settings.allows_new_privileges) forbid_new_privileges();
  // Last: the calls above need not be among those that are allowed.
  if (settings.filter) install_filter(*settings.filter);
  become(settings.command);
}

}  // namespace container
