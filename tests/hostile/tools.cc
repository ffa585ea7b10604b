#include "tests/hostile/tools.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>

namespace hostile {
namespace {

std::string result_of(const std::string& name) {
  return fmt::format(R"({{"event":"result","case":"{}","status":"passed"}})",
                     name);
}

std::string start_of(const std::string& name) {
  return fmt::format(R"({{"event":"start","case":"{}"}})", name);
}

constexpr char kDone[] = R"({"event":"done"})";

}  // namespace

pid_t judge() { return ::getppid(); }

const std::vector<std::string>& cases() {
  static const std::vector<std::string> names = {
#include "tests/hostile/cases.inc"
  };
  return names;
}

std::uintptr_t address_of_seal(pid_t judge) {
  std::istringstream areas(content(fmt::format("/proc/{}/smaps", judge)));
  std::uintptr_t address = 0;
  for (std::string line; std::getline(areas, line);) {
    const auto first = line.substr(0, line.find(' '));
    if (first.find('-') != first.npos) {
      address = std::stoull(first, nullptr, 16);
    }
    if (line.starts_with("VmFlags:") && line.find(" dc") != line.npos) {
      return address;
    }
  }
  return 0;
}

std::string happy_end(lab::Seal seal, std::uint64_t events_until_now) {
  // The plan, two events of each case that is over, and a start.
  auto running = (events_until_now - 2) / 2;
  std::string story;
  for (; running < cases().size(); ++running) {
    story += seal.line_of(result_of(cases()[running]));
    if (running + 1 < cases().size()) {
      story += seal.line_of(start_of(cases()[running + 1]));
    }
  }
  return story + seal.line_of(kDone);
}

std::string made_up_story() {
  std::string story = "\n";
  lab::Seal guess({1, 2, 3});
  for (const auto& name : cases()) {
    story += result_of(name) + "\n" + guess.line_of(result_of(name));
  }
  return story + kDone + "\n" + guess.line_of(kDone);
}

void tell_everywhere(const std::string& text) {
  std::vector<std::string> paths;
  for (int port = 1; port <= 8; ++port) {
    paths.push_back(fmt::format("/dev/vport0p{}", port));
    paths.push_back(fmt::format("/dev/vport1p{}", port));
  }
  for (pid_t pid = 1; pid < ::getpid(); ++pid) {
    for (int fd = 0; fd < 64; ++fd) {
      paths.push_back(fmt::format("/proc/{}/fd/{}", pid, fd));
    }
  }
  for (const auto& path : paths) (void)write_to(path, text);
}

int connect_as_the_probe(const std::string& root) {
  const int connection = ::socket(AF_UNIX, SOCK_SEQPACKET, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (root + "/probe.socket").copy(address.sun_path, sizeof address.sun_path - 1);
  (void)::connect(connection, reinterpret_cast<const sockaddr*>(&address),
                  sizeof address);
  return connection;
}

void answer_always(int connection) {
  for (char message[4096];;) {
    if (::send(connection, "ok", 2, 0) != 2) return;
    if (::recv(connection, message, sizeof message, 0) <= 0) return;
  }
}

void say(const std::string& line) {
  const auto text = "attack: " + line + "\n";
  (void)!::write(STDERR_FILENO, text.data(), text.size());
}

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

int write_to(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (file == -1) return errno;
  const auto size = ::write(file, text.data(), text.size());
  const int error = size == -1 ? errno : 0;
  ::close(file);
  return error;
}

}  // namespace hostile
