#include "lessons/14_container/file_system.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lessons/06_cgroups/cgroup.h"
#include "lessons/kit/check.h"
#include "lessons/kit/default_root.h"

using kit::check;

namespace container {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kDevSize = 64 << 10;
constexpr std::uint64_t kSharedMemorySize = 64 << 20;
constexpr unsigned long kPlain = MS_NOSUID | MS_NODEV | MS_NOEXEC;

// What tells about the machine, its hardware and its other processes.
constexpr const char* kHidden[] = {
    "/proc/acpi",        "/proc/asound",  "/proc/interrupts",
    "/proc/kcore",       "/proc/keys",    "/proc/latency_stats",
    "/proc/sched_debug", "/proc/scsi",    "/proc/timer_list",
    "/proc/timer_stats", "/sys/firmware", "/sys/devices/virtual/powercap"};

// What changes the machine.
constexpr const char* kReadOnly[] = {"/proc/bus", "/proc/fs", "/proc/irq",
                                     "/proc/sys", "/proc/sysrq-trigger"};

// Is the path there? That is asked of the path itself: a mount that fails with
// ENOENT may have failed for another reason, and the cover would be missing.
bool exists(const char* path) {
  struct stat now {};
  if (::lstat(path, &now) == 0) return true;
  if (errno != ENOENT) check(-1, "look at {}", path);
  return false;
}

bool is_directory(const char* path) {
  struct stat now {};
  check(::stat(path, &now), "look at {}", path);
  return S_ISDIR(now.st_mode);
}

// Covers a file with an empty one, and a directory with an empty one. What this
// kernel does not have needs no cover.
void hide(const char* path) {
  if (!exists(path)) return;
  if (is_directory(path)) {
    check(::mount("tmpfs", path, "tmpfs", kPlain | MS_RDONLY, nullptr),
          "hide {}", path);
  } else {
    check(::mount("/dev/null", path, nullptr, MS_BIND, nullptr), "hide {}",
          path);
  }
}

// Mounts the path onto itself, read-only. It is so before it is to be seen.
void make_read_only(const char* path) {
  if (!exists(path)) return;
  const kit::UniqueFd copy{
      check(::open_tree(AT_FDCWD, path,
                        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE),
            "open {}", path)};
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  check(::mount_setattr(copy.get(), "", AT_EMPTY_PATH | AT_RECURSIVE,
                        &attributes, sizeof attributes),
        "make {} read-only", path);
  check(::move_mount(copy.get(), "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH),
        "make {} read-only", path);
}

// What is to be mounted there already, was asked for and comes first.
void add(std::vector<Mount>& mounts, Mount mount) {
  for (const auto& other : mounts) {
    if (other.target == mount.target) return;
  }
  mounts.push_back(std::move(mount));
}

// The top of the host's own tree (hier(7)), also by another path: through a
// link, or a bind mount.
void refuse_host_directory(const fs::path& root) {
  struct stat asked {};
  check(::stat(root.c_str(), &asked), "look at {}", root.native());
  for (const auto* own :
       {"/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/proc", "/root",
        "/run", "/sbin", "/sys", "/tmp", "/usr", "/var"}) {
    struct stat host {};
    if (::stat(own, &host) == -1) continue;
    if (host.st_dev != asked.st_dev || host.st_ino != asked.st_ino) continue;
    kit::fail("use {} as the root: it is the host's own {}", root.native(),
              own);
  }
}

Mount tmpfs(const char* target, std::uint64_t size) {
  Mount mount;
  mount.target = target;
  mount.size = size;
  return mount;
}

Mount device(const char* path) {
  Mount mount;
  mount.source = mount.target = path;
  mount.device = true;
  return mount;
}

}  // namespace

void prepare_root(const fs::path& root) {
  refuse_host_directory(root);
  for (const auto* name : {"proc", "sys", "dev"}) {
    const std::string path = root / name;
    if (::mkdir(path.c_str(), 0755) == 0) continue;
    const int error = errno;
    struct stat now {};
    if (::lstat(path.c_str(), &now) == -1) {
      throw kit::SystemError(error, fmt::format("make {}", path));
    }
    if (!S_ISDIR(now.st_mode)) kit::fail("{} is not a directory", path);
  }
}

fs::path provide_root(const std::optional<fs::path>& chosen) {
  if (chosen) return *chosen;
  // Any directory will do: it is covered in this mount namespace alone.
  const fs::path folder = "/run";
  check(::mount("busybox", folder.c_str(), "tmpfs", MS_NODEV, "mode=0755"),
        "mount a root file system on {}", folder.native());
  kit::unpack_default_root(folder);
  return folder;
}

void add_devices(std::vector<Mount>& mounts) {
  add(mounts, tmpfs("/dev", kDevSize));
  for (const auto* path : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                           "/dev/urandom", "/dev/tty"}) {
    add(mounts, device(path));
  }
  add(mounts, tmpfs("/dev/shm", kSharedMemorySize));
}

void mount_sys() {
  check(::mount("sysfs", "/sys", "sysfs", kPlain | MS_RDONLY, nullptr),
        "mount /sys");
  check(::mount("tmpfs", kCgroupRoot.c_str(), "tmpfs", kPlain, nullptr),
        "make a place for the cgroups");
}

void forbid_devices() {
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NODEV;
  check(::mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, &attributes,
                        sizeof attributes),
        "forbid devices in the root");
}

void complete_dev(const Terminal& terminal) {
  check(::chmod("/dev", 0755), "set the mode of /dev");
  check(::mkdir("/dev/pts", 0755), "make /dev/pts");
  // Terminals of its own: an instance of devpts knows none of another.
  check(::mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                "newinstance,ptmxmode=0666,mode=0620"),
        "mount /dev/pts");
  for (const auto& [link, target] : {std::pair{"/dev/ptmx", "pts/ptmx"},
                                     {"/dev/fd", "/proc/self/fd"},
                                     {"/dev/stdin", "/proc/self/fd/0"},
                                     {"/dev/stdout", "/proc/self/fd/1"},
                                     {"/dev/stderr", "/proc/self/fd/2"}}) {
    check(::symlink(target, link), "make {}", link);
  }
  open_terminal(terminal);
}

void hide_kernel_files() {
  for (const auto* path : kHidden) hide(path);
  for (const auto* path : kReadOnly) make_read_only(path);
}

}  // namespace container
