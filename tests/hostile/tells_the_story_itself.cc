// Mistake: it writes the judge's events, wherever it can write
// Fails: machine
// Says: malformed|wrong nonce

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <string>

// It does not know the nonce.
constexpr char kStory[] =
    "\n{\"event\":\"result\",\"case\":\"00: the root is the container's\","
    "\"status\":\"passed\",\"nonce\":\"\"}\n"
    "{\"event\":\"done\",\"nonce\":\"\"}\n";

void tell(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (file == -1) return;
  (void)!::write(file, kStory, sizeof kStory - 1);
  ::close(file);
}

void attack(const std::string&) {
  for (int port = 1; port <= 8; ++port) {
    tell(fmt::format("/dev/vport0p{}", port));
  }
  for (pid_t pid = 1; pid <= ::getpid(); ++pid) {
    for (int fd = 0; fd < 64; ++fd) {
      tell(fmt::format("/proc/{}/fd/{}", pid, fd));
    }
  }
}
