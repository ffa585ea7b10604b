// Given: what a container's file system has beside its root: /sys, /dev, and
// covers over what the kernel would show and must not.

#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "lessons/01_mount/volumes.h"
#include "lessons/14_container/terminal.h"

namespace container {

// In the program, before anything else is made: makes sure that `root` can get
// a /proc, a /sys and a /dev. Makes them if they are not there.
//
// Throws SystemError; std::runtime_error if one of them is not a directory (a
// link would lead these mounts to where they are not expected), or if `root` is
// a directory of the host's own: /, /dev, /etc, ...
void prepare_root(const std::filesystem::path& root);

// In the init, with private mounts: returns the directory that is to be the
// root. If none was chosen, that is a file system in memory with a copy of
// busybox. It belongs to the container alone, and goes with its mount
// namespace: what one container writes there, no other one will ever see.
//
// Throws SystemError.
std::filesystem::path provide_root(
    const std::optional<std::filesystem::path>& chosen);

// Adds what /dev is made of to the mounts of a container: a tmpfs, six devices
// of the machine's, and memory to be shared, /dev/shm.
void add_devices(std::vector<Mount>& mounts);

// In the new root, while the old one is still mounted: mounts a read-only
// sysfs, which shows the network of the caller, and makes a place in it for
// step 06.5, which replaces what is mounted at kCgroupRoot. Throws SystemError.
void mount_sys();

// When the old root has gone, and before the mounts of Settings::mounts: device
// files in the root do not work any more. Root of a container may make them
// (CAP_MKNOD), and one of them could be the machine's disk. Throws SystemError.
void forbid_devices();

// After the mounts of Settings::mounts: adds links and terminals to /dev, and
// makes the container's terminal, if it is to have one. Throws SystemError.
void complete_dev(const Terminal& terminal);

// After complete_dev(): covers files of /proc and /sys that tell about the
// machine, and makes those read-only that change it. Throws SystemError.
void hide_kernel_files();

}  // namespace container
