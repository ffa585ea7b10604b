// Mistake: it mounts files of its own over those that the judge reads
// Fails: machine
// Says: changed the mounts of the judge's own namespace

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <fstream>

#include "tests/hostile/tools.h"

void attack(const std::string&) {
  const auto path = fmt::format("/proc/{}/ns/mnt", hostile::judge());
  const int judges = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (::setns(judges, CLONE_NEWNS) == -1) return;
  std::ofstream("/tmp/mountinfo") << "";
  for (const auto* name : {"mountinfo", "status", "cgroup"}) {
    (void)::mount("/tmp/mountinfo",
                  fmt::format("/proc/{}/{}", ::getpid(), name).c_str(), nullptr,
                  MS_BIND, nullptr);
  }
}
