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

// Step 01.1. Makes all mounts of the calling process's mount namespace private
// [private]: what is mounted or unmounted in it from now on is not seen in any
// other namespace [out], nor the other way round [in]. Throws SystemError
// [errors].
void make_mounts_private();

// Step 01.2. Makes the directory `root` the root of the mount namespace [root],
// with all that is mounted below it [below]. It need not be a mount point
// [any]. The process's root and working directory are there afterwards
// [entered]. The old root, and all that is mounted below that, is still
// mounted: over the new one, at "/" [over].
//
// root: a path of any bytes [bytes], from the working directory if it is
// relative [relative]. Symbolic links are followed [links]. The mounts are
// private. Throws SystemError, which names it [names]: ENOENT if it is not
// there [ENOENT], ENOTDIR if it is not a directory [ENOTDIR], EBUSY if it is
// the root already [EBUSY].
void change_root(const std::filesystem::path& root);

// Step 01.3. Unmounts what is mounted over the root, and all below that [all],
// though files there are in use [used]: this program is one. Then no path leads
// there [paths].
//
// The working directory is the root. Throws SystemError [errors].
void drop_old_root();

// ---- What is mounted in it -------------------------------------------------

// Step 01.4. Returns a copy of the mount of `source` [copy], a directory or a
// file [file], with all that is mounted below it [below]. It is not attached
// anywhere yet [loose], so it outlives the old root. In none of its mounts do
// set-user-ID programs [nosuid] and devices [nodev] work; with `read_only`, in
// none of them can anything be written [ro]. Other restrictions that the mounts
// have stay [stay]: what is read-only is so without `read_only`, too. No other
// is added [only]. `source` itself is as before [source].
//
// source: a path of any bytes [bytes], from the working directory if it is
// relative [relative]. Symbolic links are followed [links]. Throws SystemError
// [errors], which names it [names]: ENOENT if it is not there [ENOENT].
kit::UniqueFd take_volume(const std::filesystem::path& source, bool read_only);

// Step 01.5. Returns a descriptor of what `path` leads to, where something is
// to be mounted. It is a mere place (O_PATH): what is there is not opened to be
// read or written [place]. Whoever made the root has made the symbolic links on
// the way. They are followed, as seen from the root [links], and "../.." ends
// there, too [up]. Not followed are *magic links*, which lead anywhere:
// /proc/self/fd/N leads to what a descriptor stands for (proc(5)). What is
// mounted on the way is no obstacle [mounts].
//
// The root and the working directory are the container's root, and what `path`
// leads to is there. Throws SystemError: ELOOP for a magic link [ELOOP].
kit::UniqueFd open_target(const std::filesystem::path& path);

// Step 01.6. Mounts what take_volume() has returned [mounts] on what
// open_target() has returned: a directory, or a file if the volume is one
// [file]. Throws SystemError [errors].
void attach_volume(int volume, int target);

// Step 01.7. Mounts a new tmpfs [tmpfs] on the directory `target`, which can be
// a relative path [relative]: `size` bytes [size], in whole pages [pages], or
// half of the host's memory [half]. All may write to it, as to /tmp (mode 1777)
// [mode]. There are no set-user-ID programs [nosuid], no devices [nodev], and
// no programs at all in it [noexec]. Throws SystemError [errors].
void mount_tmpfs(const std::filesystem::path& target,
                 std::optional<std::uint64_t> size);

// Step 01.8. Makes the root read-only for those in this mount namespace [ro].
// Other restrictions that it has stay [stay], and no other is added [only].
// What is mounted below it stays as it is [below], and so does the same
// directory for the rest of the host [host]. Throws SystemError [errors].
void make_root_read_only();

}  // namespace container
