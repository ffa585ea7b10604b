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

// Stands for no limit, for which the kernel's word is "max" [06.2 unlimited].
inline constexpr std::uint64_t kUnlimited = ~std::uint64_t{0};

// At most `value` units of `key` for the block device `device`.
struct IoLimit {
  std::string device;  // "/dev/vda", or its numbers: "254:0" [06.3 device].
  std::string key;     // rbps, wbps (bytes/s), riops or wiops (requests/s)
                       // [06.3 keys].
  std::uint64_t value = 0;
};

// What is not set is left as the kernel has it: without a limit [06.2 unset]
// [06.3 unset].
struct Limits {
  std::optional<std::uint64_t> pids_max;    // Processes and threads.
  std::optional<std::uint64_t> memory;      // Bytes [06.2 bytes].
  std::optional<std::uint64_t> swap;        // Bytes, or kUnlimited.
  std::optional<std::uint64_t> memory_low;  // Bytes to keep while others have
                                            // more than theirs.
  std::optional<double> cpus;               // Processors' worth of time: 1.5.
  std::optional<unsigned> cpu_weight;       // 1 to 10000; the kernel's is 100.
  std::optional<std::string> cpuset_cpus;   // "0-2,4"
  std::vector<IoLimit> io_max;
};

// ---- The steps ----

// Step 06.1. Makes the cgroup `leaf` [made], which is below kCgroupRoot, so
// that `controllers` ("memory", "pids", ...) have their files in it [files]. No
// others are enabled for it [only]. The cgroups between are made if they are
// not there [between]. Controllers that are already enabled there stay so
// [stay]; in the leaf, none is enabled [leaf].
//
// Throws SystemError, which names the cgroup or the controller [names]: EEXIST
// if the leaf is already there [EEXIST]; ENOENT or EINVAL if the host does not
// have a controller [missing]; EBUSY if processes are in the way [EBUSY].
void make_cgroup(const std::filesystem::path& leaf,
                 const std::vector<std::string>& controllers);

// Step 06.2. Sets pids.max [pids], memory.max [max], memory.swap.max [swap] and
// memory.low [low], as far as `limits` has them. With a limit for memory, the
// cgroup dies as a whole when it runs out of memory (memory.oom.group)
// [together], for half a container is of no use.
//
// Throws SystemError, which names the file, if one cannot be set [errors].
void limit_pids_and_memory(const std::filesystem::path& cgroup,
                           const Limits& limits);

// Step 06.3. Sets cpu.max (in periods of 100 ms [quota], rounded to whole
// microseconds [rounded]), cpu.weight [weight], cpuset.cpus [cpus] and io.max
// [io], as far as `limits` has them.
//
// Throws SystemError, which names the file, if one cannot be set [errors];
// std::runtime_error, which names what was asked for, if the cgroup does not
// get exactly these processors [exactly] (the kernel does not say so by
// itself), or if IoLimit::device is not a block device [disk].
void limit_cpu_and_io(const std::filesystem::path& cgroup,
                      const Limits& limits);

// Step 06.4. Fills in what makes clone3() start the child inside the cgroup
// that is open as `cgroup` [inside]. The caller stays where it is [caller], and
// other flags in `args` stay [flags]. So the child is limited from its first
// instruction on, and its children are, too.
void start_in_cgroup(clone_args& args, int cgroup);

// Step 06.5. In the child: makes a cgroup namespace, and no other [only], of
// which the cgroup that it is in is the root: /proc/self/cgroup says "0::/"
// [namespace]. At kCgroupRoot, this cgroup is mounted [shows], read-only
// [read-only], nosuid, nodev and noexec [options], and in place of the host's
// mount, which is gone [instead]. For the host, all stays as it is [host].
//
// The caller has a mount namespace of its own, and its mounts are private.
// Throws SystemError [errors].
void enter_cgroup_namespace();

// Step 06.6. Stops every process in the cgroup [stops], or lets them go on
// [thaws]. Returns when it is done [done]: cgroup.events says so.
//
// Throws SystemError, which names the cgroup: ENOENT if it is not there
// [ENOENT].
void set_frozen(const std::filesystem::path& cgroup, bool frozen);

// Step 06.7. Ends every process in the cgroup [ends] and in those below
// [below], also what they fork meanwhile [forks], waits until there is none
// [waits], and removes the cgroups [removed]. Others are left alone [others]. A
// cgroup that is gone already is fine [gone].
//
// Throws SystemError, which names the cgroup, if one cannot be removed
// [errors]; if processes do not end, what wait_for_event() throws.
void remove_cgroup(const std::filesystem::path& cgroup);

}  // namespace container
