// The root file system that every program has with it.

#pragma once

#include <filesystem>

namespace kit {

// Returns the path of a root file system with busybox: /bin/sh and the usual
// tools, made by rootfs-scripts/busybox.sh, and for root the usual devices.
//
// It is linked into the program and unpacked when it is first needed, for root
// as /var/cache/container-kit/roots/busybox-DIGEST, for others in the
// run_folder(). Nobody else can enter the folder above it.
//
// This is a cache, shared by the programs of all lessons but 14: what is
// written there is seen by the next one. Each call looks at every entry (type,
// mode, owner, content), and makes again what is missing or no longer as it
// was. What was added stays. It may be deleted at any time when nobody uses it.
//
// Throws SystemError, and std::runtime_error as run_folder() does.
std::filesystem::path default_root();

// Unpacks the same into the empty directory `folder`, without devices: a
// container's own copy. All of it belongs to the caller.
//
// Throws SystemError.
void unpack_default_root(const std::filesystem::path& folder);

}  // namespace kit
