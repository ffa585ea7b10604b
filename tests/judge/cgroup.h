// A cgroup of the lab machine, read from outside.

#pragma once

#include <string>
#include <vector>

namespace judge {

class Cgroup {
 public:
  // path: as in /proc/PID/cgroup, from the root of the tree:
  // "/container-kit/x".
  explicit Cgroup(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool exists() const;

  // The content of a file without the line end, or "(no pids.max)" if there is
  // none: the controller is not enabled, or the cgroup is gone.
  [[nodiscard]] std::string file(const std::string& name) const;

  // The value after `key` in a file of "key value" lines, or -1.
  [[nodiscard]] long field(const std::string& name,
                           const std::string& key) const;

  [[nodiscard]] std::vector<pid_t> processes() const;

 private:
  std::string path_;
};

// The paths of all cgroups below `path`, parents first.
std::vector<std::string> cgroups_below(const std::string& path);

// Kills what is in the cgroup and below, and removes it. Waits for the end of
// its processes, a few seconds at most. Returns whether it is gone.
bool remove_cgroup(const std::string& path);

// Asks the kernel to kill every process in the cgroup and below it at once.
void kill_cgroup(const std::string& path);

}  // namespace judge
