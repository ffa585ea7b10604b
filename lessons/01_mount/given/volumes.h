// What is mounted in a container beside its root: volumes, and tmpfs.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lessons/kit/unique_fd.h"

namespace container {

struct Mount {
  std::filesystem::path target;         // In the container.
  std::filesystem::path source;         // On the host. Empty: a tmpfs.
  bool read_only = false;               // A volume's.
  bool device = false;                  // A device, that is to work as one.
  std::optional<std::uint64_t> size{};  // A tmpfs's, in bytes.
  kit::UniqueFd volume{};               // Once it is opened.
};

// "SRC:DST" or "SRC:DST:ro", the option --volume. DST begins with '/'.
// "DST" or "DST:size=64m", the option --tmpfs.
//
// Both throw std::runtime_error. They are for kit::Options::add_list().
Mount parse_volume(const std::string& text);
Mount parse_tmpfs(const std::string& text);

// Puts what is mounted below another target behind that one.
//
// Throws std::runtime_error if two have the same target.
void sort_mounts(std::vector<Mount>& mounts);

// Before the old root is dropped: takes the volumes (step 01.4), and devices.
void open_volumes(std::vector<Mount>& mounts);

// After that: attaches them (step 01.6), and mounts the tmpfs (step 01.7).
//
// What is not there of a target is made, with the directories above it, and
// stays. Targets are opened by step 01.5: no link of the root leads out. Those
// that a link leads elsewhere come after all others.
//
// Throws SystemError, and std::runtime_error if a target leads to where it
// would cover what is mounted already, or into a file system of the kernel's,
// or is a file for a directory, or the other way round.
void place_mounts(std::vector<Mount>& mounts);

}  // namespace container
