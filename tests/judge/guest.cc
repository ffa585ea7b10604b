#include "tests/judge/guest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "lessons/kit/check.h"
#include "tests/judge/cable.h"
#include "tests/judge/cgroup.h"
#include "tests/judge/host.h"
#include "tests/judge/kernel.h"
#include "tests/judge/process.h"

namespace judge {
namespace {

using kit::check;
using kit::UniqueFd;

// Maps a file, so that what is written to it is to be seen at once.
std::string_view map_file(const std::string& path) {
  const UniqueFd file{
      check(::open(path.c_str(), O_RDONLY | O_CLOEXEC), "open {}", path)};
  const auto size = std::filesystem::file_size(path);
  void* const begin =
      ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.get(), 0);
  if (begin == MAP_FAILED) check(-1, "map {}", path);
  return {static_cast<const char*>(begin), size};
}

UniqueFd open_directory(const char* path) {
  return UniqueFd{
      check(::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), "open {}", path)};
}

void write_text(int directory, const std::string& path,
                const std::string& text) {
  const UniqueFd file{::openat(directory, path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (file.get() != -1) (void)!::write(file.get(), text.data(), text.size());
}

// The judge must outlive what uses up the guest's memory.
void protect_from_oom_killer() {
  write_text(AT_FDCWD, "/proc/self/oom_score_adj", "-1000");
}

// The judge has to run, however many others want to: a real-time policy. What
// it starts is ordinary again: sched(7), SCHED_RESET_ON_FORK.
void run_before_others() {
  const sched_param lowest{::sched_get_priority_min(SCHED_FIFO)};
  check(::sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &lowest),
        "run before others");
}

// Who forks without end is to use up the time of a case, and not the memory.
void limit_processes() {
  write_text(AT_FDCWD, "/proc/sys/kernel/threads-max", "400");
}

// The cgroups that were not there before, those below others first.
std::vector<std::string> new_cgroups(const Host& before) {
  const auto own = guest().own_cgroup();
  auto paths = cgroups_below("/");
  std::erase_if(paths, [&](const auto& path) {
    return before.cgroups.all().contains(path) || path == own + "/case";
  });
  std::reverse(paths.begin(), paths.end());
  return paths;
}

// Waits until none of them lives, a tenth of a second for each at most, and
// reaps those that have become the judge's children. Returns whether it has any
// left.
bool reap(const std::vector<Stat>& family) {
  for (const auto& process : family) {
    const UniqueFd pidfd = open_pidfd(process.pid);
    pollfd ended{pidfd.get(), POLLIN, 0};
    if (pidfd) ::poll(&ended, 1, /*milliseconds=*/100);
  }
  pid_t child = 0;
  while ((child = ::waitpid(-1, nullptr, WNOHANG)) > 0) {
  }
  return child == 0;
}

// Kills everything that comes from the program, until nothing is left. What is
// in cgroups goes first: there the kernel kills all at once, so that not even a
// fork bomb gets away.
void end_processes(const std::vector<std::string>& cgroups) {
  Deadline deadline;
  while (!deadline.passed()) {
    for (const auto& path : cgroups) kill_cgroup(path);
    kill_cgroup(guest().own_cgroup() + "/case");
    const auto family = descendants_of(::getpid());
    for (const auto& process : family) ::kill(process.pid, SIGKILL);
    if (!reap(family)) return;
  }
}

// Controllers that a program has enabled in the tree's root.
void disable_controllers(const std::string& enabled_at_first) {
  const auto at_first = split(enabled_at_first, ' ');
  std::string changes;
  for (const auto& name :
       split(Cgroup{"/"}.file("cgroup.subtree_control"), ' ')) {
    if (std::find(at_first.begin(), at_first.end(), name) == at_first.end()) {
      changes += "-" + name + " ";
    }
  }
  if (changes.empty()) return;
  write_text(guest().cgroups(), "cgroup.subtree_control", changes);
}

// The options of the cgroup file system, which all its mounts share: whoever
// mounts it once more in the guest's cgroup namespace sets them anew, for
// all.
std::string cgroup_options() {
  for (const auto& mount :
       parse_mounts(read_file(guest().proc(), "self/mountinfo").value_or(""))) {
    if (mount.type == "cgroup2") return mount.super_options;
  }
  return "";
}

bool set_cgroup_options(const std::string& options) {
  const auto others = options.substr(options.find(',') + 1);  // Behind "rw".
  return ::mount(nullptr, "/sys/fs/cgroup", nullptr,
                 MS_REMOUNT | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                 others.c_str()) == 0;
}

// Does something in a child that enters that mount namespace. Returns whether
// `task` has, and said that it was done.
bool in_namespace(int mount_namespace, const std::function<bool()>& task) {
  const pid_t child = check(::fork(), "fork");
  if (child == 0) {
    ::_exit(::setns(mount_namespace, CLONE_NEWNS) == 0 && task() ? 0 : 1);
  }
  guest().awaited.insert(child);
  int status = -1;
  const pid_t ended = ::waitpid(child, &status, 0);
  guest().awaited.erase(child);
  return ended == child && status == 0;
}

void remove_ipc(const Host& now, const Host& before) {
  for (const auto& [id, fact] : now.ipc.all()) {
    if (before.ipc.all().contains(id)) continue;
    const int number = std::stoi(id.substr(4));
    if (id.starts_with("msg")) ::msgctl(number, IPC_RMID, nullptr);
    if (id.starts_with("sem")) ::semctl(number, 0, IPC_RMID);
    if (id.starts_with("shm")) ::shmctl(number, IPC_RMID, nullptr);
  }
}

void restore_settings(const Facts& now, const Facts& before) {
  for (const auto& [name, fact] : before.all()) {
    const auto current = now.all().find(name);
    if (current != now.all().end() && current->second.value != fact.value) {
      write_text(guest().proc(), "sys/" + name, fact.value);
    }
  }
}

void remove_files(const Host& now, const Host& before) {
  const auto root = fmt::format("/proc/self/fd/{}", guest().root());
  std::error_code ignored;
  for (const auto& [path, fact] : now.files.all()) {
    if (before.files.all().contains(path)) continue;
    std::filesystem::remove_all(root + path, ignored);
  }
}

// Links that have not gone by themselves, with the namespace at their other
// end.
void remove_links(const Facts& now, const Facts& before) {
  constexpr std::string_view kKind = "link ";
  for (const auto& [id, fact] : now.all()) {
    if (!id.starts_with(kKind) || before.all().contains(id)) continue;
    try {
      remove_link(id.substr(kKind.size()));
    } catch (const std::system_error&) {
      // It has gone just now.
    }
  }
}

// Who: the keeper of the stage. Makes a copy of the guest's mount namespace,
// says so, and stays until it is killed.
[[noreturn]] void keep_stage(int mount_namespace, int ready) {
  const bool made =
      ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
      ::setns(mount_namespace, CLONE_NEWNS) == 0 &&
      ::unshare(CLONE_NEWNS) == 0 &&
      // Nothing gets from here to the guest, but from one mount namespace to
      // the next that is made here: like the guest, this is rshared.
      ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
      ::mount(nullptr, "/", nullptr, MS_REC | MS_SHARED, nullptr) == 0;
  if (made) (void)!::write(ready, "", 1);
  ::close(ready);
  while (made) ::pause();
  ::_exit(1);
}

// The root directories of the case's boxes.
void remove_roots() {
  std::error_code ignored;
  for (const auto& name : names_in(AT_FDCWD, "/judge/roots")) {
    std::filesystem::remove_all("/judge/roots/" + name, ignored);
  }
}

}  // namespace

std::string take_variable(const char* name) {
  char* const value = std::getenv(name);
  if (value == nullptr) {
    throw std::runtime_error(fmt::format(
        "{} is not set: the judge is started by the lab machine", name));
  }
  const std::string copy = value;
  std::memset(value, 0, copy.size());
  ::unsetenv(name);
  return copy;
}

Guest& guest() {
  static Guest instance;
  return instance;
}

Guest::Guest()
    : program_(take_variable("JUDGE_PROGRAM")),
      probe_(take_variable("JUDGE_PROBE")),
      mount_namespace_(check(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC),
                             "open the guest's mount namespace")),
      root_(open_directory("/")) {
  protect_from_oom_killer();
  run_before_others();
  limit_processes();
  check(::prctl(PR_SET_CHILD_SUBREAPER, 1), "become a subreaper");
  check(::unshare(CLONE_NEWNS), "make a mount namespace for the judge");
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr),
        "make the judge's mounts private");
  proc_ = open_directory("/proc");
  cgroups_ = open_directory("/sys/fs/cgroup");
  take_probe();
  own_mounts_.reset(check(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC),
                          "watch the judge's mounts"));

  const auto lines = read_file(AT_FDCWD, "/proc/self/cgroup").value_or("");
  for (const auto& line : split(lines, '\n')) {
    if (line.starts_with("0::")) own_cgroup_ = line.substr(3);
  }
  const auto path = "." + own_cgroup_ + "/case";
  ::mkdirat(cgroups(), path.c_str(), 0755);
  case_cgroup_.reset(check(
      ::openat(cgroups(), path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC),
      "open the cgroup {}", path));
}

Guest::~Guest() = default;

// Every root directory gets the probe by a hard link, and so does the judge: so
// it is enough to look at the one file for changes. At its content, for root
// can set all its times.
void Guest::take_probe() {
  std::filesystem::create_directories("/judge/roots");
  std::filesystem::create_hard_link(probe_, "/judge/probe");
  probe_ = "/judge/probe";
  probe_now_ = map_file(probe_);
  probe_at_first_ = probe_now_;
}

bool Guest::probe_is_as_it_was() const {
  // The mapping cannot be read behind the file's end: SIGBUS.
  std::error_code failed;
  return std::filesystem::file_size(probe_, failed) == probe_at_first_.size() &&
         probe_now_ == probe_at_first_;
}

std::string Guest::program_name() const {
  return program_.substr(program_.rfind('/') + 1);
}

bool Guest::on_stage(const std::function<bool()>& task) {
  return in_namespace(stage_namespace(), task);
}

bool Guest::footing_holds() const {
  // proc_pid_mounts(5): an exceptional event says that something has changed.
  pollfd changed{own_mounts_.get(), POLLPRI, 0};
  return ::poll(&changed, 1, /*milliseconds=*/0) == 0;
}

void Guest::remember() {
  controllers_ = Cgroup{"/"}.file("cgroup.subtree_control");
  cgroup_options_ = cgroup_options();
  at_first_ = std::make_unique<Host>(Host::now());
}

void Guest::prepare() {
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "make a pipe");
  const UniqueFd reader{ends[0]};
  UniqueFd writer{ends[1]};
  stage_ = check(::fork(), "fork");
  if (stage_ == 0) keep_stage(mount_namespace_.get(), writer.get());
  writer.reset();
  char byte = 0;
  if (check(::read(reader.get(), &byte, 1), "wait for the stage") != 1) {
    throw std::runtime_error("the stage could not be set");
  }
  const auto path = fmt::format("{}/ns/mnt", stage_);
  stage_namespace_.reset(
      check(::openat(proc(), path.c_str(), O_RDONLY | O_CLOEXEC),
            "open the stage's mount namespace"));
}

void Guest::leave() {
  case_cgroup_.reset();
  (void)remove_cgroup(own_cgroup_ + "/case");
  std::filesystem::remove_all("/judge");
}

void Guest::restore_cgroup_options() {
  if (cgroup_options() == cgroup_options_) return;
  // Not in the judge's own namespace, whose mounts are watched for changes.
  (void)in_namespace(mount_namespace_.get(),
                     [&] { return set_cgroup_options(cgroup_options_); });
}

void Guest::restore() {
  awaited.clear();
  restore_cgroup_options();  // In a read-only tree, nothing can be ended.
  const auto cgroups = new_cgroups(*at_first_);
  end_processes(cgroups);
  stage_ = 0;  // It has been killed with the others.
  stage_namespace_.reset();
  for (const auto& path : new_cgroups(*at_first_)) remove_cgroup(path);
  disable_controllers(controllers_);
  restore_cgroup_options();
  remove_roots();
  const auto now = Host::now();
  if (now.changes_since(*at_first_).empty()) return;
  remove_links(now.links, at_first_->links);
  remove_ipc(now, *at_first_);
  restore_settings(now.names, at_first_->names);
  restore_settings(now.sysctls, at_first_->sysctls);
  remove_files(now, *at_first_);
}

}  // namespace judge
