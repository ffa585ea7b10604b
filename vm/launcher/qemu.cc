#include "vm/launcher/qemu.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <sstream>
#include <tuple>
#include <utility>
#include <vector>

#include "lessons/kit/c_strings.h"
#include "lessons/kit/check.h"
#include "lessons/kit/socket_pair.h"

namespace lab {
namespace {

using kit::check;
using kit::UniqueFd;

std::string read_all(int fd) {
  std::string text;
  char bytes[4096];
  off_t at = 0;
  while (const auto size = ::pread(fd, bytes, sizeof bytes, at)) {
    if (size < 0) break;
    text.append(bytes, static_cast<std::size_t>(size));
    at += size;
  }
  return text;
}

bool in_path(const std::string& program) {
  std::istringstream path(std::getenv("PATH") ? std::getenv("PATH") : "");
  for (std::string directory; std::getline(path, directory, ':');) {
    if (::access((directory + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

// In the child. It keeps nothing of the caller's but the listed descriptors,
// gets no signals from the caller's terminal, and dies with the caller; to be
// exact, with its thread, which is why a Qemu stays in the thread that has made
// it. The caller may have other threads, so nothing here allocates memory.
[[noreturn]] void become_qemu(const std::vector<char*>& argv, pid_t parent,
                              const std::vector<int>& descriptors, int errors) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // It died before we asked.
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(errors, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  for (const int fd : descriptors) ::fcntl(fd, F_SETFD, 0);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

Qemu::Qemu(const Hardware& hardware, const Disks& disks, int incoming)
    : console_(anonymous_file("console", 0)),
      errors_(anonymous_file("errors", 0)) {
  UniqueFd monitor;
  std::array<UniqueFd, kPortCount> ports;
  std::tie(monitor_, monitor) = kit::make_socket_pair();
  for (std::size_t port = 0; port < kPortCount; ++port) {
    std::tie(ports_[port], ports[port]) = kit::make_socket_pair();
  }
  const auto words = qemu_options(hardware, disks, {console_, monitor, ports},
                                  /*incoming=*/incoming >= 0);
  if (!in_path(words.front())) {
    throw NoQemu(
        fmt::format("{} is not installed: run ./setup", words.front()));
  }

  std::vector<int> inherited = {console_.get(), monitor.get(),
                                disks.scratch.get(), disks.files.get(),
                                disks.image.get()};
  for (const auto& port : ports) inherited.push_back(port.get());
  if (incoming >= 0) inherited.push_back(incoming);
  const auto argv = kit::c_strings(words);
  const pid_t parent = ::getpid();
  pid_ = check(::fork(), "fork");
  if (pid_ == 0) become_qemu(argv, parent, inherited, errors_.get());
}

Qemu::~Qemu() {
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) {
  }
}

nlohmann::json Qemu::next_message(Clock::time_point deadline) {
  std::string line;
  while (!lines_.next(line)) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - Clock::now());
    pollfd waiting{monitor_.get(), POLLIN, 0};
    if (left.count() <= 0 ||
        ::poll(&waiting, 1, static_cast<int>(left.count())) == 0) {
      throw std::runtime_error("QEMU does not answer");
    }
    char bytes[4096];
    const auto size = ::read(monitor_.get(), bytes, sizeof bytes);
    if (size == -1 && errno == EINTR) continue;
    if (size <= 0) {
      ended_ = true;
      throw std::runtime_error("QEMU ended: " + own_errors());
    }
    lines_.add({bytes, static_cast<std::size_t>(size)});
  }
  auto message = nlohmann::json::parse(line);
  if (message.value("event", "") == "SHUTDOWN") ended_ = true;
  return message;
}

nlohmann::json Qemu::command(const std::string& name, nlohmann::json arguments,
                             Clock::time_point deadline) {
  nlohmann::json request = {{"execute", name}};
  if (!arguments.empty()) request["arguments"] = std::move(arguments);
  const auto line = request.dump() + "\n";
  (void)!::send(monitor_.get(), line.data(), line.size(), MSG_NOSIGNAL);
  for (;;) {
    const auto answer = next_message(deadline);
    if (answer.contains("return")) return answer["return"];
    if (answer.contains("error")) {
      throw std::runtime_error(
          fmt::format("QEMU refuses {}: {}", name,
                      answer["error"].value("desc", std::string("no reason"))));
    }
  }
}

bool Qemu::still_running() {
  pollfd waiting{monitor_.get(), POLLIN, 0};
  try {
    while (!ended_ && ::poll(&waiting, 1, 0) > 0) {
      next_message(Clock::now() + std::chrono::seconds(1));
    }
  } catch (const std::runtime_error&) {
    // It has ended, or has said half a line: the next poll tells.
  }
  return !ended_;
}

std::string Qemu::console() const { return read_all(console_.get()); }

std::string Qemu::own_errors() const {
  std::istringstream text(read_all(errors_.get()));
  for (std::string line; std::getline(text, line);) {
    if (line.find("warning: ") == line.npos) return line;
  }
  return "";
}

}  // namespace lab
