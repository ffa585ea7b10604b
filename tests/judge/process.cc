#include "tests/judge/process.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

#include "lessons/kit/check.h"
#include "tests/judge/guest.h"

namespace judge {
namespace {

constexpr unsigned long kKernelThread = 0x00200000;  // PF_KTHREAD

std::optional<Stat> parse_stat(std::string_view text) {
  // The name may hold anything, ")" included: what counts is the last one.
  const auto open = text.find('(');
  const auto close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos) {
    return std::nullopt;
  }
  const auto fields = split(text.substr(close + 1), ' ');
  if (fields.size() < 20) return std::nullopt;
  Stat stat;
  stat.pid = static_cast<pid_t>(std::stol(std::string(text.substr(0, open))));
  stat.name = text.substr(open + 1, close - open - 1);
  stat.state = fields[0][0];
  stat.parent = static_cast<pid_t>(std::stol(fields[1]));
  stat.kernel_thread = (std::stoul(fields[6]) & kKernelThread) != 0;
  stat.start_time = fields[19];
  return stat;
}

bool is_number(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return '0' <= c && c <= '9'; });
}

}  // namespace

Process::Process(pid_t pid)
    : pid_(pid),
      directory_(::openat(guest().proc(), std::to_string(pid).c_str(),
                          O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (!directory_ && errno != ENOENT) {
    kit::check(-1, "look at process {}", pid);
  }
}

bool Process::exists() const {
  const auto state = status("State");
  return !state.empty() && state[0] != 'Z' && state[0] != 'X';
}

std::string Process::file(const std::string& name) const {
  if (directory_.get() == -1) return "";
  return read_file(directory_.get(), name).value_or("");
}

std::string Process::status(const std::string& field) const {
  return field_in(file("status"), field);
}

// The letters are those of proc_pid_stat(5).
bool Process::sleeps() const { return status("State").starts_with('S'); }

bool Process::stands_in_kernel() const {
  return status("State").starts_with('D');
}

bool Process::is_being_killed() const {
  constexpr unsigned long kKilled = 1UL << (SIGKILL - 1);
  const auto pending = status("SigPnd");  // In hexadecimal.
  return !pending.empty() && (std::stoul(pending, nullptr, 16) & kKilled) != 0;
}

std::string Process::name_space(const std::string& kind) const {
  return read_link(directory_.get(), "ns/" + kind);
}

std::set<std::string> Process::own_namespaces() const {
  static const std::vector<std::string> kKinds = {
      "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"};
  const Process outside(guest().stage());
  std::set<std::string> own;
  for (const auto& kind : kKinds) {
    if (name_space(kind) != outside.name_space(kind)) own.insert(kind);
  }
  return own;
}

// uname(2) tells the names of the caller's namespace, so go there and back.
utsname Process::names() const {
  using kit::check;
  utsname names{};
  const kit::UniqueFd there{
      ::openat(directory_.get(), "ns/uts", O_RDONLY | O_CLOEXEC)};
  if (!there) return names;  // It has ended.
  const kit::UniqueFd here{
      check(::openat(guest().proc(), "self/ns/uts", O_RDONLY | O_CLOEXEC),
            "open the judge's UTS namespace")};
  check(::setns(there.get(), CLONE_NEWUTS), "enter a UTS namespace");
  const int result = ::uname(&names);
  check(::setns(here.get(), CLONE_NEWUTS), "come back from a UTS namespace");
  check(result, "ask for the names");
  return names;
}

std::string Process::host_name() const { return names().nodename; }

std::string Process::domain_name() const { return names().domainname; }

Cgroup Process::cgroup() const {
  for (const auto& line : split(file("cgroup"), '\n')) {
    if (line.starts_with("0::")) return Cgroup{line.substr(3)};
  }
  return Cgroup{"(none)"};
}

std::optional<FileId> Process::root() const {
  return file_id(directory_.get(), "root");
}

std::optional<FileId> Process::working_directory() const {
  return file_id(directory_.get(), "cwd");
}

std::string Process::root_path() const {
  return read_link(directory_.get(), "root");
}

std::string Process::working_directory_path() const {
  return read_link(directory_.get(), "cwd");
}

bool Process::can_be_looked_into() const {
  // get_robust_list(2) wants what ptrace(2) calls PTRACE_MODE_READ_REALCREDS:
  // all that the process is permitted, and CAP_SYS_PTRACE only if it is not
  // dumpable. Yama's guard of the judge has no say in it.
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct halves[2];
  kit::check(::syscall(SYS_capget, &header, halves), "get capabilities");
  auto without = std::to_array(halves);
  without[0].effective &= ~(1U << CAP_SYS_PTRACE);
  kit::check(::syscall(SYS_capset, &header, without.data()),
             "set capabilities");
  void* head = nullptr;
  std::size_t size = 0;
  const bool can = ::syscall(SYS_get_robust_list, pid_, &head, &size) == 0;
  kit::check(::syscall(SYS_capset, &header, halves), "set capabilities");
  return can;
}

std::optional<FileId> Process::executable() const {
  return file_id(directory_.get(), "exe");
}

std::vector<Mount> Process::mounts() const {
  return parse_mounts(file("mountinfo"));
}

std::map<int, std::string> Process::descriptors() const {
  std::map<int, std::string> open;
  for (const auto& name : names_in(directory_.get(), "fd")) {
    open[std::stoi(name)] = read_link(directory_.get(), "fd/" + name);
  }
  return open;
}

std::map<int, std::string> Process::descriptors_beside(pid_t child) const {
  auto open = descriptors();
  std::erase_if(open, [&](const auto& each) {
    if (each.first <= STDERR_FILENO) return true;
    const auto info = file("fdinfo/" + std::to_string(each.first));
    return info.find("\nPid:\t" + std::to_string(child) + "\n") !=
           std::string::npos;
  });
  return open;
}

std::map<int, std::string> Process::kept_descriptors() const {
  auto open = descriptors();
  std::erase_if(open, [this](const auto& descriptor) {
    const int fd = descriptor.first;
    for (const auto& line : split(file("fdinfo/" + std::to_string(fd)), '\n')) {
      if (!line.starts_with("flags:")) continue;
      const auto flags = std::stoul(line.substr(6), nullptr, 8);
      return (flags & O_CLOEXEC) != 0;
    }
    return true;  // Closed meanwhile.
  });
  return open;
}

std::vector<Stat> all_processes() {
  // Most of the guest's processes are the kernel's own threads. Numbers are
  // given in ascending order, so one that was a thread of the kernel stays one.
  static std::set<std::string> kernel_threads;

  std::vector<Stat> all;
  for (const auto& name : names_in(guest().proc(), ".")) {
    if (!is_number(name) || kernel_threads.contains(name)) continue;
    const auto text = read_file(guest().proc(), name + "/stat");
    if (!text) continue;  // It has ended meanwhile.
    auto stat = parse_stat(*text);
    if (!stat) continue;
    if (stat->kernel_thread) {
      kernel_threads.insert(name);
    } else {
      all.push_back(std::move(*stat));
    }
  }
  return all;
}

std::vector<Stat> descendants_of(pid_t ancestor) {
  const auto all = all_processes();
  std::set<pid_t> family = {ancestor};
  std::vector<Stat> found;
  for (bool grown = true; grown;) {
    grown = false;
    for (const auto& process : all) {
      if (family.contains(process.parent) &&
          family.insert(process.pid).second) {
        found.push_back(process);
        grown = true;
      }
    }
  }
  return found;
}

}  // namespace judge
