#include "lessons/06_cgroups/cgroup.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>

#include "lessons/06_cgroups/given/control.h"
#include "lessons/kit/check.h"
#include "lessons/kit/parse.h"
#include "lessons/kit/todo.h"

using kit::check;

namespace container {

void make_cgroup(const std::filesystem::path& leaf,
                 const std::vector<std::string>& controllers) {
  // TODO(06.1): go from kCgroupRoot down to the leaf, one name after the other:
  // leaf.lexically_relative(kCgroupRoot) can be looped over. On the way, write
  // "+memory" and the like to cgroup.subtree_control with set_control(), then
  // ::mkdir() the next cgroup. Of these, only the leaf must be new.
  throw kit::Todo("06.1");
}

void limit_pids_and_memory(const std::filesystem::path& cgroup,
                           const Limits& limits) {
  // TODO(06.2): set_control() takes the number as text. An unlimited swap is
  // written as "max". And think of memory.oom.group.
  throw kit::Todo("06.2");
}

void limit_cpu_and_io(const std::filesystem::path& cgroup,
                      const Limits& limits) {
  // TODO(06.3): cpu.max takes "QUOTA PERIOD" in microseconds, io.max takes
  // "MAJOR:MINOR KEY=VALUE": device_numbers() knows the numbers. After setting
  // cpuset.cpus, compare it with cpuset.cpus.effective; kit::parse_cpus() makes
  // two ways to write the same list equal.
  throw kit::Todo("06.3");
}

void start_in_cgroup(clone_args& args, int cgroup) {
  // TODO(06.4): clone(2) names the flag, and the member that goes with it.
  throw kit::Todo("06.4");
}

void enter_cgroup_namespace() {
  // TODO(06.5): ::unshare() the cgroup namespace. Then detach what is mounted
  // at kCgroupRoot with ::umount2(), and ::mount() "cgroup2" there again:
  // read-only, without set-user-ID programs, devices and programs.
  throw kit::Todo("06.5");
}

void set_frozen(const std::filesystem::path& cgroup, bool frozen) {
  // TODO(06.6): write to cgroup.freeze, then wait_for_event().
  throw kit::Todo("06.6");
}

void remove_cgroup(const std::filesystem::path& cgroup) {
  // TODO(06.7): cgroup.kill ends all processes, wait_for_event() waits until
  // they are gone. Then ::rmdir() what cgroup_and_below() returns.
  throw kit::Todo("06.7");
}

}  // namespace container
