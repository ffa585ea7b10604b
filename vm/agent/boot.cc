#include "vm/agent/boot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "lessons/kit/check.h"
#include "lessons/kit/unique_fd.h"
#include "vm/protocol.h"

namespace lab {
namespace {

namespace fs = std::filesystem;
using kit::check;

void mount_at(const char* type, const char* target, unsigned long flags = 0,
              const char* options = "") {
  fs::create_directories(target);
  check(::mount(type, target, type, flags, options), "mount {} at {}", type,
        target);
}

void write_file(const char* path, const std::string& text) {
  const kit::UniqueFd file{
      check(::open(path, O_WRONLY | O_CLOEXEC), "open {}", path)};
  check(::write(file.get(), text.data(), text.size()), "write {}", path);
}

// The order file lists each module after those that it needs.
void load_modules() {
  std::ifstream order("/modules/load-order");
  for (std::string name; std::getline(order, name);) {
    const std::string path = "/modules/" + name;
    const kit::UniqueFd module{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (::syscall(SYS_finit_module, module.get(), "", 0) == -1 &&
        errno != EEXIST) {
      fmt::print(stderr, "lab: module {}: {}\n", name, std::strerror(errno));
    }
  }
}

// The initramfs itself cannot be a container's old root: pivot_root(2) refuses
// it (EINVAL). Its files move to a tmpfs, which becomes "/".
void switch_root() {
  fs::create_directory("/new");
  check(::mount("tmpfs", "/new", "tmpfs", 0, "mode=755"), "mount the new root");

  for (const auto* name : {"dev", "proc", "sys"}) {
    const auto from = fmt::format("/{}", name);
    const auto to = fmt::format("/new/{}", name);
    fs::create_directory(to);
    check(::mount(from.c_str(), to.c_str(), nullptr, MS_MOVE, nullptr),
          "move {}", from);
    fs::remove_all(from);  // What was below the mount: an early console.
  }

  // The agent runs and the modules are loaded: their files only take up memory.
  fs::remove("/init");
  fs::remove_all("/modules");
  for (const auto& entry : fs::directory_iterator("/")) {
    if (entry.path() == "/new") continue;
    fs::copy(entry.path(), "/new" / entry.path().filename(),
             fs::copy_options::recursive | fs::copy_options::copy_symlinks |
                 fs::copy_options::skip_existing);
    fs::remove_all(entry.path());
  }

  check(::chdir("/new"), "enter the new root");
  check(::mount(".", "/", nullptr, MS_MOVE, nullptr), "move the new root");
  check(::chroot("."), "change to the new root");
  check(::chdir("/"), "enter the new root");
}

void mount_file_systems() {
  constexpr unsigned long kPlain = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  mount_at("devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC,
           "gid=5,mode=620,ptmxmode=666");
  mount_at("tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV);
  mount_at("mqueue", "/dev/mqueue", kPlain);
  mount_at("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755");
  mount_at("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777");
  mount_at("securityfs", "/sys/kernel/security", kPlain);
  mount_at("cgroup2", "/sys/fs/cgroup", kPlain,
           "nsdelegate,memory_recursiveprot");

  // systemd shares everything with everyone. A lesson that forgets to make its
  // mounts private must show here as it would there.
  check(::mount(nullptr, "/", nullptr, MS_SHARED | MS_REC, nullptr),
        "share the mounts");
}

// Jobs live in a cgroup of their own, as logins do on a distribution.
void make_session_cgroup() {
  check(::mkdir("/sys/fs/cgroup/session", 0755), "make the session's cgroup");
}

// Without swap a forgotten memory.swap.max would never show.
void add_swap() {
  write_file("/sys/block/zram0/disksize", "128M");
  if (std::system("/bin/mkswap /dev/zram0 >/dev/null") != 0) {
    throw std::runtime_error("mkswap /dev/zram0 did not work");
  }
  check(::swapon("/dev/zram0", 0), "swap on /dev/zram0");
}

void make_students_home() {
  check(::chown(kStudentsHome, kStudent, kStudent), "give away {}",
        kStudentsHome);
}

void raise_loopback() {
  const kit::UniqueFd any{
      check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "make a socket")};
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP;
  check(::ioctl(any.get(), SIOCSIFFLAGS, &request), "raise the loopback");
}

}  // namespace

void boot() {
  ::umask(022);
  mount_at("devtmpfs", "/dev", MS_NOSUID, "mode=755");
  mount_at("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC);
  mount_at("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC);
  load_modules();
  switch_root();
  mount_file_systems();
  make_session_cgroup();
  add_swap();
  make_students_home();
  raise_loopback();
  constexpr std::string_view kName = "lab";
  check(::sethostname(kName.data(), kName.size()), "set the host name");
}

}  // namespace lab
