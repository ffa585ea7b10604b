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

// Step 14.1. First of all: makes the container's cgroup and sets its limits.
//
// Throws what the functions of lesson 06 throw. Nothing is left then.
Cgroup prepare_cgroup(const Settings& settings);

// Step 14.2. Returns the arguments of the one clone3() that starts the init: in
// the cgroup, and in new namespaces of these kinds: mount, PID, UTS, IPC; with
// has_own_network also network, and with id_maps also user.
clone_args prepare_start(const Settings& settings, const Cgroup& cgroup);

// Step 14.3. Prepares from outside what the init cannot do itself, while it
// waits for that: writes its id maps, if there are any, and makes its network.
// Returns the ContainerNetwork, which goes with that; nullptr if the container
// has none of its own.
//
// init: its process number. Throws what the functions of the lessons throw.
std::unique_ptr<ContainerNetwork> prepare_from_outside(const Settings& settings,
                                                       pid_t init);

// ---- In the init -----------------------------------------------------------

// Step 14.4. Moves into the container: into its users, its names, its root and
// its mounts. Afterwards nothing of the host can be reached by a path, nor by
// what is to be found in the init (step 02.4); and the init ends as soon as the
// program does.
//
// The mounts of Settings::mounts are used up. program: a pidfd of the program.
// Throws what the functions of the lessons throw.
void move_in(Settings& settings, int program);

// Step 14.5. While the command waits: leaves the init what its work needs, and
// no more. It may signal every process (CAP_KILL), and has no other capability,
// in none of its five sets; no execve() gives it one; and its system calls are
// those of settings.init_filter.
//
// Throws what the functions of the lessons throw.
void confine_init(const Settings& settings);

// ---- In the command --------------------------------------------------------

// Step 14.6. Becomes settings.user and lets go of all that the command must not
// have: capabilities, privileges to come (unless allows_new_privileges), system
// calls. The filter comes last: it need not allow what the others call. Then
// becomes the command. Does not return.
//
// Throws what the functions of the lessons throw.
[[noreturn]] void become_command(const Settings& settings);

}  // namespace container
