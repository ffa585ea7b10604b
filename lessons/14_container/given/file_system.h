// Given: what a container's file system has beside its root: /sys and /dev.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "lessons/01_mount/given/volumes.h"
#include "lessons/14_container/given/terminal.h"

namespace container {

// A root that was chosen: its path, and which directory that was when it was
// looked at.
struct Root {
  std::filesystem::path path;
  dev_t device = 0;
  ino_t inode = 0;
};

// In the program, before anything else is made: makes sure that `root` can get
// a /proc, a /sys and a /dev. Makes them if they are not there. Notes which
// directory that was.
//
// Throws SystemError; std::runtime_error if one of them is not a directory (a
// link would lead these mounts to where they are not expected), or if the root
// is a directory of the host's own, /, /dev, /etc, ..., or the kernel's.
void prepare_root(Root& root);

// In the init, with private mounts: returns the directory that is to be the
// root. It is at a path that nobody else can change.
//
// If none was chosen, that is a file system in memory with a copy of busybox.
// It belongs to the container alone, and goes with its mount namespace: what
// one container writes there, no other one will ever see.
//
// Throws SystemError; std::runtime_error if the path of `chosen` leads to
// another directory than prepare_root() has looked at.
std::filesystem::path provide_root(const std::optional<Root>& chosen);

// Adds what /dev is made of to the mounts of a container: a tmpfs, six devices
// of the host's, and memory to be shared, /dev/shm: `shm_size` bytes, or
// 64m.
void add_devices(std::vector<Mount>& mounts,
                 std::optional<std::uint64_t> shm_size);

// In the new root, while the old one is still mounted: mounts a read-only
// sysfs, which shows the network of the caller, and makes a place in it for
// step 06.5, which replaces what is mounted at kCgroupRoot. Throws SystemError.
void mount_sys();

// When the old root has gone, and before the mounts of Settings::mounts: device
// files in the root do not work any more. Root of a container may make them
// (CAP_MKNOD), and one of them could be the host's disk. Throws SystemError.
void forbid_devices();

// Whether complete_dev() makes `target`, which is normal, or mounts on it.
bool is_made_in_dev(const std::filesystem::path& target);

// After the mounts of Settings::mounts: adds links and terminals to /dev, and
// makes the container's terminal, if it is to have one. Throws SystemError.
void complete_dev(const Terminal& terminal);

}  // namespace container
