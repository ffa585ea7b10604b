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
  // From the root down, since a cgroup can only pass on what it has been given
  // itself. The leaf gets its controllers from the loop's last round.
  std::filesystem::path cgroup = kCgroupRoot;
  for (const auto& name : leaf.lexically_relative(kCgroupRoot)) {
    for (const auto& controller : controllers) {
      set_control(cgroup, "cgroup.subtree_control", "+" + controller);
    }
    cgroup /= name;
    const bool may_exist = cgroup != leaf;
    if (::mkdir(cgroup.c_str(), 0755) == -1 &&
        !(may_exist && errno == EEXIST)) {
      check(-1, "make the cgroup {}", cgroup.native());
    }
  }
}

void limit_pids_and_memory(const std::filesystem::path& cgroup,
                           const Limits& limits) {
  const auto set = [&](const char* control, auto limit) {
    if (!limit) return;
    const bool none = *limit == kUnlimited;
    set_control(cgroup, control, none ? "max" : std::to_string(*limit));
  };
  set("pids.max", limits.pids_max);
  set("memory.max", limits.memory);
  set("memory.swap.max", limits.swap);
  set("memory.low", limits.memory_low);
  if (limits.memory) set_control(cgroup, "memory.oom.group", "1");
}

void limit_cpu_and_io(const std::filesystem::path& cgroup,
                      const Limits& limits) {
  if (limits.cpus) {
    constexpr int kPeriod = 100'000;  // Microseconds, in each of which ...
    const auto quota = std::lround(*limits.cpus * kPeriod);  // ... so many.
    set_control(cgroup, "cpu.max", fmt::format("{} {}", quota, kPeriod));
  }
  if (limits.cpu_weight) {
    set_control(cgroup, "cpu.weight", std::to_string(*limits.cpu_weight));
  }
  if (limits.cpuset_cpus) {
    set_control(cgroup, "cpuset.cpus", *limits.cpuset_cpus);
    // What the cgroup above does not have is left out; and if nothing is left,
    // all that it has is taken.
    const std::string given = get_control(cgroup, "cpuset.cpus.effective");
    if (kit::parse_cpus(given) != kit::parse_cpus(*limits.cpuset_cpus)) {
      kit::fail("the processors {} are not all there: {} would be used",
                *limits.cpuset_cpus, given);
    }
  }
  for (const auto& [device, key, value] : limits.io_max) {
    set_control(cgroup, "io.max",
                fmt::format("{} {}={}", device_numbers(device), key, value));
  }
}

void start_in_cgroup(clone_args& args, int cgroup) {
  args.flags |= CLONE_INTO_CGROUP;  // Since Linux 5.7.
  args.cgroup = static_cast<__u64>(cgroup);
}

void enter_cgroup_namespace() {
  // The new namespace begins at the cgroup that we are in now. That is why it
  // is made here, where we are in it for certain.
  check(::unshare(CLONE_NEWCGROUP), "make a cgroup namespace");

  // The old mount still shows the whole host; a new one begins at our root.
  // Read-only: who could write to pids.max would have no limit.
  check(::umount2(kCgroupRoot.c_str(), MNT_DETACH), "unmount the cgroups");
  check(::mount("cgroup2", kCgroupRoot.c_str(), "cgroup2",
                MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
        "mount the cgroups");
}

void set_frozen(const std::filesystem::path& cgroup, bool frozen) {
  set_control(cgroup, "cgroup.freeze", frozen ? "1" : "0");
  wait_for_event(cgroup, frozen ? "frozen 1" : "frozen 0");
}

void remove_cgroup(const std::filesystem::path& cgroup) {
  if (!std::filesystem::exists(cgroup)) return;
  // The kernel kills all at once, those that are just being forked included.
  set_control(cgroup, "cgroup.kill", "1");
  // They end in their own time, and a cgroup with processes cannot be removed.
  wait_for_event(cgroup, "populated 0");
  for (const auto& each : cgroup_and_below(cgroup)) {
    check(::rmdir(each.c_str()), "remove the cgroup {}", each.native());
  }
}

}  // namespace container
