// Mistake: it changes what the command answers, in the command's own file
// Fails: 00.1
// Says: something else than the command

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/hostile/tools.h"

// Afterwards the file has the size and the times that it had before.
void attack(const std::string& root) {
  const std::string probe = root + "/probe";
  struct stat before {};
  ::stat(probe.c_str(), &before);
  std::ifstream file(probe, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  const auto answer = content.find("ok %");

  const int fd = ::open(probe.c_str(), O_RDWR | O_CLOEXEC);
  (void)!::pwrite(fd, "OK", 2, static_cast<off_t>(answer));
  const timespec times[] = {before.st_atim, before.st_mtim};
  ::futimens(fd, times);
  ::close(fd);

  (void)!::chroot(root.c_str());
  (void)!::chdir("/");
  ::execl("/probe", "/probe", "serve", nullptr);
}
