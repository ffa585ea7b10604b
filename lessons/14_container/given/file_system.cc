#include "lessons/14_container/given/file_system.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

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

// The links in /dev.
constexpr std::pair<const char*, const char*> kLinks[] = {
    {"/dev/ptmx", "pts/ptmx"},
    {"/dev/fd", "/proc/self/fd"},
    {"/dev/stdin", "/proc/self/fd/0"},
    {"/dev/stdout", "/proc/self/fd/1"},
    {"/dev/stderr", "/proc/self/fd/2"}};

// What is to be mounted there already, was asked for and comes first.
void add(std::vector<Mount>& mounts, Mount mount) {
  for (const auto& other : mounts) {
    if (other.target == mount.target) return;
  }
  mounts.push_back(std::move(mount));
}

// The top of the host's own tree (hier(7)), also by another path: through a
// link, or a bind mount.
void refuse_host_directory(const struct stat& asked, const fs::path& root) {
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

// What is made in these is no file: a directory in cgroup2 is a cgroup.
void refuse_kernel_s(int root, const fs::path& path) {
  struct statfs now {};
  check(::fstatfs(root, &now), "look at {}", path.native());
  for (const auto type : {PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP2_SUPER_MAGIC}) {
    if (now.f_type != type) continue;
    kit::fail("use {} as the root: it is in a file system of the kernel's",
              path.native());
  }
}

void ensure_directory(int root, const char* name, const std::string& path) {
  if (::mkdirat(root, name, 0755) == 0) return;
  const int error = errno;
  struct stat now {};
  if (::fstatat(root, name, &now, AT_SYMLINK_NOFOLLOW) == -1) {
    throw kit::SystemError(error, fmt::format("make {}", path));
  }
  if (!S_ISDIR(now.st_mode)) kit::fail("{} is not a directory", path);
}

kit::UniqueFd open_root(const fs::path& path, struct stat& state) {
  kit::UniqueFd root{
      check(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC),
            "use {} as the root", path.native())};
  check(::fstat(root.get(), &state), "look at {}", path.native());
  return root;
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

void prepare_root(Root& root) {
  struct stat state {};
  const auto directory = open_root(root.path, state);
  refuse_host_directory(state, root.path);
  refuse_kernel_s(directory.get(), root.path);
  root.device = state.st_dev;
  root.inode = state.st_ino;
  for (const auto* name : {"proc", "sys", "dev"}) {
    ensure_directory(directory.get(), name, root.path / name);
  }
}

fs::path provide_root(const std::optional<Root>& chosen) {
  // Any directory will do: it is covered in this mount namespace alone.
  const fs::path folder = "/run";
  if (!chosen) {
    check(::mount("busybox", folder.c_str(), "tmpfs", MS_NODEV, "mode=0755"),
          "mount a root file system on {}", folder.native());
    kit::unpack_default_root(folder);
    return folder;
  }
  struct stat state {};
  const auto root = open_root(chosen->path, state);
  if (state.st_dev != chosen->device || state.st_ino != chosen->inode) {
    kit::fail("use {} as the root: it is another directory by now",
              chosen->path.native());
  }
  const auto opened = fmt::format("/proc/self/fd/{}", root.get());
  check(::mount(opened.c_str(), folder.c_str(), nullptr, MS_BIND | MS_REC,
                nullptr),
        "mount {} on {}", chosen->path.native(), folder.native());
  return folder;
}

void add_devices(std::vector<Mount>& mounts,
                 std::optional<std::uint64_t> shm_size) {
  add(mounts, tmpfs("/dev", kDevSize));
  for (const auto* path : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                           "/dev/urandom", "/dev/tty"}) {
    add(mounts, device(path));
  }
  add(mounts, tmpfs("/dev/shm", shm_size.value_or(kSharedMemorySize)));
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

bool is_made_in_dev(const fs::path& target) {
  const auto is_target = [&](const auto& link) { return target == link.first; };
  return std::ranges::any_of(kLinks, is_target) ||
         target.native().starts_with("/dev/pts/") || target == "/dev/pts";
}

void complete_dev(const Terminal& terminal) {
  check(::chmod("/dev", 0755), "set the mode of /dev");
  check(::mkdir("/dev/pts", 0755), "make /dev/pts");
  // Terminals of its own: an instance of devpts knows none of another.
  check(::mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
                "newinstance,ptmxmode=0666,mode=0620"),
        "mount /dev/pts");
  for (const auto& [link, target] : kLinks) {
    check(::symlink(target, link), "make {}", link);
  }
  open_terminal(terminal);
}

}  // namespace container
