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
  // TODO(14.1): make a Cgroup with settings.name and the controllers_for() the
  // limits, then set both kinds of limits.
  throw kit::Todo("14.1");
}

clone_args prepare_start(const Settings& settings, const Cgroup& cgroup) {
  // TODO(14.2): begin with kit::ordinary_child(). Lessons 02, 03, 04 and 06
  // have functions that ask for their part; the others are flags of clone(2).
  // Two kinds of namespace are not always wanted.
  throw kit::Todo("14.2");
}

std::unique_ptr<ContainerNetwork> prepare_from_outside(const Settings& settings,
                                                       pid_t init) {
  // TODO(14.3): map_ids() of lesson 03, and a ContainerNetwork: both only if
  // they are wanted.
  throw kit::Todo("14.3");
}

void move_in(Settings& settings, int program) {
  // TODO(14.4): users (03), end_with() the program (02), names (04), private
  // mounts, open_volumes(), change_root() to the provide_root() (01),
  // mount_proc() (02), mount_sys(), enter_cgroup_namespace() (06),
  // drop_old_root() (01), forbid_devices(), place_mounts() (01),
  // complete_dev(), hide_kernel_files(), make_root_read_only() (01),
  // protect_init() (02). Why in this order?
  throw kit::Todo("14.4");
}

void confine_init(const Settings& settings) {
  // TODO(14.5): no privileges to come, nothing in the bounding set,
  // CapabilitySets with CAP_KILL permitted and effective (07); and, after all
  // that, the filter of the init (08).
  throw kit::Todo("14.5");
}

void become_command(const Settings& settings) {
  // TODO(14.6): the five calls of lesson 07, the filter (08), and become() the
  // command (00).
  throw kit::Todo("14.6");
}

}  // namespace container
