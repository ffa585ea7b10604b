// Lesson 06: limits
//
// Read:   cgroups(7), cgroup_namespaces(7), clone(2), and the kernel's
//         Documentation/admin-guide/cgroup-v2.rst; docs/06_cgroups.md
// Run:    bazel run //lessons:06_cgroups -- --pids-max 5
// Check:  bazel test //tests:06_cgroups
//
// A cgroup is a directory, and its files are its controls. Each container gets
// a cgroup of its own, a leaf, below one that all containers share:
//
//   /sys/fs/cgroup                            controllers are enabled here
//   /sys/fs/cgroup/container-kit              and here, for its children,
//   /sys/fs/cgroup/container-kit/NAME         and limits are set here
//
// given/control.h has what the steps are made of.

#pragma once

#include <linux/sched.h>  // clone_args

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace container {

inline const std::filesystem::path kCgroupRoot = "/sys/fs/cgroup";
inline const std::filesystem::path kCgroupParent =
    kCgroupRoot / "container-kit";

// Where a limit is a number, this one stands for none. The kernel says "max".
inline constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

// At most `value` units of `key` for the block device `device`.
struct IoLimit {
  std::string device;  // "/dev/vda", or its numbers: "254:0".
  std::string key;     // rbps, wbps (bytes/s), riops or wiops (requests/s).
  std::uint64_t value = 0;
};

// What is not set is left as the kernel has it: without a limit.
struct Limits {
  std::optional<std::uint64_t> pids_max;    // Processes and threads.
  std::optional<std::uint64_t> memory;      // Bytes.
  std::optional<std::uint64_t> swap;        // Bytes, or kUnlimited.
  std::optional<std::uint64_t> memory_low;  // Bytes to keep while others have
                                            // more than theirs.
  std::optional<double> cpus;               // Processors' worth of time: 1.5.
  std::optional<unsigned> cpu_weight;       // 1 to 10000; the kernel's is 100.
  std::optional<std::string> cpuset_cpus;   // "0-2,4"
  std::vector<IoLimit> io_max;
};

// ---- The steps ----

// Step 06.1. Makes the cgroup `leaf`, which is below kCgroupRoot, so that
// `controllers` ("memory", "pids", ...) have their files in it. The cgroups
// between are made if they are not there. Controllers that are already enabled
// there stay so; in the leaf, none is enabled.
//
// Throws SystemError: EEXIST if the leaf is already there; ENOENT or EINVAL if
// the host does not have a controller; EBUSY if processes are in the way.
void make_cgroup(const std::filesystem::path& leaf,
                 const std::vector<std::string>& controllers);

// Step 06.2. Sets pids.max, memory.max, memory.swap.max and memory.low, as far
// as `limits` has them. With a limit for memory, the cgroup dies as a whole
// when it runs out of memory (memory.oom.group), for half a container is of no
// use.
//
// Throws SystemError [errors].
void limit_pids_and_memory(const std::filesystem::path& cgroup,
                           const Limits& limits);

// Step 06.3. Sets cpu.max (in periods of 100 ms), cpu.weight, cpuset.cpus and
// io.max, as far as `limits` has them.
//
// Throws SystemError [errors]; std::runtime_error if the cgroup does not get
// exactly the processors that were asked for (the kernel does not say so by
// itself), or if IoLimit::device is not a block device.
void limit_cpu_and_io(const std::filesystem::path& cgroup,
                      const Limits& limits);

// Step 06.4. Fills in what makes clone3() start the child inside the cgroup
// that is open as `cgroup`. Other flags in `args` stay. So the child is limited
// from its first instruction on, and its children are, too.
void start_in_cgroup(clone_args& args, int cgroup);

// Step 06.5. In the child: makes the cgroup that it is in the root of all that
// it sees. Afterwards /proc/self/cgroup says "0::/", and kCgroupRoot shows this
// cgroup, read-only, in place of the host's.
//
// The caller has a mount namespace of its own, and its mounts are private.
// Throws SystemError [errors].
void enter_cgroup_namespace();

// Step 06.6. Stops every process in the cgroup, or lets them go on. Returns
// when it is done: cgroup.events says so. Throws SystemError.
void set_frozen(const std::filesystem::path& cgroup, bool frozen);

// Step 06.7. Ends every process in the cgroup and in those below, waits until
// there is none, and removes them. A cgroup that is gone already is fine.
//
// Throws SystemError [errors]; std::runtime_error if processes do not end.
void remove_cgroup(const std::filesystem::path& cgroup);

}  // namespace container
