// Lesson 14: a container
//
// Read:   docs/14_container.md
// Run:    bazel run //lessons:14_container -- run --pids-limit 5
// Check:  bazel test //tests:14_container
//
// Nothing new from the kernel: the functions of the other lessons, in the right
// order. main.cc calls these steps, and they call the others. Three processes
// take part, as in lesson 02:
//
//   the program    stays outside: 14.1, 14.2, 14.3
//     the init     is process 1 of the container: 14.4, 14.5
//       the command, process 2: 14.6
//
// The command waits until the init has done step 14.5: whatever runs in the
// container never sees an init that has more rights than it needs.

#pragma once

#include <linux/sched.h>  // clone_args

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lessons/01_mount/given/volumes.h"
#include "lessons/03_user/user.h"
#include "lessons/05_net/given/container_network.h"
#include "lessons/06_cgroups/given/owner.h"
#include "lessons/07_caps/capabilities.h"
#include "lessons/08_seccomp/filter.h"
#include "lessons/14_container/given/file_system.h"
#include "lessons/14_container/given/terminal.h"
#include "lessons/kit/program.h"

namespace container {

// What a container is to be like. given/settings.h makes it from the
// options.
struct Settings {
  std::string name;  // Of the container, and of its cgroup.
  Limits limits;

  std::optional<Root> root;  // Not set: busybox, in memory.
  bool read_only_root = false;
  std::vector<Mount> mounts;  // Volumes and tmpfs, and what /dev is made of.
  bool hides_kernel_files = true;

  std::string host_name;
  std::optional<std::string> domain_name;

  bool has_own_network = true;  // If not, it is in the host's.
  NetworkSettings network;

  std::optional<IdMaps> id_maps;  // Not set: no user namespace.

  User user;
  CapabilitySets capabilities;
  bool allows_new_privileges = false;
  std::optional<Filter> filter;  // Not set: all system calls.

  Filter init_filter;  // What an init needs is in it, whatever `filter` is.

  std::vector<std::string> environment;  // All of it: "NAME=value".
  std::filesystem::path working_directory = "/";
  Terminal terminal;
  kit::Command command;

  std::chrono::seconds stop_timeout{10};  // From SIGTERM to SIGKILL.
};

// ---- In the program --------------------------------------------------------

// Step 14.1. First of all: makes the container's cgroup, settings.name [name],
// with the controllers of its limits and no others [controllers], and sets
// these: limits of processes and memory [memory], and of time and devices
// [time].
//
// Throws what the functions of lesson 06 throw [throws]. A Cgroup that goes
// removes what it has made.
Cgroup prepare_cgroup(const Settings& settings);

// Step 14.2. Returns the arguments of the one clone3() that starts the init: in
// the cgroup [cgroup], and in new namespaces of these kinds: mount, PID, UTS,
// IPC [always]; with has_own_network also network [network], and with id_maps
// also user [users]. There are no others [only], and the program itself stays
// in all of its own [caller].
clone_args prepare_start(const Settings& settings, const Cgroup& cgroup);

// Step 14.3. Prepares from outside what the init cannot do itself, while it
// waits for that: writes its id maps, if there are any [ids], and makes its
// network, settings.network [link], of which a loopback is always a part
// [loopback]. Returns the ContainerNetwork, which goes with that [lives];
// nullptr if the container has none of its own: the host's stays as it is
// [host].
//
// init: its process number. Throws what the functions of the lessons throw
// [throws].
std::unique_ptr<ContainerNetwork> prepare_from_outside(const Settings& settings,
                                                       pid_t init);

// ---- In the init -----------------------------------------------------------

// Step 14.4. Moves into the container:
//
// - into its users, whose root it is [users], and its names: a host name [name]
//   and, if one is set, a domain name [domain];
// - into its root, or busybox [root], where /proc shows the container's
//   processes alone [proc], /sys is there, read-only [sys], with the
//   container's cgroup in it as the root of all cgroups [cgroup];
// - to its mounts: all of settings.mounts [mounts]. What is not there of a
//   target is made, also if the root is to be read-only [targets]. /dev is
//   complete [dev], and no device of the root works [devices].
//
// Kernel files are hidden if hides_kernel_files says so [hidden], and only then
// [shown]; the root is read-only if read_only_root says so, and only then
// [read-only].
//
// Afterwards nothing of the host can be reached by a path [outside], nor by
// what is to be found in the init (step 02.4): it holds no descriptor [closed],
// and nobody can look into it [dumpable]. Nothing that is mounted is to be seen
// on the host [private]. The init ends as soon as the program does [ends].
//
// The mounts of Settings::mounts are used up. program: a pidfd of the program.
// Throws what the functions of the lessons throw [throws].
void move_in(Settings& settings, int program);

// Step 14.5. While the command waits: leaves the init what its work needs, and
// no more. It may signal every process (CAP_KILL) [kill], and has no other
// capability, in none of its five sets [sets]; no execve() gives it one
// [execve]; and its system calls are those of settings.init_filter [filter], in
// every container [every].
//
// Throws what the functions of the lessons throw [throws].
void confine_init(const Settings& settings);

// ---- In the command --------------------------------------------------------

// Step 14.6. Becomes settings.user [user], without any other group [groups],
// and lets go of all that the command must not have: capabilities, in all five
// sets [sets], and no securebits stand in for them [securebits]; privileges to
// come [execve], unless allows_new_privileges [allowed]; system calls, if there
// is a filter [filter]. The filter comes last: it need not allow what the
// others call [last]. Then becomes the command [command]. Does not return.
//
// Throws what the functions of the lessons throw [throws].
[[noreturn]] void become_command(const Settings& settings);

}  // namespace container
