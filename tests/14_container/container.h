// Lesson 14's judge: lessons/14_container/container.h is the contract.
//
// What the functions of the other lessons do is judged there. Here it is that
// they are called, all of them, and in an order that works.
//
// The cases run in the order of the files' names, which begin with their step;
// what needs all of them is behind those.

#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/keyctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/judge/judge.h"

namespace container_judge {

namespace fs = std::filesystem;
using judge::exited;
using judge::Network;
using Options = std::vector<std::string>;
using Set = std::set<std::string>;

inline const std::string kDockersCapabilities = "00000000a80425fb";

inline std::string text(long number) { return std::to_string(number); }
inline std::string error(int number) { return "error " + text(number); }

// The cgroup of the one container that there is, also if nothing is in it.
inline judge::Cgroup container_cgroup() {
  const auto cgroups = judge::cgroups_below("/container-kit");
  HINT("There is no cgroup. Does prepare_cgroup() make a Cgroup?");
  REQUIRE_FALSE(cgroups.empty());
  return judge::Cgroup{cgroups.back()};
}

// Starts a container with these options. Its command is the probe.
inline judge::Box start_container(Options options, const judge::How& how = {}) {
  options.insert(options.begin(), "run");
  return judge::start(options, how);
}

// The words of a container's start in a root with the probe, with `command`.
inline Options words(const Options& options, const Options& command) {
  Options arguments = {"run", "--root", judge::make_root_directory()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back("--");
  arguments.insert(arguments.end(), command.begin(), command.end());
  return arguments;
}

// Runs a container, in a root with the probe, to its end.
inline judge::Result run_container(const Options& options,
                                   const Options& command) {
  return judge::run(words(options, command));
}

// A container that is prepared from outside, and has not yet done anything
// itself: its init is stopped at the first call that it makes after that, for a
// keyring. Or the program has stopped at a step that is not written.
class Prepared {
 public:
  Prepared(const Options& options, const std::string& step)
      : program_(words(options, {"/probe", "exit", "0"}),
                 {.held_calls = {{SYS_keyctl}}}) {
    judge::Deadline deadline;
    bool held = false;
    while (!held && !program_.ending() && !deadline.passed() &&
           program_.unwritten_step().empty()) {
      std::vector<pollfd> call = {{program_.watch().descriptor(), POLLIN, 0}};
      program_.wait(deadline.milliseconds_left(), call);
      held = program_.watch().receive() != 0;
    }
    const auto& unwritten = program_.unwritten_step();
    if (!unwritten.empty() && unwritten <= step) {
      throw judge::Waiting(unwritten);
    }
    if (!held && unwritten.empty()) {
      throw judge::Failed("the program has ended before the init could begin");
    }
    // The keepers are its children as well, and have the program's name, too,
    // until they come to give themselves another.
    (void)judge::becomes_true(program_,
                              [&] { return candidates().size() == 1; });
  }

  [[nodiscard]] judge::Process program() const {
    return judge::Process(program_.pid());
  }

  // The init: a child of the program's, and no helper.
  [[nodiscard]] judge::Process init() const {
    const auto found = candidates();
    if (found.empty()) throw judge::Failed("the program has no child");
    return judge::Process(found.front());
  }

 private:
  [[nodiscard]] std::vector<pid_t> candidates() const {
    const auto name = judge::guest().program_name();
    std::vector<pid_t> found;
    for (const auto& child : judge::descendants_of(program_.pid())) {
      if (child.parent == program_.pid() && child.name == name) {
        found.push_back(child.pid);
      }
    }
    return found;
  }

  judge::Subject program_;
};

// The init of a running container: the parent of its command, or the process
// that has stopped at a step of the init's.
inline judge::Process init_of(const judge::Box& box) {
  auto process = box.becoming();
  const auto number = judge::split(process.status("NSpid"), '\t').back();
  if (number == "1") return process;
  return judge::Process(std::stoi(process.status("PPid")));
}

inline Network network_of(const judge::Box& box) {
  return Network::of(box.command().pid());
}

// What is mounted on `target` in the container, on top.
inline judge::Mount mount_at(const judge::Process& process,
                             const std::string& target) {
  judge::Mount found;
  for (const auto& mount : process.mounts()) {
    if (mount.target == target) found = mount;
  }
  if (found.target.empty()) {
    throw judge::Failed("in the container, nothing is mounted on " + target);
  }
  return found;
}

// options: as in mountinfo, "ro,nosuid"; those of a mount, or super_options.
inline bool has(const std::string& options, const std::string& option) {
  const auto words = judge::split(options, ',');
  return std::find(words.begin(), words.end(), option) != words.end();
}

// A seccomp profile that refuses these calls and nothing else. Returns the
// option that asks for it.
inline std::string refuse_calls(const Options& calls) {
  const auto path = "/judge/roots/" + judge::random_name();
  std::ofstream(path) << fmt::format(
      R"({{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{{
          "names": ["{}"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99}}]}})",
      fmt::join(calls, R"(", ")"));
  return "seccomp=" + path;
}

// A directory of the host, to be a volume. Removed after the case.
inline std::string make_source() {
  const auto path = "/judge/roots/" + judge::random_name();
  fs::create_directory(path);
  std::ofstream(path + "/file") << "of the host";
  return path;
}

}  // namespace container_judge
