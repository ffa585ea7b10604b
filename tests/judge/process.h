// A process as the kernel describes it in /proc.

#pragma once

#include <sys/types.h>
#include <sys/utsname.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lessons/kit/unique_fd.h"
#include "tests/judge/cgroup.h"
#include "tests/judge/kernel.h"

namespace judge {

class Process {
 public:
  // Opens /proc/PID: a later process that gets the same number is not read.
  explicit Process(pid_t pid);

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool exists() const;

  // A field of /proc/PID/status: status("NSpid") is "812\t1"; "" if it is gone.
  [[nodiscard]] std::string status(const std::string& field) const;

  // It sleeps, and a signal would wake it: it waits for something.
  [[nodiscard]] bool sleeps() const;

  // It is in a system call that no signal ends.
  [[nodiscard]] bool stands_in_kernel() const;

  // SIGKILL has been sent to it, and it has not ended yet.
  [[nodiscard]] bool is_being_killed() const;

  // What kinds of namespace it has that processes of the guest are not in:
  // {"cgroup", "mnt"}.
  [[nodiscard]] std::set<std::string> own_namespaces() const;

  // The identity of its namespace of that kind: "mnt:[4026531841]".
  [[nodiscard]] std::string name_space(const std::string& kind) const;

  // The names in its UTS namespace.
  [[nodiscard]] std::string host_name() const;
  [[nodiscard]] std::string domain_name() const;

  // The cgroup that it is in, from the root of the tree.
  [[nodiscard]] Cgroup cgroup() const;

  // Which directories its root and its working directory are.
  [[nodiscard]] std::optional<FileId> root() const;
  [[nodiscard]] std::optional<FileId> working_directory() const;
  [[nodiscard]] std::string root_path() const;
  [[nodiscard]] std::string working_directory_path() const;

  // May a process of the same user look into it: at its memory, descriptors,
  // environment? Not if it is "not dumpable": prctl(2), PR_SET_DUMPABLE. The
  // judge asks the kernel for a thing of that kind, without CAP_SYS_PTRACE.
  [[nodiscard]] bool can_be_looked_into() const;

  // The identity of the program that it runs.
  [[nodiscard]] std::optional<FileId> executable() const;

  [[nodiscard]] std::vector<Mount> mounts() const;

  // Its open descriptors, and what each is: {0, "pipe:[123]"}.
  [[nodiscard]] std::map<int, std::string> descriptors() const;

  // Those from 3 on that are not a pidfd of `child`: what an init holds besides
  // its standard streams and the means to wait for its child.
  [[nodiscard]] std::map<int, std::string> descriptors_beside(
      pid_t child) const;

  // Those that an exec passes on: not marked close-on-exec.
  [[nodiscard]] std::map<int, std::string> kept_descriptors() const;

  // Any file of /proc/PID; "" if it is gone.
  [[nodiscard]] std::string file(const std::string& name) const;

 private:
  [[nodiscard]] utsname names() const;

  pid_t pid_;
  kit::UniqueFd directory_;
};

// What is in a line of /proc/PID/stat and is needed here: proc_pid_stat(5).
struct Stat {
  pid_t pid = 0;
  std::string name;
  char state = '?';
  pid_t parent = 0;
  bool kernel_thread = false;
  std::string start_time;
};

// All processes of the guest but the kernel's own threads.
std::vector<Stat> all_processes();

// The processes that `ancestor` or its descendants have made, zombies included.
std::vector<Stat> descendants_of(pid_t ancestor);

}  // namespace judge
