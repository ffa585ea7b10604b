// Where the judge stands in the lab machine, and how it keeps its footing.
//
// The judged program is root. It may, by mistake or on purpose, mount over
// /proc, unmount /sys/fs/cgroup, or kill what it finds. So the judge
//
// - moves into a mount namespace of its own, which nothing propagates into, and
//   reads through descriptors that it has opened before;
// - starts the program in a copy of the guest's mount namespace, the stage,
//   in a cgroup of its own, with none of the judge's descriptors or variables;
// - is the subreaper of all that the program makes: orphans become its
// children,
//   so that it finds and ends them;
// - puts the guest back as it was after every case.
//
// What it cannot prevent (the program switches the guest off, or kills the
// judge) leads to a missing "done" event, which the host takes for a failure.

#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "lessons/kit/unique_fd.h"

namespace judge {

class Host;

class Guest {
 public:
  Guest();
  ~Guest();
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;

  // The judged program and the probe: paths in the guest. The probe's file is
  // the one that all root directories have (judge::make_root_directory()).
  [[nodiscard]] const std::string& program() const { return program_; }
  [[nodiscard]] const std::string& probe() const { return probe_; }

  // Nobody has put something else in the probe's place, or changed it. While a
  // process runs it, it stays so: nobody may write to a file that is executed
  // (ETXTBSY, open(2)).
  [[nodiscard]] bool probe_is_as_it_was() const;

  // The program's name, which its messages begin with: "06_cgroups".
  [[nodiscard]] std::string program_name() const;

  // Descriptors of /proc, of the root of the cgroup tree and of the guest's
  // own root directory.
  [[nodiscard]] int proc() const { return proc_.get(); }
  [[nodiscard]] int cgroups() const { return cgroups_.get(); }
  [[nodiscard]] int root() const { return root_.get(); }

  // What programs take for the guest's mount namespace: a copy of it, shared
  // as that is, which is thrown away after each case. So a program that damages
  // it damages one case. A process of the judge keeps it; 0 between the cases.
  [[nodiscard]] pid_t stage() const { return stage_; }
  [[nodiscard]] int stage_namespace() const { return stage_namespace_.get(); }

  // Does something to the mounts that programs see, in a child that enters that
  // namespace. Returns whether `task` has, and said that it was done.
  [[nodiscard]] bool on_stage(const std::function<bool()>& task);

  // The cgroup that the judge is in: "/session".
  [[nodiscard]] const std::string& own_cgroup() const { return own_cgroup_; }

  // The cgroup that programs are started in, as a descriptor. It has no limits
  // and no controllers: it is there to be killed as a whole.
  [[nodiscard]] int case_cgroup() const { return case_cgroup_.get(); }

  // Children of the judge whose exit status somebody still waits for.
  std::set<pid_t> awaited;

  // Whether the judge's mounts are as they were. Root can enter every mount
  // namespace, and put a file of its own over one of /proc.
  [[nodiscard]] bool footing_holds() const;

  // Remembers how the guest is, before the first case.
  void remember();

  // Sets the stage for a case.
  void prepare();

  // After the last case, if there was one: removes what the judge has made for
  // itself, so that another judge can begin here.
  void leave();

  // Ends what a case has started and undoes what it has left behind, so that
  // one wrong step does not make the cases after it fail too.
  void restore();

 private:
  void take_probe();
  void restore_cgroup_options();

  std::string program_;
  std::string probe_;
  std::string_view probe_now_;  // The file, mapped.
  std::string probe_at_first_;
  std::string own_cgroup_;
  kit::UniqueFd mount_namespace_;
  kit::UniqueFd proc_;
  kit::UniqueFd cgroups_;
  kit::UniqueFd root_;
  kit::UniqueFd own_mounts_;
  kit::UniqueFd case_cgroup_;
  kit::UniqueFd stage_namespace_;
  pid_t stage_ = 0;
  std::unique_ptr<Host> at_first_;
  std::string controllers_;
  std::string cgroup_options_;
};

// The one guest. Made by the first call, which must come early in main().
Guest& guest();

// Takes a variable out of the environment, and its text out of the memory that
// /proc/PID/environ shows. Throws if it is not set.
std::string take_variable(const char* name);

}  // namespace judge
