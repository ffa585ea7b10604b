#include "lessons/14_container/container.h"

#include <sched.h>

#include "lessons/00_chroot/chroot.h"
#include "lessons/kit/todo.h"

namespace container {

Cgroup prepare_cgroup(const Settings& settings) {
  // TODO(14.1): make a Cgroup with settings.name and the controllers_for() the
  // limits, then set both kinds of limits.
  throw kit::Todo("14.1");
}

clone_args prepare_start(const Cgroup& cgroup) {
  // TODO(14.2): begin with `clone_args args{};`. A mount namespace is the only
  // new one so far; the cgroup is the other thing to ask for.
  throw kit::Todo("14.2");
}

void become_container(const Settings& settings) {
  // TODO(14.3): the namespace of the cgroup, the root, the descriptors, the
  // command. Which of these must come before which, and why?
  throw kit::Todo("14.3");
}

}  // namespace container
