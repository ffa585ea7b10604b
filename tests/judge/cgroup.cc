#include "tests/judge/cgroup.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "tests/judge/deadline.h"
#include "tests/judge/guest.h"
#include "tests/judge/kernel.h"

namespace judge {
namespace {

// "/a/b" as a path from the descriptor of the tree's root.
std::string relative(const std::string& path) { return "." + path; }

void write_file(const std::string& path, const std::string& text) {
  const kit::UniqueFd file{::openat(guest().cgroups(), relative(path).c_str(),
                                    O_WRONLY | O_CLOEXEC)};
  if (file.get() != -1) (void)!::write(file.get(), text.data(), text.size());
}

void collect_below(const std::string& path, std::vector<std::string>& found) {
  for (const auto& name : directories_in(guest().cgroups(), relative(path))) {
    found.push_back((path == "/" ? "" : path) + "/" + name);
    collect_below(std::string(found.back()), found);
  }
}

// Waits until no process is left in the cgroup and below: cgroup.events says so
// through poll(2), cgroups(7).
void wait_until_empty(const std::string& path) {
  const kit::UniqueFd events{::openat(guest().cgroups(),
                                      relative(path + "/cgroup.events").c_str(),
                                      O_RDONLY | O_CLOEXEC)};
  if (events.get() == -1) return;
  Deadline deadline;
  while (!deadline.passed()) {
    char text[256] = {};
    if (::pread(events.get(), text, sizeof text - 1, 0) <= 0) return;
    if (std::string_view(text).find("populated 0") != std::string_view::npos) {
      return;
    }
    pollfd change{events.get(), POLLPRI, 0};
    ::poll(&change, 1, deadline.milliseconds_left());
  }
}

}  // namespace

bool Cgroup::exists() const {
  return file_id(guest().cgroups(), relative(path_)).has_value();
}

std::string Cgroup::file(const std::string& name) const {
  const auto content =
      read_file(guest().cgroups(), relative(path_) + "/" + name);
  return content ? trimmed(*content) : "(no " + name + ")";
}

long Cgroup::field(const std::string& name, const std::string& key) const {
  for (const auto& line : split(file(name), '\n')) {
    const auto words = split(line, ' ');
    if (words.size() == 2 && words[0] == key) return std::stol(words[1]);
  }
  return -1;
}

std::vector<pid_t> Cgroup::processes() const {
  std::vector<pid_t> pids;
  const auto content =
      read_file(guest().cgroups(), relative(path_) + "/cgroup.procs");
  for (const auto& line : split(content.value_or(""), '\n')) {
    pids.push_back(static_cast<pid_t>(std::stol(line)));
  }
  std::sort(pids.begin(), pids.end());
  return pids;
}

std::vector<std::string> cgroups_below(const std::string& path) {
  std::vector<std::string> found;
  collect_below(path, found);
  return found;
}

void kill_cgroup(const std::string& path) {
  write_file(path + "/cgroup.kill", "1");
}

bool remove_cgroup(const std::string& path) {
  kill_cgroup(path);
  wait_until_empty(path);
  auto all = cgroups_below(path);
  all.insert(all.begin(), path);
  for (auto cgroup = all.rbegin(); cgroup != all.rend(); ++cgroup) {
    ::unlinkat(guest().cgroups(), relative(*cgroup).c_str(), AT_REMOVEDIR);
  }
  return !Cgroup{path}.exists();
}

}  // namespace judge
