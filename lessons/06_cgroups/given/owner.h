// Given: a cgroup that does not outlive its program.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "lessons/06_cgroups/cgroup.h"
#include "lessons/kit/keeper.h"
#include "lessons/kit/unique_fd.h"

namespace container {

// True if cgroup v2 is mounted at kCgroupRoot.
bool has_cgroup2();

// Returns the controllers that `limits` needs.
std::vector<std::string> controllers_for(const Limits& limits);

// A cgroup with an owner: this process. It is removed when the owner goes, also
// when the owner is killed: a keeper sees to that. Should both be killed at
// once, the next Cgroup finds what they have left and removes it.
class Cgroup {
 public:
  // Makes kCgroupParent/name. Throws as make_cgroup() does.
  Cgroup(const std::string& name, const std::vector<std::string>& controllers);
  Cgroup(Cgroup&& other) noexcept;
  ~Cgroup();

  const std::filesystem::path& path() const { return path_; }
  int fd() const { return fd_.get(); }  // The directory, open.

  // Removes the cgroup now, and kCgroupParent if it is empty then. Throws as
  // remove_cgroup() does; the destructor does the same and drops exceptions.
  void remove();

 private:
  std::filesystem::path path_;
  std::optional<kit::Keeper> keeper_;
  kit::UniqueFd fd_;  // Locked, as a sign that the owner lives.
};

// Does what Cgroup::remove() does, for a cgroup that somebody else owns or that
// nobody owns any more.
void remove_container_cgroup(const std::filesystem::path& cgroup);

// What the cgroup uses now and has used. Not set: the controller is not
// enabled.
struct Statistics {
  std::optional<std::uint64_t> pids;       // Processes and threads.
  std::optional<std::uint64_t> memory;     // Bytes.
  std::optional<std::uint64_t> swap;       // Bytes.
  std::optional<std::uint64_t> oom_kills;  // Processes that were killed.
  std::uint64_t cpu_microseconds = 0;
  bool frozen = false;
};

// Throws SystemError.
Statistics statistics(const std::filesystem::path& cgroup);

}  // namespace container
