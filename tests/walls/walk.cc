#include "tests/walls/walk.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>

#include "tests/walls/walk_network.h"

namespace walls {
namespace {

using judge::Box;
using judge::Process;
using Found = std::vector<Finding>;

const std::string kNone = "0000000000000000";
const std::string kMayKill = "0000000000000020";
const std::set<std::string> kFlags = {"ro", "nosuid", "nodev", "noexec"};

// All processes in the container's PID namespace.
std::vector<Process> processes_of(const Box& box) {
  const auto space = box.command().name_space("pid");
  std::vector<Process> found;
  for (const auto& each : judge::all_processes()) {
    Process process(each.pid);
    if (process.name_space("pid") == space) found.push_back(std::move(process));
  }
  return found;
}

// Those of a mount's options that restrict what can be done: "ro,nosuid".
std::string restrictions_of(const judge::Mount& mount) {
  std::vector<std::string> flags;
  for (const auto& flag : judge::split(mount.options, ',')) {
    if (kFlags.contains(flag)) flags.push_back(flag);
  }
  return fmt::format("{}", fmt::join(flags, ","));
}

// Whatever else restricts the host's directory stays so.
std::string restrictions_of_root(const std::string& flags) {
  return flags.starts_with("ro,") && flags.find("nodev") != flags.npos
             ? "ro,nodev"
         : flags.find("nodev") != flags.npos ? "nodev"
                                             : "";
}

bool is_cover(const judge::Mount& mount) {
  return mount.target.starts_with("/proc/") ||
         (mount.target.starts_with("/sys/") && mount.type != "cgroup2");
}

// A walk from outside, over one process.
class Look {
 public:
  Look(const Box& box, const Expected& expected, const Process& process,
       Found& found)
      : box_(box), expected_(expected), process_(process), found_(found) {
    const auto inside = judge::split(process.status("NSpid"), '\t');
    name_ = inside.empty() ? "?" : "process " + inside.back();
    is_init_ = name_ == "process 1";
  }

  void descriptors(bool has_terminal) {
    for (const auto& [fd, what] : process_.descriptors()) {
      const auto name = fmt::format("fd/{}", fd);
      if (fd < 3) {
        const bool own_terminal = what.starts_with("/dev/pts/") && has_terminal;
        const bool plain = what == "/dev/null" || what.starts_with("pipe:");
        expect("given", plain || own_terminal, name, what);
      } else if (is_init_) {
        const auto info = process_.file(fmt::format("fdinfo/{}", fd));
        const auto child = fmt::format("\nPid:\t{}\n", box_.command().pid());
        expect("14.4", info.find(child) != info.npos, name, what);
      } else {
        // The judge's own means to talk to the probe.
        expect("14.4", what.starts_with("socket:"), name, what);
      }
    }
  }

  void places() {
    expect("14.4", process_.root() == box_.root(), "root",
           process_.root_path());
    expect("14.4", process_.working_directory() == box_.root(), "cwd",
           process_.working_directory_path());
    if (!is_init_) return;
    const auto program = box_.program().executable();
    expect("given", process_.executable() == program, "exe", "another program");
    const auto on_host = judge::file_id(judge::guest().root(), ".");
    const bool in_memory = program && program->device != on_host->device;
    if (expected_.may_trace) {
      expect("given", in_memory, "exe", "the host's file");
    }
  }

  void words() {
    auto environment = process_.file("environ");
    std::replace(environment.begin(), environment.end(), '\0', '\n');
    const auto words = process_.file("cmdline");
    if (is_init_) {
      std::erase(environment, '\n');
      expect("given", environment.empty(), "environ", environment);
      expect("given",
             words.substr(0, words.find('\0')) == "init" &&
                 words.find_first_not_of('\0', 4) == words.npos,
             "cmdline", words);
      return;
    }
    for (const auto& variable : judge::split(environment, '\n')) {
      const bool own = std::ranges::any_of(
          expected_.variables,
          [&](const auto& begin) { return variable.starts_with(begin); });
      expect("given", own, "environ", variable);
    }
  }

  void namespaces() {
    auto own = process_.own_namespaces();
    expect("14.4", own.erase("cgroup") == 1, "ns", "cgroups of the host");
    expect("14.2", own == expected_.namespaces, "ns",
           fmt::format("its own are {}", fmt::join(own, ", ")));
    expect("14.2", process_.cgroup().path().starts_with("/container-kit/"),
           "cgroup", process_.cgroup().path());
    for (const auto* map : {"uid_map", "gid_map"}) {
      const auto ids = judge::split(judge::trimmed(process_.file(map)), ' ');
      const bool right = ids.size() == 3 && ids[0] == "0" &&
                         (ids[1] == "0") == (expected_.first_of_ids == "0") &&
                         ids[2] == expected_.ids;
      expect("14.3", right, map, fmt::format("{}", fmt::join(ids, " ")));
    }
  }

  void rights(int other_filters) {
    const auto one_of = [&](const std::string& init, const std::string& other) {
      return is_init_ ? init : other;
    };
    const std::string step = one_of("14.5", "14.6");
    same(step, "CapEff", one_of(kMayKill, expected_.capabilities));
    same(step, "CapPrm", one_of(kMayKill, expected_.capabilities));
    same(step, "CapBnd", one_of(kNone, expected_.bounding));
    same(step, "CapInh", one_of(kNone, expected_.ambient));
    same(step, "CapAmb", one_of(kNone, expected_.ambient));
    same(step, "Seccomp_filters",
         std::to_string(other_filters + (is_init_ ? 1 : expected_.filters)));
    same(step, "NoNewPrivs", one_of("1", expected_.no_new_privileges));
    // What a filter may switch off on the way: seccomp(2),
    // SECCOMP_FILTER_FLAG_SPEC_ALLOW.
    for (const auto* field :
         {"Speculation_Store_Bypass", "SpeculationIndirectBranch"}) {
      same(step, field, box_.program().status(field));
    }
    if (is_init_) {
      expect("14.4", !process_.can_be_looked_into(), "status",
             "can be looked into");
    }
  }

  // Who it is: as the kernel tells somebody outside.
  void user(const std::string& user) {
    const auto first =
        judge::split(judge::trimmed(process_.file("uid_map")), ' ');
    const auto outside = (first.size() == 3 ? std::stoul(first[1]) : 0) +
                         (is_init_ ? 0 : std::stoul(user));
    const std::string step = is_init_ ? "14.4" : "14.6";
    for (const auto* field : {"Uid", "Gid"}) {
      same(step, field, fmt::format("{0}\t{0}\t{0}\t{0}", outside));
    }
    if (!is_init_) {
      const auto groups = judge::trimmed(process_.status("Groups"));
      expect(step, groups.empty(), "Groups", groups);
    }
  }

  void limits() {
    std::string core;
    for (const auto& line : judge::split(process_.file("limits"), '\n')) {
      if (line.starts_with("Max core file size")) core = line;
    }
    const auto words = judge::split(core, ' ');
    const bool none = words.size() > 5 && words[4] == "1" && words[5] == "1";
    expect("given", none, "limits", core);
  }

  void signals() {
    same("given", "Umask", "0022");
    if (is_init_) return;
    for (const auto* set : {"SigIgn", "SigBlk", "ShdPnd", "SigPnd"}) {
      same("given", set, kNone);
    }
  }

  void session() {
    const auto inside = judge::split(process_.status("NSsid"), '\t');
    expect("given", !inside.empty() && inside.back() != "0", "session",
           "the caller's");
  }

 private:
  void expect(const std::string& step, bool holds, const std::string& what,
              const std::string& seen) {
    if (holds) return;
    found_.push_back({step, fmt::format("{}: {}: {}", name_, what, seen)});
  }
  void same(const std::string& step, const std::string& field,
            const std::string& wanted) {
    const auto value = process_.status(field);
    expect(step, value == wanted, field,
           fmt::format("{} instead of {}", value, wanted));
  }

  const Box& box_;
  const Expected& expected_;
  const Process& process_;
  Found& found_;
  std::string name_;
  bool is_init_ = false;
};

// The mount table, whole: each target that there is to be, and no other one.
void look_at_mounts(const Box& box, const Expected& expected, Found& found) {
  const auto add = [&](const std::string& text) {
    found.push_back({"14.4", "mountinfo: " + text});
  };
  auto missing = expected.mounts;
  int covers = 0;
  for (const auto& mount : box.command().mounts()) {
    const auto flags = restrictions_of(mount);
    const auto text = mount.text() + ", " + flags;
    if (!mount.propagation.empty()) add(text + ", is " + mount.propagation);
    if (is_cover(mount)) {
      ++covers;
      if (!expected.has_covers || !flags.starts_with("ro")) add(text);
      continue;
    }
    const auto wanted = missing.find(mount.target);
    if (wanted == missing.end()) {
      add(text + ", is not to be there");
      continue;
    }
    const bool is_root = mount.target == "/";
    const auto seen =
        is_root ? restrictions_of_root(flags) : mount.type + " " + flags;
    const bool right = seen == wanted->second;
    if (!right) add(text + ", instead of " + wanted->second);
    missing.erase(wanted);
  }
  for (const auto& [target, what] : missing) {
    add(what + " on " + target + " is not there");
  }
  if (expected.has_covers && covers == 0) add("nothing of /proc is covered");
}

// Of what /proc and /sys say about the host, and what changes it.
void look_at_kernel_files(const Box& box, const Expected& expected,
                          Found& found) {
  const auto targets = [&] {
    std::set<std::string> all;
    for (const auto& mount : box.command().mounts()) all.insert(mount.target);
    return all;
  }();
  for (const auto* path : {"/proc/interrupts", "/proc/timer_list", "/proc/sys",
                           "/proc/sysrq-trigger", "/sys/firmware"}) {
    if (targets.contains(path) == expected.has_covers) continue;
    found.push_back(
        {"14.4", std::string(path) +
                     (expected.has_covers ? " is open" : " is covered")});
  }
}

constexpr std::string_view kAllContainers = "/container-kit/";

// The limits where none are asked for.
void look_at_cgroup(const Box& box, Found& found) {
  const auto cgroup = box.command().cgroup();
  if (!cgroup.path().starts_with(kAllContainers)) {
    found.push_back({"14.2", "its cgroup is " + cgroup.path()});
    return;  // Whose limits are another's.
  }
  const auto expect = [&](const std::string& file, bool right) {
    if (right) return;
    found.push_back({"14.1", file + ": " + cgroup.file(file)});
  };
  expect("pids.max", cgroup.file("pids.max") == "4096");
  expect("memory.max", cgroup.file("memory.max") != "max");
  expect("memory.swap.max", cgroup.file("memory.swap.max") == "0");
}

void look_at_names(const Box& box, Found& found) {
  const auto& command = box.command();
  const auto cgroup = command.cgroup().path();
  if (cgroup.starts_with(kAllContainers) &&
      command.host_name() != cgroup.substr(kAllContainers.size())) {
    found.push_back({"14.4", "host name: " + command.host_name()});
  }
  if (command.domain_name() != "(none)") {
    found.push_back({"14.4", "domain name: " + command.domain_name()});
  }
}

// What stays of them over execve(2): capabilities(7).
void look_at_securebits(const Box& box, Found& found) {
  const auto bits =
      box.ask(fmt::format("call {} {}", SYS_prctl, PR_GET_SECUREBITS));
  if (bits != "ok 0") found.push_back({"14.6", "securebits: " + bits});
}

// From inside: nothing of the init is to be had. Who may trace sees it all, and
// what there is leads into the container, or to the program's copy in memory.
void look_from_inside(const Box& box, const Expected& expected, Found& found) {
  const auto host = judge::file_id(judge::guest().root(), ".");
  auto answer = box.ask("walk");
  if (answer.starts_with("ok ")) answer = answer.substr(3);
  for (const auto& line : judge::split(answer, '\n')) {
    const auto words = judge::split(line, ' ');
    if (words.size() < 3) continue;
    const bool is_link = words.size() == 4;
    const bool of_host =
        is_link && std::stoul(words[2]) == host->device && words[1] != "root" &&
        words[1] != "cwd" &&
        judge::FileId{std::stoul(words[2]), std::stoul(words[3])} != box.root();
    const bool standard =
        words[1] == "fd/0" || words[1] == "fd/1" || words[1] == "fd/2";
    if (!expected.may_trace || (of_host && !standard)) {
      found.push_back({"14.4", "from inside: " + line});
    }
  }
}

}  // namespace

Found walk(const Box& box, const Mode& mode, int other_filters) {
  Found found;
  const auto expected = expected_of(mode);
  const auto processes = processes_of(box);
  if (processes.size() != 2) {
    found.push_back(
        {"14.4", fmt::format("there are {} processes", processes.size())});
  }
  for (const auto& process : processes) {
    Look look(box, expected, process, found);
    look.descriptors(mode.terminal);
    look.places();
    look.words();
    look.namespaces();
    look.rights(other_filters);
    look.user(mode.user);
    look.limits();
    look.signals();
    look.session();
  }
  look_at_mounts(box, expected, found);
  look_at_kernel_files(box, expected, found);
  look_at_cgroup(box, found);
  look_at_names(box, found);
  for (const auto& text : look_at_network(box, expected)) {
    found.push_back({"14.3", text});
  }
  look_at_securebits(box, found);
  look_from_inside(box, expected, found);
  return found;
}

std::string text_of(const Found& found, const std::string& step) {
  std::string text;
  for (const auto& each : found) {
    if (!step.empty() && each.step != step) continue;
    text += (text.empty() ? "" : "\n") + each.text;
  }
  return text;
}

}  // namespace walls
