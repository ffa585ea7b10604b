// Mistake: it reads what the judge says, stops it, and goes on itself
// Fails: machine
// Says: the judge was stopped

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>

#include "tests/hostile/tools.h"

// Each channel of the judge and of the agent that opens once more.
std::vector<int> channels() {
  std::vector<int> found;
  for (const pid_t pid : {hostile::judge(), 1}) {
    for (int fd = 3; fd < 64; ++fd) {
      const auto path = fmt::format("/proc/{}/fd/{}", pid, fd);
      const int file = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
      if (file != -1) found.push_back(file);
    }
  }
  return found;
}

void attack(const std::string&) {
  const auto open = channels();
  if (::fork() != 0)
    return;  // The case that runs fails, and the judge says so.

  std::string heard;
  for (const int file : open) {
    pollfd said{file, POLLIN, 0};
    char bytes[4096];
    if (::poll(&said, 1, /*milliseconds=*/20) != 1) continue;
    const auto size = ::read(file, bytes, sizeof bytes);
    if (size > 0) heard.append(bytes, static_cast<std::size_t>(size));
  }
  ::kill(hostile::judge(), SIGSTOP);
  for (pid_t pid = 2; pid < ::getpid(); ++pid) ::kill(pid, SIGSTOP);
  hostile::tell_everywhere(heard + hostile::made_up_story());
  ::pause();
}
