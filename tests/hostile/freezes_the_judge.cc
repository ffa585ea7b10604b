// Mistake: it freezes the judge, and goes on in its place
// Fails: machine
// Says: no result after|the judge ended during

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/hostile/tools.h"

void attack(const std::string&) {
  const std::string ice = "/sys/fs/cgroup/ice";
  ::mkdir(ice.c_str(), 0700);
  if (::fork() != 0) return;
  (void)hostile::write_to(ice + "/cgroup.procs",
                          fmt::to_string(hostile::judge()));
  (void)hostile::write_to(ice + "/cgroup.freeze", "1");
  for (;; ::sleep(1)) hostile::tell_everywhere(hostile::made_up_story());
}
