// Lesson 14: a container
//
// Read:   docs/14_container.md
// Run:    bazel run //lessons:14_container -- run --pids-limit 5
// Check:  bazel test //tests:14_container
//
// Nothing new from the kernel: the functions of the other lessons, in the right
// order. So far, these are lessons 00 and 06; the others will join them.

#pragma once

#include <linux/sched.h>  // clone_args

#include <filesystem>
#include <string>

#include "lessons/06_cgroups/owner.h"
#include "lessons/kit/program.h"

namespace container {

// What a container is to be like.
struct Settings {
  std::string name;
  std::filesystem::path root;
  Limits limits;
  kit::Command command;
};

// Step 14.1. In the parent, first of all: makes the container's cgroup and sets
// its limits.
//
// Throws what the functions of lesson 06 throw. Nothing is left then.
Cgroup prepare_cgroup(const Settings& settings);

// Step 14.2. In the parent: returns the arguments of the one clone3() that
// starts the container, with every new namespace and the cgroup.
clone_args prepare_start(const Cgroup& cgroup);

// Step 14.3. In the child: makes itself the container and becomes the command.
// Does not return.
//
// The caller's mounts are private. Throws what the functions of the lessons
// throw.
[[noreturn]] void become_container(const Settings& settings);

}  // namespace container
