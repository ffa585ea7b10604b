#include "lessons/01_mount/mount.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lessons/kit/check.h"
#include "lessons/kit/todo.h"

using kit::check;

namespace container {

void make_mounts_private() {
  // The host's mounts are shared: without this, all that follows would
  // happen there, too. MS_REC: each mount has a propagation of its own.
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr),
        "make the mounts private");
}

void change_root(const std::filesystem::path& root) {
  // pivot_root() wants a mount, so make one of the directory.
  const char* path = root.c_str();
  check(::mount(path, path, nullptr, MS_BIND | MS_REC, nullptr),
        "use {} as the root", path);
  // Only now: the working directory is to be in the new mount, not below it.
  check(::chdir(path), "enter the new root {}", path);
  // The old root goes where the new one is, and so needs no directory there.
  check(::syscall(SYS_pivot_root, ".", "."), "change the root to {}", path);
}

void drop_old_root() {
  // "." as the target of umount2() is what is mounted over the working
  // directory. MNT_DETACH: out of sight now, gone when it is no longer in use.
  check(::umount2(".", MNT_DETACH), "unmount the old root");
}

kit::UniqueFd take_volume(const std::filesystem::path& source, bool read_only) {
  kit::UniqueFd volume{
      check(::open_tree(AT_FDCWD, source.c_str(),
                        OPEN_TREE_CLONE | AT_RECURSIVE | OPEN_TREE_CLOEXEC),
            "open the volume {}", source.native())};
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
  if (read_only) attributes.attr_set |= MOUNT_ATTR_RDONLY;
  check(::mount_setattr(volume.get(), "", AT_EMPTY_PATH | AT_RECURSIVE,
                        &attributes, sizeof attributes),
        "restrict the volume {}", source.native());
  return volume;
}

kit::UniqueFd open_target(const std::filesystem::path& path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  // With the root as the working directory: neither an absolute link nor ".."
  // leads out. A magic link could, since it asks for no path.
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const auto target =
      ::syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how);
  return kit::UniqueFd{
      static_cast<int>(check(target, "open {} in the root", path.native()))};
}

void attach_volume(int volume, int target) {
  check(::move_mount(volume, "", target, "",
                     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH),
        "mount a volume");
}

void mount_tmpfs(const std::filesystem::path& target,
                 std::optional<std::uint64_t> size) {
  const std::string options = size ? fmt::format("size={}", *size) : "";
  check(::mount("tmpfs", target.c_str(), "tmpfs",
                MS_NOSUID | MS_NODEV | MS_NOEXEC, options.c_str()),
        "mount a tmpfs on {}", target.native());
}

void make_root_read_only() {
  // The mount, not the file system: others have that mounted, too.
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  check(::mount_setattr(AT_FDCWD, "/", 0, &attributes, sizeof attributes),
        "make the root read-only");
}

}  // namespace container
