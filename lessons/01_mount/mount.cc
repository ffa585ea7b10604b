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
  // TODO(01.1): one call of ::mount() sets the propagation of "/", and with a
  // second flag that of all mounts below it. Most arguments are not used.
  throw kit::Todo("01.1");
}

void change_root(const std::filesystem::path& root) {
  // TODO(01.2): ::mount() the directory onto itself, with all below it: a bind
  // mount. Enter it with ::chdir(). Then ::syscall(SYS_pivot_root, ".", "."),
  // for which pivot_root(2) has a section of its own.
  throw kit::Todo("01.2");
}

void drop_old_root() {
  // TODO(01.3): ::umount2() ".", with the flag for what is in use.
  throw kit::Todo("01.3");
}

kit::UniqueFd take_volume(const std::filesystem::path& source, bool read_only) {
  // TODO(01.4): ::open_tree() makes the copy, with flags for a copy, for all
  // that is mounted below, and for a descriptor that is closed on exec. Then
  // ::mount_setattr() on that descriptor: AT_EMPTY_PATH says that there is no
  // path, and again there is a flag for all below.
  throw kit::Todo("01.4");
}

kit::UniqueFd open_target(const std::filesystem::path& path) {
  // TODO(01.5): ::syscall(SYS_openat2, ...) with an open_how: flags for a mere
  // place, which is closed on exec; and two ways to resolve the path.
  throw kit::Todo("01.5");
}

void attach_volume(int volume, int target) {
  // TODO(01.6): ::move_mount() from one descriptor to the other: there is no
  // path on either side, and a flag for each says so.
  throw kit::Todo("01.6");
}

void mount_tmpfs(const std::filesystem::path& target,
                 std::optional<std::uint64_t> size) {
  // TODO(01.7): ::mount() a file system of the type "tmpfs" with three flags.
  // The last argument is text for tmpfs: "size=4096", say, or nothing.
  throw kit::Todo("01.7");
}

void make_root_read_only() {
  // TODO(01.8): ::mount_setattr() on "/", for this mount alone.
  throw kit::Todo("01.8");
}

}  // namespace container
