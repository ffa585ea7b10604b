#include "tests/walls/walk.h"

#include <fmt/format.h>

#include <algorithm>

namespace walls {
namespace {

using judge::Box;
using judge::Process;
using Found = std::vector<std::string>;

const std::string kNone = "0000000000000000";
const std::string kMayKill = "0000000000000020";

// What is mounted in a container, by type; and what of the host may be bound
// into it: devices, by their names.
const std::set<std::string> kTypes = {"tmpfs",   "proc",   "sysfs",
                                      "cgroup2", "devpts", "devtmpfs"};
const std::set<std::string> kDevices = {"/null", "/zero",    "/full",
                                        "/tty",  "/urandom", "/random"};

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

// A walk from outside, over one process.
class Look {
 public:
  Look(const Box& box, const Mode& mode, const Process& process, Found& found)
      : box_(box), mode_(mode), process_(process), found_(found) {
    const auto inside = judge::split(process.status("NSpid"), '\t');
    name_ = inside.empty() ? "?" : "process " + inside.back();
    is_init_ = name_ == "process 1";
  }

  void descriptors() {
    for (const auto& [fd, what] : process_.descriptors()) {
      if (fd < 3) {
        const bool plain = what == "/dev/null" || what.starts_with("pipe:");
        expect(plain, fmt::format("fd/{}", fd), what);
      } else if (is_init_) {
        const auto info = process_.file(fmt::format("fdinfo/{}", fd));
        const auto child = fmt::format("\nPid:\t{}\n", box_.command().pid());
        expect(info.find(child) != info.npos, fmt::format("fd/{}", fd), what);
      } else {
        // The judge's own means to talk to the probe.
        expect(what.starts_with("socket:"), fmt::format("fd/{}", fd), what);
      }
    }
  }

  void places() {
    expect(process_.root() == box_.root(), "root", process_.root_path());
    expect(process_.working_directory() == box_.root(), "cwd",
           process_.working_directory_path());
    if (!is_init_) return;
    const auto program = box_.program().executable();
    expect(process_.executable() == program, "exe", "another program");
    const auto on_host = judge::file_id(judge::guest().root(), ".");
    const bool in_memory = program && program->device != on_host->device;
    if (mode_.may_trace) expect(in_memory, "exe", "the host's file");
  }

  void words() {
    auto environment = process_.file("environ");
    std::replace(environment.begin(), environment.end(), '\0', '\n');
    const auto words = process_.file("cmdline");
    if (is_init_) {
      std::erase(environment, '\n');
      expect(environment.empty(), "environ", environment);
      expect(words.substr(0, words.find('\0')) == "init" &&
                 words.find_first_not_of('\0', 4) == words.npos,
             "cmdline", words);
      return;
    }
    for (const auto& variable : judge::split(environment, '\n')) {
      const bool own = variable.starts_with("PATH=/usr/local/sbin:") ||
                       variable == "HOSTNAME=" + box_.command().host_name() ||
                       variable == "HOME=" + mode_.home;
      expect(own, "environ", variable);
    }
  }

  void namespaces() {
    expect(process_.own_namespaces() == mode_.namespaces, "ns", "of the host");
    expect(process_.cgroup().path().starts_with("/container-kit/"), "cgroup",
           process_.cgroup().path());
  }

  void mounts() {
    for (const auto& mount : process_.mounts()) {
      const bool is_root = mount.target == "/";
      const bool device =
          mount.type == "devtmpfs" && kDevices.contains(mount.root);
      // A proc is mounted onto itself, read-only in parts; and of the cgroups
      // there is the container's own.
      const bool whole =
          kTypes.contains(mount.type) && mount.type != "devtmpfs" &&
          (mount.root == "/" || mount.type == "proc" ||
           (mount.type == "cgroup2" && mount.root == process_.cgroup().path()));
      expect(is_root || device || whole, "mountinfo",
             mount.text() + " of " + mount.root);
      expect(mount.propagation.empty(), "mountinfo",
             mount.text() + " is " + mount.propagation);
    }
  }

  void rights() {
    const auto expected = [&](const std::string& init,
                              const std::string& other) {
      return is_init_ ? init : other;
    };
    same("CapEff", expected(kMayKill, mode_.capabilities));
    same("CapPrm", expected(kMayKill, mode_.capabilities));
    same("CapBnd", expected(kNone, mode_.bounding));
    if (is_init_) same("CapInh", kNone);
    if (is_init_) same("CapAmb", kNone);
    const int filters = is_init_ ? 1 : mode_.filters;
    same("Seccomp_filters", std::to_string(filters + mode_.other_filters));
    same("NoNewPrivs", expected("1", mode_.no_new_privileges));
    if (is_init_) {
      expect(!process_.can_be_looked_into(), "status", "can be looked into");
    }
  }

  void limits() {
    std::string core;
    for (const auto& line : judge::split(process_.file("limits"), '\n')) {
      if (line.starts_with("Max core file size")) core = line;
    }
    const auto words = judge::split(core, ' ');
    const bool none = words.size() > 5 && words[4] == "1" && words[5] == "1";
    expect(none, "limits", core);
  }

  void session() {
    const auto inside = judge::split(process_.status("NSsid"), '\t');
    expect(!inside.empty() && inside.back() != "0", "session", "the caller's");
  }

 private:
  void expect(bool holds, const std::string& what, const std::string& seen) {
    if (!holds) found_.push_back(fmt::format("{}: {}: {}", name_, what, seen));
  }
  void same(const std::string& field, const std::string& wanted) {
    const auto value = process_.status(field);
    expect(value == wanted, field, value);
  }

  const Box& box_;
  const Mode& mode_;
  const Process& process_;
  Found& found_;
  std::string name_;
  bool is_init_ = false;
};

// From inside: nothing of the init is to be had. Who may trace sees it all, and
// what there is leads into the container, or to the program's copy in memory.
void look_from_inside(const Box& box, const Mode& mode, Found& found) {
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
    if (!mode.may_trace || (of_host && !standard)) {
      found.push_back("from inside: " + line);
    }
  }
}

}  // namespace

Found walk(const Box& box, const Mode& mode) {
  Found found;
  const auto processes = processes_of(box);
  if (processes.size() != 2) {
    found.push_back(fmt::format("there are {} processes", processes.size()));
  }
  for (const auto& process : processes) {
    Look look(box, mode, process, found);
    look.descriptors();
    look.places();
    look.words();
    look.namespaces();
    look.mounts();
    look.rights();
    look.limits();
    look.session();
  }
  look_from_inside(box, mode, found);
  return found;
}

}  // namespace walls
