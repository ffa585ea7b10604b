// What the cases of lesson 06 share: programs with limits, and cgroups that the
// judge makes itself.

#pragma once

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstring>
#include <fstream>
#include <optional>

#include "tests/judge/judge.h"
#include "tests/judge/watch.h"

using judge::exited;
using Options = std::vector<std::string>;
using Set = std::set<std::string>;

inline constexpr char kTree[] = "/sys/fs/cgroup";

inline std::string text(long number) { return std::to_string(number); }

// ---- Programs ----

// Starts the program with these options. Its command is the probe, in the
// host's own root.
inline judge::Box start_limited(const Options& options, judge::How how = {}) {
  how.with_root = false;
  return judge::start(options, how);
}

// For the steps before the start: what they have made stays to be looked at,
// whatever the later ones do.
inline judge::Box start_and_keep(const Options& options) {
  judge::How how;
  how.hold_removal = true;
  return start_limited(options, how);
}

// The options, and a command that ends with 0 at once.
inline Options with_command(Options options) {
  options.insert(options.end(), {"--", judge::guest().probe(), "exit", "0"});
  return options;
}

// Runs the program with that command, if it is run at all.
inline judge::Result run_with(const Options& options,
                              const judge::Circumstances& circumstances = {}) {
  return judge::run(with_command(options), circumstances);
}

// The program itself must have failed, with a message that has `named` in it.
inline void check_refused(const judge::Result& result, const std::string& named,
                          const std::string& hint) {
  HINT(hint);
  CHECK(result.ending == exited(125));
  HINT(hint);
  CHECK(result.is_one_line());
  HINT(hint + "\nThe message must name what could not be had: " + named + ".");
  CHECK_THAT(result.errors, judge::contains(named));
}

// The program, held whenever one of its processes is about to make one of these
// calls.
class HeldProgram {
 public:
  HeldProgram(const Options& arguments, std::vector<judge::Call> calls)
      : subject_(arguments, {.held_calls = std::move(calls)}) {}

  // Waits until a process is held, and returns it. 0 if none will be: the
  // program has ended, or waits at a step that is not written.
  pid_t wait() {
    judge::Deadline deadline;
    pid_t held = 0;
    while (held == 0 && !subject_.ending() && !deadline.passed() &&
           subject_.unwritten_step().empty()) {
      std::vector<pollfd> fds = {{subject_.watch().descriptor(), POLLIN, 0}};
      if (slow_cgroups_)
        fds.push_back({slow_cgroups_->descriptor(), POLLIN, 0});
      subject_.wait(std::min(100, deadline.milliseconds_left()), fds);
      if (slow_cgroups_) {
        slow_cgroups_->receive();
        slow_cgroups_->release_if_due();
      }
      held = subject_.watch().receive();
    }
    slow_cgroups_.reset();  // Or the judge could not look, either.
    return held;
  }

  // Lets the one that is held make its call.
  void release() { subject_.watch().release(); }

  // Waits for the program's end. Throws Waiting if it stops at an unwritten
  // step instead.
  judge::Result wait_for_end() {
    const auto ending = subject_.wait_for_end();
    if (!ending) throw judge::Failed("the program has not ended");
    return {.ending = *ending,
            .output = subject_.output(),
            .errors = subject_.errors()};
  }

  judge::Subject& subject() { return subject_; }

 private:
  // Who moves itself or others into a cgroup does it late.
  std::optional<judge::CgroupWatch> slow_cgroups_{std::in_place};
  judge::Subject subject_;
};

// ---- Cgroups ----

// The cgroup of the container with that name.
inline judge::Cgroup leaf(const std::string& name) {
  return judge::Cgroup{"/container-kit/" + name};
}

// What a test sets up itself, from outside: a cgroup, a control.
inline void make_cgroup(const std::string& path) {
  const auto directory = kTree + path;
  REQUIRE(::mkdir(directory.c_str(), 0755) == 0);
}

inline void write_control(const std::string& path, const std::string& value) {
  std::ofstream control(kTree + path);
  control << value << std::flush;
  REQUIRE(control.good());
}

// There is another container already, which has these controllers: "+pids".
inline void make_another_container(const std::string& controllers) {
  write_control("/cgroup.subtree_control", controllers);
  make_cgroup("/container-kit");
  write_control("/container-kit/cgroup.subtree_control", controllers);
  make_cgroup("/container-kit/other");
}

// The words of a line, as a set.
inline Set words(const std::string& line) {
  const auto parts = judge::split(line, ' ');
  return {parts.begin(), parts.end()};
}

// The controllers that a cgroup has enabled for those below it.
inline Set enabled_in(const std::string& cgroup) {
  return words(judge::Cgroup{cgroup}.file("cgroup.subtree_control"));
}

// The disk that limits are set for, as "MAJOR:MINOR".
inline std::string scratch_disk() {
  struct stat disk {};
  REQUIRE(::stat("/dev/vda", &disk) == 0);
  return text(major(disk.st_rdev)) + ":" + text(minor(disk.st_rdev));
}
