#include "lessons/06_cgroups/given/owner.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <utility>

#include "lessons/06_cgroups/given/control.h"
#include "lessons/kit/check.h"
#include "lessons/kit/run_folder.h"
#include "lessons/kit/todo.h"

using kit::check;
using kit::UniqueFd;

namespace container {
namespace {

namespace fs = std::filesystem;

// Each cgroup that is made here has this extended attribute, and its owner has
// the directory open and locked. The kernel unlocks it when the owner dies.
constexpr const char* kMark = "user.container_kit";

UniqueFd open_directory(const fs::path& cgroup) {
  return UniqueFd{::open(cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
}

// Makes this process the owner. Returns what it has to keep open.
UniqueFd own(const fs::path& cgroup) {
  const std::string& name = cgroup.native();
  UniqueFd fd = open_directory(cgroup);
  check(fd.get(), "open the cgroup {}", name);
  check(::flock(fd.get(), LOCK_EX), "lock the cgroup {}", name);
  check(::fsetxattr(fd.get(), kMark, "", 0, 0), "mark the cgroup {}", name);
  return fd;
}

// True if the cgroup was made here, and its owner is gone.
bool is_abandoned(const fs::path& cgroup) {
  const UniqueFd fd = open_directory(cgroup);
  return fd && ::fgetxattr(fd.get(), kMark, nullptr, 0) != -1 &&
         ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0;
}

// Removes what is left of programs that were killed together with their keeper.
void sweep() {
  const kit::UnheldTodo unheld;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(kCgroupParent, ignored)) {
    if (!entry.is_directory() || !is_abandoned(entry.path())) continue;
    try {
      remove_cgroup(entry.path());
    } catch (const std::exception&) {
      // Not what this program was asked for. Whoever comes next tries again.
    }
  }
}

// In a cgroup whose parent has processes of its own, none can be started.
void require_domain(const fs::path& cgroup) {
  const std::string type = get_control(cgroup, "cgroup.type");
  if (type != "domain") {
    kit::fail("the cgroup {} is \"{}\": are there processes in {}?",
              cgroup.native(), type, cgroup.parent_path().native());
  }
}

std::optional<std::uint64_t> number_in(const fs::path& cgroup,
                                       std::string_view control) {
  if (!fs::exists(cgroup / control)) return {};
  return std::stoull(get_control(cgroup, control));
}

// Flat keyed files have lines of the form "key value".
std::optional<std::uint64_t> number_behind(const fs::path& cgroup,
                                           std::string_view control,
                                           const std::string& key) {
  if (!fs::exists(cgroup / control)) return {};
  const std::string text = "\n" + get_control(cgroup, control);
  const auto at = text.find("\n" + key + " ");
  if (at == text.npos) return {};
  return std::stoull(text.substr(at + key.size() + 2));
}

}  // namespace

bool has_cgroup2() {
  struct statfs type {};
  return ::statfs(kCgroupRoot.c_str(), &type) == 0 &&
         type.f_type == CGROUP2_SUPER_MAGIC;
}

std::vector<std::string> controllers_for(const Limits& limits) {
  std::vector<std::string> controllers;
  if (limits.cpuset_cpus) controllers.push_back("cpuset");
  if (limits.cpus || limits.cpu_weight) controllers.push_back("cpu");
  if (!limits.io_max.empty()) controllers.push_back("io");
  if (limits.memory || limits.swap || limits.memory_low) {
    controllers.push_back("memory");
  }
  if (limits.pids_max) controllers.push_back("pids");
  return controllers;
}

Cgroup::Cgroup(const std::string& name,
               const std::vector<std::string>& controllers)
    : path_(kCgroupParent / name) {
  if (!has_cgroup2()) {
    kit::fail("{} is not cgroup v2: the kernel option cgroup_no_v1=all helps",
              kCgroupRoot.native());
  }
  const UniqueFd locked = kit::lock("cgroups");
  sweep();
  if (fs::exists(path_)) {
    throw kit::SystemError(EEXIST,
                           fmt::format("make the cgroup {}", path_.native()),
                           "is a container of this name running?");
  }
  // First the keeper: it must be there before there is something to remove.
  keeper_.emplace([path = path_] { remove_container_cgroup(path); });
  try {
    make_cgroup(path_, controllers);
    require_domain(path_);
    fd_ = own(path_);
    keeper_->wait_until_ready();
  } catch (...) {
    (void)::rmdir(path_.c_str());
    (void)::rmdir(kCgroupParent.c_str());
    throw;
  }
}

Cgroup::Cgroup(Cgroup&& other) noexcept
    : path_(std::exchange(other.path_, {})),
      keeper_(std::move(other.keeper_)),
      fd_(std::move(other.fd_)) {}

Cgroup::~Cgroup() {
  const kit::UnheldTodo unheld;
  try {
    remove();
  } catch (const std::exception&) {
    // It is told already why the program ends.
  }
}

void Cgroup::remove() {
  if (path_.empty()) return;
  remove_container_cgroup(path_);
  path_.clear();
}

void remove_container_cgroup(const fs::path& cgroup) {
  const UniqueFd locked = kit::lock("cgroups");
  remove_cgroup(cgroup);
  (void)::rmdir(kCgroupParent.c_str());  // Only the last one can.
}

Statistics statistics(const fs::path& cgroup) {
  Statistics now;
  now.pids = number_in(cgroup, "pids.current");
  now.memory = number_in(cgroup, "memory.current");
  now.swap = number_in(cgroup, "memory.swap.current");
  now.oom_kills = number_behind(cgroup, "memory.events", "oom_kill");
  now.cpu_microseconds =
      number_behind(cgroup, "cpu.stat", "usage_usec").value_or(0);
  now.frozen = get_control(cgroup, "cgroup.freeze") == "1";
  return now;
}

}  // namespace container
