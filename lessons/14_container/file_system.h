// Given: what a container's file system has beside its root: /sys, /dev, and
// covers over what the kernel would show and must not.

#pragma once

#include <filesystem>
#include <vector>

#include "lessons/01_mount/volumes.h"

namespace container {

// Makes sure that `root` can get a /proc, a /sys and a /dev: makes them if they
// are not there.
//
// Throws SystemError; std::runtime_error if one of them is not a directory: a
// link would lead these mounts to where they are not expected.
void prepare_root(const std::filesystem::path& root);

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

// After the mounts of Settings::mounts: adds links and terminals to /dev.
// Throws SystemError.
void complete_dev();

// After complete_dev(): covers files of /proc and /sys that tell about the
// machine, and makes those read-only that change it. Throws SystemError.
void hide_kernel_files();

}  // namespace container
