#include "tests/judge/state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <set>
#include <string_view>

#include "tests/judge/cgroup.h"
#include "tests/judge/guest.h"
#include "tests/judge/host.h"
#include "tests/judge/kernel.h"
#include "tests/judge/process.h"

namespace judge {
namespace {

// The guest's file systems that hold files of their own. Others, like /proc,
// show what is compared in other ways.
constexpr std::array kFileSystems = {"",     "/tmp",     "/run",
                                     "/dev", "/dev/shm", "/dev/mqueue"};

const std::set<std::string, std::less<>> kLeftOutFiles = {
    "/judge", "/run/container-kit", "/tmp/container-kit-1000", "/var/cache"};

// Counters, what makes the kernel do something when it is read, and a note of
// the kernel's that it keeps for ever ("tainted": something rare was used).
const std::set<std::string, std::less<>> kLeftOutSettings = {
    "kernel/ns_last_pid", "kernel/tainted", "vm/compact_memory",
    "vm/drop_caches", "vm/stat_refresh",
    // A folder for each network interface. Half of all settings are there, and
    // no lesson is about them.
    "net/ipv4/conf", "net/ipv4/neigh", "net/ipv6/conf", "net/ipv6/neigh"};

// A table's lines under a common heading, which a reader needs to understand
// one that is different.
std::string lines_of(std::string_view heading, const std::string& table) {
  std::string lines;
  for (const auto& line : split(table, '\n')) {
    lines += fmt::format("{} {}\n", heading, line);
  }
  return lines;
}

// The first column alone: what comes after it counts how much is in use.
std::string names_of(std::string_view heading, const std::string& table) {
  std::string lines;
  for (const auto& line : split(table, '\n')) {
    lines += fmt::format("{} {}\n", heading, line.substr(0, line.find(' ')));
  }
  return lines;
}

std::string lines_of(const Facts& facts) {
  std::string lines;
  for (const auto& [id, fact] : facts.all()) {
    lines += fact.value.empty()
                 ? fact.text + "\n"
                 : fmt::format("{} is {}\n", fact.text, fact.value);
  }
  return lines;
}

std::string processes() {
  std::string lines;
  for (const auto& process : all_processes()) {
    if (process.pid == ::getpid()) continue;
    lines += fmt::format("process {}\n", process.name);
  }
  return lines;
}

// What can be set: the rest of /proc/sys are the kernel's own counters.
void add_settings(std::string& lines, const std::string& directory) {
  const auto path = "sys/" + directory;
  for (const auto& name : names_in(guest().proc(), path)) {
    const auto setting = directory.empty() ? name : directory + "/" + name;
    struct stat file {};
    if (kLeftOutSettings.contains(setting) ||
        ::fstatat(guest().proc(), ("sys/" + setting).c_str(), &file, 0) == -1) {
      continue;
    }
    if (S_ISDIR(file.st_mode)) {
      add_settings(lines, setting);
    } else if ((file.st_mode & S_IRUSR) != 0 && (file.st_mode & S_IWUSR) != 0) {
      const auto value = read_file(guest().proc(), "sys/" + setting);
      lines += fmt::format("/proc/sys/{} is {}\n", setting,
                           value ? trimmed(*value) : "not to be read");
    }
  }
}

std::string describe(const std::string& path, const struct stat& file) {
  auto line = fmt::format("file {} mode {:o} owner {}:{}", path, file.st_mode,
                          file.st_uid, file.st_gid);
  // A directory's change each time somebody comes and goes, and each job brings
  // its own files.
  if (!S_ISREG(file.st_mode) || path.starts_with("/job/")) return line + "\n";
  return fmt::format("{} size {} changed at {}.{}\n", line, file.st_size,
                     file.st_ctim.tv_sec, file.st_ctim.tv_nsec);
}

// Adds what is below `directory` in the same file system.
void add_files(std::string& lines, const std::string& directory, dev_t device) {
  for (const auto& name : names_in(guest().root(), "." + directory + "/")) {
    const auto path = directory + "/" + name;
    struct stat file {};
    if (kLeftOutFiles.contains(path) ||
        ::fstatat(guest().root(), ("." + path).c_str(), &file,
                  AT_SYMLINK_NOFOLLOW) == -1) {
      continue;
    }
    lines += describe(path, file);
    if (S_ISDIR(file.st_mode) && file.st_dev == device) {
      add_files(lines, path, device);
    }
  }
}

std::string files() {
  std::string lines;
  for (const auto* start : kFileSystems) {
    struct stat top {};
    const auto path = fmt::format(".{}/", start);
    if (::fstatat(guest().root(), path.c_str(), &top, 0) == -1) continue;
    add_files(lines, start, top.st_dev);
  }
  return lines;
}

std::string settings_of_cgroup(const std::string& path) {
  const Cgroup cgroup{path};
  std::string lines;
  for (const auto* name :
       {"cgroup.subtree_control", "cgroup.type", "cgroup.freeze",
        "cgroup.max.depth", "cgroup.max.descendants"}) {
    lines += fmt::format("cgroup {} {} is {}\n", path, name, cgroup.file(name));
  }
  return lines;
}

std::string cgroups() {
  std::string lines = settings_of_cgroup("/");
  for (const auto& path : cgroups_below("/")) {
    if (path != guest().own_cgroup() + "/case") {
      lines += settings_of_cgroup(path);
    }
  }
  return lines;
}

}  // namespace

std::string state_of_guest() {
  std::string settings;
  add_settings(settings, "");
  const auto proc = [](const char* file) {
    return read_file(guest().proc(), file).value_or("");
  };
  return lines_of("mount", proc("1/mountinfo")) + lines_of(links_now()) +
         lines_of(ipc_now()) + cgroups() + processes() +
         names_of("module", proc("modules")) + names_of("swap", proc("swaps")) +
         settings + files();
}

}  // namespace judge
