// What the cases of lesson 01 share.
//
// One process makes itself the container and becomes the command. What is
// mounted in it, the kernel says in its mountinfo. The judge also goes into its
// mount namespace and looks from the top: a process does not see the mounts
// outside of its root, but they are there.

#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "tests/judge/judge.h"

namespace mounts {

namespace fs = std::filesystem;
using judge::exited;
using Options = std::vector<std::string>;
using Names = std::vector<std::string>;
using Set = std::set<std::string>;

inline std::string error(int number) {
  return "error " + std::to_string(number);
}

// The words of a start with this root, and a command that ends with `status`.
inline Options words_in(const std::string& root, Options options,
                        int status = 0) {
  options.insert(options.end(), {"--root", root, "--", "/probe", "exit",
                                 std::to_string(status)});
  return options;
}

inline judge::Result run_in(const std::string& root, const Options& options,
                            int status = 0,
                            const judge::Circumstances& circumstances = {}) {
  return judge::run(words_in(root, options, status), circumstances);
}

// ---- On the host -----------------------------------------------------------

// A directory of the host, to be a volume. Removed after the case.
inline std::string make_source() {
  const auto path = "/judge/roots/" + judge::random_name();
  fs::create_directory(path);
  std::ofstream(path + "/file") << "of the host";
  return path;
}

// A directory with a file, in the working directory of programs: its name alone
// is a path to it. A shell would take that for several words.
class InWorkingDirectory {
 public:
  InWorkingDirectory() {
    fs::create_directory(path());
    std::ofstream(path() + "/file") << "of the host";
  }
  ~InWorkingDirectory() {
    std::error_code ignored;
    fs::remove_all(path(), ignored);
  }
  InWorkingDirectory(const InWorkingDirectory&) = delete;
  InWorkingDirectory& operator=(const InWorkingDirectory&) = delete;

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] std::string path() const { return "/root/" + name_; }

 private:
  std::string name_ = judge::random_name() + " 'of words; \t";
};

inline std::string content(const std::string& path) {
  return judge::read_file(AT_FDCWD, path).value_or("(no " + path + ")");
}

// A path on which the judge can get to a file as programs find it on the host,
// with what is mounted there.
inline std::string on_host(const std::string& path) {
  const auto from = path.starts_with("/") ? "" : "/root/";
  return "/proc/" + std::to_string(judge::guest().stage()) + "/root" + from +
         path;
}

// Mounts a tmpfs where programs see it, with a file "inner".
inline void mount_on_host(const std::string& path) {
  REQUIRE(judge::guest().on_stage([&] {
    ::mkdir(path.c_str(), 0755);
    return ::mount("none", path.c_str(), "tmpfs", 0, nullptr) == 0 &&
           (std::ofstream(path + "/inner") << "below").flush().good();
  }));
}

// Gives a mount that programs see these restrictions, MS_RDONLY and the like.
inline void restrict_on_host(const std::string& path, unsigned long flags) {
  REQUIRE(judge::guest().on_stage([&] {
    return ::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND | flags,
                   nullptr) == 0;
  }));
}

// A program that makes the whole file system read-only, and not only its mount
// of it, leaves a guest in which nothing can be judged any more. So put that
// right, and say so.
inline void check_that_host_is_writable() {
  const auto file = "/judge/roots/" + judge::random_name();
  const bool writable = std::ofstream(file).good();
  if (!writable) {
    // Not in the judge's own namespace, whose mounts nobody is to touch.
    REQUIRE(judge::guest().on_stage([] {
      return ::mount(nullptr, "/", nullptr, MS_REMOUNT, nullptr) == 0;
    }));
  }
  HINT(
      "The host itself cannot write to its file system any more: all of it "
      "was made read-only, and not just this mount of it. With mount(), "
      "MS_REMOUNT needs MS_BIND for that.");
  REQUIRE(writable);
}

// ---- In the container ------------------------------------------------------

// All mounts of the process's namespace, seen from the top of it.
inline std::vector<judge::Mount> namespace_mounts(
    const judge::Process& process) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const kit::UniqueFd reader{ends[0]};
  kit::UniqueFd writer{ends[1]};
  const auto path = std::to_string(process.pid()) + "/ns/mnt";
  const int proc = judge::guest().proc();
  const kit::UniqueFd there{::openat(proc, path.c_str(), O_RDONLY | O_CLOEXEC)};
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setns(there.get(), CLONE_NEWNS) == -1) ::_exit(1);
    // "self" is this child, in whatever namespace it is.
    const auto text = judge::read_file(proc, "self/mountinfo").value_or("");
    (void)!::write(writer.get(), text.data(), text.size());
    ::_exit(0);
  }
  writer.reset();
  std::string text;
  char bytes[4096];
  for (ssize_t size = 1; size > 0;) {
    size = ::read(reader.get(), bytes, sizeof bytes);
    if (size > 0) text.append(bytes, static_cast<std::size_t>(size));
  }
  ::waitpid(child, nullptr, 0);
  return judge::parse_mounts(text);
}

inline Names targets(const std::vector<judge::Mount>& mounts) {
  Names names;
  for (const auto& mount : mounts) names.push_back(mount.target);
  std::sort(names.begin(), names.end());
  return names;
}

// What is mounted on `target` in a container.
inline judge::Mount mount_at(const judge::Process& process,
                             const std::string& target) {
  for (const auto& mount : process.mounts()) {
    if (mount.target == target) return mount;
  }
  throw judge::Failed("in the container, nothing is mounted on " + target);
}

// A path on which the judge can get to a file of the container.
inline std::string inside(const judge::Box& box, const std::string& path) {
  return "/proc/" + std::to_string(box.command().pid()) + "/root" + path;
}

// The options of a mount: {"rw", "nosuid", "relatime"}.
inline Set words(const std::string& options) {
  const auto parts = judge::split(options, ',');
  return {parts.begin(), parts.end()};
}

// ---- A program that is held ------------------------------------------------

// The program, stopped just before it makes one of these system calls; or at a
// step that is not written, if it comes to one after `step`.
class Stopped {
 public:
  Stopped(const Options& options, std::vector<judge::Call> calls,
          std::string step,
          const std::string& root = judge::make_root_directory())
      : step_(std::move(step)),
        root_(root),
        subject_(words_in(root, options), {.held_calls = std::move(calls)}) {
    wait();
  }

  // False if the program has ended, and makes no such call any more.
  [[nodiscard]] bool is_held() const {
    return held_.has_value() || !subject_.unwritten_step().empty();
  }

  // Lets it make the call, and waits for the next one.
  void go_on() {
    subject_.watch().release();
    wait();
  }

  // The call that it is held at; 0 at an unwritten step.
  [[nodiscard]] int call() const { return held_ ? held_->number : 0; }

  [[nodiscard]] judge::Process process() const {
    return judge::Process(subject_.pid());
  }

  // The root directory that it was given.
  [[nodiscard]] judge::FileId root() const {
    return judge::file_id(AT_FDCWD, on_host(root_)).value();
  }

 private:
  void wait() {
    held_.reset();
    judge::Deadline deadline;
    while (!held_ && !subject_.ending() && !deadline.passed() &&
           subject_.unwritten_step().empty()) {
      std::vector<pollfd> call_made = {
          {subject_.watch().descriptor(), POLLIN, 0}};
      subject_.wait(deadline.milliseconds_left(), call_made);
      held_ = subject_.watch().receive_call();
    }
    const auto& unwritten = subject_.unwritten_step();
    if (!unwritten.empty() && unwritten <= step_) {
      throw judge::Waiting(unwritten);
    }
  }

  std::string step_, root_;
  judge::Subject subject_;
  std::optional<judge::HeldCall> held_;
};

// The program behind step 01.1: when it changes the root, or gives up.
inline Stopped before_the_root(const Options& options, const std::string& step,
                               const std::string& root) {
  return {options,
          {{SYS_pivot_root}, {SYS_chroot}, {SYS_close_range}, {SYS_exit_group}},
          step,
          root};
}

// The program after step 01.2, whatever becomes of step 01.3. If it does not
// unmount the old root, there is a call behind the steps.
inline std::unique_ptr<Stopped> change_root(
    const std::string& root = judge::make_root_directory()) {
  auto program = std::make_unique<Stopped>(
      Options{},
      std::vector<judge::Call>{
          {SYS_pivot_root}, {SYS_chroot}, {SYS_umount2}, {SYS_close_range}},
      "01.2", root);
  for (bool changed = false; program->is_held(); program->go_on()) {
    const int call = program->call();
    if (call == 0 || call == SYS_close_range) return program;
    if (call == SYS_umount2 && changed) return program;
    if (call != SYS_umount2) changed = true;
  }
  throw judge::Failed("the program has ended before it had changed the root");
}

// The options of the mount of a file, of those that the kernel tells of it:
// {"ro", "nosuid", "relatime"}.
inline Set options_of(const std::string& path) {
  struct statvfs file {};
  if (::statvfs(path.c_str(), &file) == -1) return {"(missing)"};
  Set words = {(file.f_flag & ST_RDONLY) != 0 ? "ro" : "rw"};
  constexpr unsigned long kNoSymbolicLinks = 0x2000;  // Since Linux 5.10.
  for (const auto& [flag, word] : std::map<unsigned long, std::string>{
           {ST_NOSUID, "nosuid"},
           {ST_NODEV, "nodev"},
           {ST_NOEXEC, "noexec"},
           {ST_SYNCHRONOUS, "sync"},
           {ST_NOATIME, "noatime"},
           {ST_NODIRATIME, "nodiratime"},
           {ST_RELATIME, "relatime"},
           {kNoSymbolicLinks, "nosymfollow"}}) {
    if ((file.f_flag & flag) != 0) words.insert(word);
  }
  return words;
}

// A volume that the program has taken and not attached yet.
class Volume {
 public:
  // option: what follows the source, ":/mnt:ro".
  Volume(const std::string& source, const std::string& option)
      : program_(before_the_root({"--volume", source + option}, "01.4",
                                 judge::make_root_directory())) {
    if (!program_.is_held() || program_.call() == SYS_exit_group) {
      throw judge::Failed("the program has ended before it had a volume");
    }
    const auto wanted = judge::file_id(AT_FDCWD, on_host(source));
    const auto process = program_.process();
    for (const auto& [fd, what] : process.descriptors()) {
      const auto path = "/proc/" + std::to_string(process.pid()) + "/fd/" +
                        std::to_string(fd);
      if (judge::file_id(AT_FDCWD, path) == wanted) path_ = path;
    }
    if (path_.empty()) {
      throw judge::Failed("the program has not opened " + source);
    }
  }

  // A path on which the judge can get into the volume, in its mount.
  [[nodiscard]] const std::string& path() const { return path_; }

  // The options of the mount of a file in it.
  [[nodiscard]] Set options(const std::string& name = "") const {
    return options_of(path_ + name);
  }

 private:
  Stopped program_;
  std::string path_;
};

}  // namespace mounts
