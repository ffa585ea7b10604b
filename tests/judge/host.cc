#include "tests/judge/host.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <sstream>
#include <vector>

#include "tests/judge/cgroup.h"
#include "tests/judge/guest.h"
#include "tests/judge/kernel.h"
#include "tests/judge/network.h"
#include "tests/judge/network_events.h"
#include "tests/judge/process.h"

namespace judge {
namespace {

// The kit's programs may keep this one: it holds the containers' cgroups, and
// nothing else.
constexpr char kKitCgroup[] = "/container-kit";

// Where files may not be left behind, and how many levels deep to look.
const std::vector<std::pair<std::string, int>> kWatchedDirectories = {
    {"/", 1},           {"/etc", 1},     {"/run", 2},
    {"/tmp", 2},        {"/root", 2},    {"/dev/shm", 1},
    {"/dev/mqueue", 1}, {"/var/tmp", 1}, {"/var/lib", 1},
};

// The unpacked default root file systems are a cache, and documented as one.
// The second is that of the guest's ordinary user.
const std::vector<std::string> kAllowedFiles = {
    "/run/container-kit", "/tmp/container-kit-1000", "/judge"};

const std::vector<std::string> kSysctls = {
    "kernel/core_pattern",
    "kernel/pid_max",
    "kernel/randomize_va_space",
    "kernel/unprivileged_userns_clone",
    "kernel/sysrq",
    "kernel/shmmax",
    "kernel/msgmax",
    "fs/mqueue/queues_max",
    "user/max_cgroup_namespaces",
    "user/max_user_namespaces",
    "vm/overcommit_memory",
    "net/ipv4/ip_forward",
};

Facts mounts_now() {
  Facts facts;
  if (guest().stage() == 0) return facts;
  for (const auto& mount : Process(guest().stage()).mounts()) {
    facts.add(mount.id, "mount " + mount.text(),
              mount.options + " " + mount.propagation);
  }
  return facts;
}

Facts cgroups_now() {
  Facts facts;
  for (const auto& path : cgroups_below("/")) {
    if (path == kKitCgroup || path.starts_with(guest().own_cgroup() + "/")) {
      continue;
    }
    facts.add(path, "cgroup /sys/fs/cgroup" + path);
  }
  return facts;
}

// Orphans of the program become the judge's children. Those that have ended are
// nobody's fault: take them off the list, but leave the program to who waits
// for it.
void reap_orphans(const std::vector<Stat>& processes) {
  for (const auto& process : processes) {
    if (process.parent == ::getpid() && process.state == 'Z' &&
        !guest().awaited.contains(process.pid)) {
      ::waitpid(process.pid, nullptr, WNOHANG);
    }
  }
}

Facts processes_now() {
  Facts facts;
  const auto processes = all_processes();
  reap_orphans(processes);
  for (const auto& process : processes) {
    if (process.pid == ::getpid() || process.pid == guest().stage()) {
      continue;
    }
    const bool orphan = process.parent == ::getpid();
    if (orphan && process.state == 'Z') continue;
    facts.add(std::to_string(process.pid) + "@" + process.start_time,
              "process " + std::to_string(process.pid) + " (" + process.name +
                  (process.state == 'Z' ? ", a zombie)" : ")"));
  }
  return facts;
}

Facts settings_now(const std::vector<std::string>& names) {
  Facts facts;
  for (const auto& name : names) {
    const auto value = read_file(guest().proc(), "sys/" + name);
    if (value) facts.add(name, "/proc/sys/" + name, trimmed(*value));
  }
  return facts;
}

bool is_allowed(const std::string& path) {
  for (const auto& allowed : kAllowedFiles) {
    if (path == allowed || path.starts_with(allowed + "/")) return true;
  }
  return false;
}

void add_files(Facts& facts, const std::string& directory, int levels) {
  if (levels == 0) return;
  for (const auto& name : names_in(guest().root(), "." + directory)) {
    const auto path = (directory == "/" ? "" : directory) + "/" + name;
    if (is_allowed(path)) continue;
    facts.add(path, "file " + path);
    if (levels > 1) add_files(facts, path, levels - 1);
  }
}

Facts files_now() {
  Facts facts;
  for (const auto& [directory, levels] : kWatchedDirectories) {
    add_files(facts, directory, levels);
  }
  return facts;
}

// What tells us that something of the guest has changed. Some changes have no
// event; so a wait is cut into pieces, and each ends with a new look.
class Changes {
 public:
  Changes(const Host& now, const Host& before)
      : mounts_(
            ::openat(guest().proc(),
                     (std::to_string(guest().stage()) + "/mountinfo").c_str(),
                     O_RDONLY | O_CLOEXEC)),
        watch_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    for (const auto& [id, process] : now.processes.all()) {
      if (before.processes.all().contains(id)) continue;
      const auto pid = static_cast<pid_t>(std::stol(id));
      pidfds_.push_back(open_pidfd(pid));
    }
    for (const auto& [path, cgroup] : now.cgroups.all()) {
      if (before.cgroups.all().contains(path)) continue;
      const auto link = "/proc/self/fd/" + std::to_string(guest().cgroups());
      const auto above = link + path.substr(0, path.rfind('/'));
      ::inotify_add_watch(watch_.get(), above.c_str(), IN_DELETE | IN_ONLYDIR);
    }
  }

  void wait(int milliseconds) const {
    std::vector<pollfd> fds = {{mounts_.get(), POLLPRI, 0},
                               {watch_.get(), POLLIN, 0},
                               {network_.descriptor(), POLLIN, 0}};
    for (const auto& pidfd : pidfds_) fds.push_back({pidfd.get(), POLLIN, 0});
    ::poll(fds.data(), fds.size(), milliseconds);
  }

 private:
  kit::UniqueFd mounts_;
  kit::UniqueFd watch_;
  NetworkEvents network_;
  std::vector<kit::UniqueFd> pidfds_;
};

constexpr int kLongestPiece = 200;  // Milliseconds.

// Once all of the program's processes have ended, nothing can change any more
// but what the kernel itself still tidies up.
constexpr std::chrono::milliseconds kAfterwards{300};

// It takes longer over the links of a network namespace.
constexpr std::chrono::milliseconds kAfterwardsForLinks{3000};

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text += part;
  return text;
}

}  // namespace

Facts links_now() {
  Facts facts;
  const auto network = Network::host();
  for (const auto& [name, link] : network.links()) {
    facts.add("link " + name, "network interface " + name,
              link.up ? "up" : "down");
    for (const auto& address : link.addresses) {
      const auto text = "address " + address + " on " + name;
      facts.add(text, text);
    }
  }
  for (const auto& route : network.routes()) {
    const auto text = (std::ostringstream{} << route).str();
    facts.add("route " + text, "route \"" + text + "\"");
  }
  for (const auto& table : network.tables()) {
    facts.add("table " + table, "nf_tables table " + table);
  }
  return facts;
}

Facts ipc_now() {
  Facts facts;
  for (const std::string kind : {"msg", "sem", "shm"}) {
    const auto lines =
        split(read_file(guest().proc(), "sysvipc/" + kind).value_or(""), '\n');
    for (std::size_t i = 1; i < lines.size(); ++i) {  // The first is a heading.
      const auto fields = split(lines[i], ' ');
      if (fields.size() < 2) continue;
      facts.add(kind + " " + fields[1], "System V object " + kind + " " +
                                            fields[1] + " (key " + fields[0] +
                                            ")");
    }
  }
  return facts;
}

std::string Facts::changes_since(const Facts& before) const {
  std::string changes;
  for (const auto& [id, fact] : facts_) {
    const auto old = before.facts_.find(id);
    if (old == before.facts_.end()) {
      changes += "there is a new " + fact.text + "\n";
    } else if (old->second.value != fact.value) {
      changes += fact.text + " was \"" + old->second.value + "\" and is \"" +
                 fact.value + "\"\n";
    }
  }
  for (const auto& [id, fact] : before.facts_) {
    if (!facts_.contains(id)) changes += "there is no more " + fact.text + "\n";
  }
  return changes;
}

bool Facts::operator==(const Facts& before) const {
  changes_ = changes_since(before);
  before.changes_ = "what there was before";
  return changes_.empty();
}

std::ostream& operator<<(std::ostream& out, const Facts& facts) {
  return out << trimmed(facts.changes_);
}

Host Host::now() {
  Host host;
  host.mounts = mounts_now();
  host.links = links_now();
  host.cgroups = cgroups_now();
  host.processes = processes_now();
  host.names = settings_now({"kernel/hostname", "kernel/domainname"});
  host.sysctls = settings_now(kSysctls);
  host.ipc = ipc_now();
  host.files = files_now();
  return host;
}

Host Host::settled(const Host& before) {
  Deadline deadline;
  std::optional<Deadline> afterwards;
  while (true) {
    auto host = now();
    const bool over = deadline.passed() || (afterwards && afterwards->passed());
    if (over || host.changes_since(before).empty()) return host;
    if (!afterwards && host.processes.changes_since(before.processes).empty()) {
      const bool links_too = !host.links.changes_since(before.links).empty();
      afterwards.emplace(links_too ? kAfterwardsForLinks : kAfterwards);
    }
    const Changes changes(host, before);
    changes.wait(std::min(kLongestPiece, deadline.milliseconds_left()));
  }
}

std::string Host::changes_since(const Host& before) const {
  return joined(
      {mounts.changes_since(before.mounts), links.changes_since(before.links),
       cgroups.changes_since(before.cgroups),
       processes.changes_since(before.processes),
       names.changes_since(before.names), sysctls.changes_since(before.sysctls),
       ipc.changes_since(before.ipc), files.changes_since(before.files)});
}

bool Host::operator==(const Host& before) const {
  changes_ = changes_since(before);
  before.changes_ = "the guest as it was before";
  return changes_.empty();
}

std::ostream& operator<<(std::ostream& out, const Host& host) {
  return out << trimmed(host.changes_);
}

}  // namespace judge
