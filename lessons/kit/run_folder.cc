#include "lessons/kit/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "lessons/kit/check.h"

namespace kit {
namespace {

namespace fs = std::filesystem;

fs::path choose_folder() {
  const uid_t user = ::geteuid();
  if (user == 0) return "/run/container-kit";
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime == '/') {
    return fs::path(runtime) / "container-kit";
  }
  return fmt::format("/tmp/container-kit-{}", user);
}

}  // namespace

fs::path run_folder() {
  const std::string folder = choose_folder();
  if (::mkdir(folder.c_str(), 0755) == -1 && errno != EEXIST) {
    check(-1, "make {}", folder);
  }
  struct stat now {};
  check(::lstat(folder.c_str(), &now), "look at {}", folder);
  // In /tmp, somebody else may have been faster.
  const bool ours = S_ISDIR(now.st_mode) && now.st_uid == ::geteuid() &&
                    (now.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  if (!ours) fail("{} is not a folder that only we may write to", folder);
  return folder;
}

UniqueFd lock(const std::string& name) {
  const std::string file = run_folder() / (name + ".lock");
  // 0600: who can open it can lock it, and keep everybody waiting.
  UniqueFd fd{check(
      ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600),
      "open {}", file)};
  check(::flock(fd.get(), LOCK_EX), "lock {}", file);
  return fd;
}

std::string unique_name(const std::string& prefix) {
  unsigned number = 0;
  check(::getrandom(&number, sizeof number, 0), "get a random number");
  return fmt::format("{}-{:08x}", prefix, number);
}

}  // namespace kit
