// Mistake: it mounts an empty directory over all that the judge could read
// Fails: 00.1
// Says: root is still the host

#include <sys/mount.h>

#include <string>

void attack(const std::string&) {
  for (const char* target : {"/proc", "/sys/fs/cgroup", "/judge", "/tmp"}) {
    (void)::mount("none", target, "tmpfs", 0, nullptr);
  }
}
