#include "lessons/14_container/given/kernel_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lessons/kit/check.h"
#include "lessons/kit/unique_fd.h"

using kit::check;
using kit::UniqueFd;

namespace container {
namespace {

// What tells about the host, its hardware and its other processes.
const std::vector<std::string> kHiddenInProc = {
    "acpi",          "asound", "interrupts",  "kcore",      "keys",
    "latency_stats", "scsi",   "sched_debug", "timer_list", "timer_stats"};
const std::vector<std::string> kHiddenInSys = {"firmware",
                                               "devices/virtual/powercap"};

// A file system of the kernel's, and its path for messages.
struct Top {
  const char* path;
  UniqueFd fd;

  std::string path_of(const std::string& name) const {
    return std::string(path) + "/" + name;
  }
};

// type: as fstatfs(2) has it.
Top open_top(const char* path, long type) {
  Top top{path, UniqueFd{check(
                    ::open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
                    "open {}", path)}};
  struct statfs now {};
  check(::fstatfs(top.fd.get(), &now), "look at {}", path);
  if (now.f_type != type) {
    kit::fail("cover files of {}: it is not the kernel's any more", path);
  }
  return top;
}

// Nothing if it is not there, and then needs no cover. That is asked of the
// name itself: a mount that fails with ENOENT may have failed for another
// reason.
std::optional<mode_t> mode_of(const Top& top, const std::string& name) {
  struct stat now {};
  if (::fstatat(top.fd.get(), name.c_str(), &now, AT_SYMLINK_NOFOLLOW) == 0) {
    return now.st_mode;
  }
  if (errno != ENOENT) check(-1, "look at {}", top.path_of(name));
  return {};
}

void cover(const Top& top, const std::string& name, const UniqueFd& mount) {
  check(::move_mount(mount.get(), "", top.fd.get(), name.c_str(),
                     MOVE_MOUNT_F_EMPTY_PATH),
        "cover {}", top.path_of(name));
}

// A mount of the device "null", by whatever name it can be reached.
UniqueFd take_null() {
  UniqueFd null{check(
      ::open_tree(AT_FDCWD, "/dev/null",
                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW),
      "open /dev/null")};
  struct stat now {};
  check(::fstat(null.get(), &now), "look at /dev/null");
  if (!S_ISCHR(now.st_mode) || now.st_rdev != makedev(1, 3)) {
    kit::fail("cover files with /dev/null: it is not that device any more");
  }
  return null;
}

// An empty file system that stays so.
UniqueFd make_empty() {
  const UniqueFd context{
      check(::fsopen("tmpfs", FSOPEN_CLOEXEC), "ask for a tmpfs")};
  check(::fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0),
        "make a tmpfs");
  return UniqueFd{check(::fsmount(context.get(), FSMOUNT_CLOEXEC,
                                  MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
                                      MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC),
                        "mount a tmpfs")};
}

// Covers a file with an empty one, and a directory with an empty one.
void hide(const Top& top, const std::string& name, bool is_directory) {
  cover(top, name, is_directory ? make_empty() : take_null());
}

// Mounts it onto itself, read-only. Names are taken from the working directory,
// which is `top`: mount(2) knows no other way to begin at a descriptor, and is
// the fastest. Nobody runs in the container yet who could write meanwhile.
void make_read_only(const Top& top, const std::string& name) {
  check(::mount(name.c_str(), name.c_str(), nullptr, MS_BIND, nullptr),
        "mount {} onto itself", top.path_of(name));
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  check(::mount_setattr(top.fd.get(), name.c_str(), AT_SYMLINK_NOFOLLOW,
                        &attributes, sizeof attributes),
        "make {} read-only", top.path_of(name));
}

struct DirectoryEntry {
  std::string name;
  unsigned char type;  // DT_DIR and the like (readdir(3)).
};

std::vector<DirectoryEntry> entries_of(const Top& top) {
  UniqueFd fd{
      check(::openat(top.fd.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
            "open {}", top.path)};
  const auto close = [](DIR* open) { ::closedir(open); };
  const std::unique_ptr<DIR, decltype(close)> directory(::fdopendir(fd.get()),
                                                        close);
  check(directory ? 0 : -1, "read {}", top.path);
  (void)fd.release();  // The directory closes it.
  std::vector<DirectoryEntry> entries;
  errno = 0;  // Else the end cannot be told from a failure.
  while (const auto* entry = ::readdir(directory.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") entries.push_back({name, entry->d_type});
    errno = 0;
  }
  check(errno == 0 ? 0 : -1, "read {}", top.path);
  return entries;
}

// The directory of a process. All else, but for links to one ("self", "net"),
// is the host's: there is one /proc/irq, however many /proc.
bool is_process_s(const std::string& name) {
  return name.find_first_not_of("0123456789") == name.npos;
}

// A mode is asked for only where it matters: each question makes the kernel
// build an inode, and most entries are files.
bool can_be_written(const Top& top, const DirectoryEntry& entry) {
  if (entry.type == DT_LNK) return false;
  if (entry.type == DT_DIR) return true;
  const auto mode = mode_of(top, entry.name);
  return mode && (*mode & 0222) != 0;
}

void cover_proc(const Top& proc, const DirectoryEntry& entry) {
  if (is_process_s(entry.name)) return;
  if (std::ranges::count(kHiddenInProc, entry.name) > 0) {
    hide(proc, entry.name, entry.type == DT_DIR);
  } else if (can_be_written(proc, entry)) {
    make_read_only(proc, entry.name);
  }
}

}  // namespace

void hide_kernel_files() {
  const Top proc = open_top("/proc", PROC_SUPER_MAGIC);
  check(::fchdir(proc.fd.get()), "enter {}", proc.path);
  for (const auto& entry : entries_of(proc)) cover_proc(proc, entry);

  const Top sys = open_top("/sys", SYSFS_MAGIC);
  for (const auto& name : kHiddenInSys) {
    if (const auto mode = mode_of(sys, name)) hide(sys, name, S_ISDIR(*mode));
  }
  check(::chdir("/"), "enter the root");
}

}  // namespace container
