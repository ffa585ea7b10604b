// Lesson 01: mounts of its own
//
// Read:   mount_namespaces(7), mount(2), pivot_root(2), umount(2),
//         mount_setattr(2), openat2(2); docs/01_mount.md
// Run:    bazel run //lessons:01_mount -- --tmpfs /tmp:size=1m
// Check:  bazel test //tests:01_mount
//
// The process is in a mount namespace of its own: a copy of the host's
// mounts, which it exchanges for those of the container. given/volumes.h has
// what is around the steps.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "lessons/kit/unique_fd.h"

namespace container {

// ---- The root --------------------------------------------------------------

// Step 01.1. Makes all mounts of the calling process's mount namespace private:
// what is mounted or unmounted in it from now on is not seen in any other
// namespace, nor the other way round. Throws SystemError [errors].
void make_mounts_private();

// Step 01.2. Makes the directory `root` the root of the mount namespace, with
// all that is mounted below it. It need not be a mount point. The process's
// root and working directory are there afterwards. The old root, and all that
// is mounted below that, is still mounted: over the new one, at "/".
//
// The mounts are private. Throws SystemError: ENOENT if `root` is not there,
// ENOTDIR if it is not a directory, EBUSY if it is the root already.
void change_root(const std::filesystem::path& root);

// Step 01.3. Unmounts what is mounted over the root, and all below that, though
// files there are in use: this program is one. Then no path leads there.
//
// The working directory is the root. Throws SystemError [errors].
void drop_old_root();

// ---- What is mounted in it -------------------------------------------------

// Step 01.4. Returns a copy of the mount of `source`, a directory or a file
// (symbolic links are followed), with all that is mounted below it. It is not
// attached anywhere yet, so it outlives the old root. In none of its mounts do
// set-user-ID programs and devices work; with `read_only`, in none of them can
// anything be written. Other restrictions that the mounts have stay: what is
// read-only is so without `read_only`, too. `source` itself is as before.
//
// Throws SystemError: ENOENT if `source` is not there.
kit::UniqueFd take_volume(const std::filesystem::path& source, bool read_only);

// Step 01.5. Returns a descriptor (O_PATH) of what `path` leads to: a place in
// the container where something is to be mounted. Whoever made the root has
// made the symbolic links on the way. They are followed, as seen from the root,
// and "../.." ends there, too. Not followed are *magic links*, which lead
// anywhere: /proc/self/fd/N leads to what a descriptor stands for (proc(5)).
//
// The root and the working directory are the container's root. Throws
// SystemError: ENOENT if there is nothing, ELOOP for a magic link.
kit::UniqueFd open_target(const std::filesystem::path& path);

// Step 01.6. Mounts what take_volume() has returned on what open_target() has
// returned: a directory or a file, as the volume is. Throws SystemError
// [errors].
void attach_volume(int volume, int target);

// Step 01.7. Mounts a new tmpfs on the directory `target`: `size` bytes, or
// half of the host's memory. All may write to it, as to /tmp (mode 1777).
// There are no set-user-ID programs, no devices, and no programs at all in it.
// Throws SystemError [errors].
void mount_tmpfs(const std::filesystem::path& target,
                 std::optional<std::uint64_t> size);

// Step 01.8. Makes the root read-only for those in this mount namespace; other
// restrictions that it has stay. What is mounted below it stays as it is, and
// so does the same directory for the rest of the host. Throws SystemError
// [errors].
void make_root_read_only();

}  // namespace container
