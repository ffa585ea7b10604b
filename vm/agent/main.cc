// The guest's process 1: boots it, waits for a job, runs it, waits for
// the next one.
//
// The snapshot is made while this waits for its job, and every run continues
// from there. Being process 1, the agent cannot be killed by what it runs.

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/reboot.h>
#include <unistd.h>

#include <csignal>

#include "lessons/kit/check.h"
#include "vm/agent/boot.h"
#include "vm/agent/guard.h"
#include "vm/agent/job.h"

namespace lab {
namespace {

using kit::check;

// The kernel makes the ports' files a moment after it has loaded the driver.
kit::UniqueFd open_when_there(const std::string& path,
                              const kit::UniqueFd& new_files) {
  for (;;) {
    const int port = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (port != -1 || errno != ENOENT) {
      return kit::UniqueFd{check(port, "open {}", path)};
    }
    pollfd waiting{new_files.get(), POLLIN, 0};
    if (::poll(&waiting, 1, /*milliseconds=*/10'000) == 0) {
      throw std::runtime_error(fmt::format("{} never came", path));
    }
    char events[4096];
    (void)!::read(new_files.get(), events, sizeof events);
  }
}

// Opening a port reserves it: the kernel lets each be open once.
Ports open_ports() {
  const kit::UniqueFd new_files{
      check(::inotify_init1(IN_CLOEXEC), "watch for files")};
  check(::inotify_add_watch(new_files.get(), "/dev", IN_CREATE), "watch /dev");
  Ports ports;
  for (int port = 0; port < kPortCount; ++port) {
    ports[static_cast<std::size_t>(port)] =
        open_when_there(fmt::format("/dev/vport0p{}", port + 1), new_files);
  }
  return ports;
}

std::string next_line(const Ports& ports, LineBuffer& lines) {
  std::string line;
  while (!lines.next(line)) {
    char bytes[4096];
    const auto size = check(::read(ports[kControl].get(), bytes, sizeof bytes),
                            "wait for a job");
    // Nothing to read means that no launcher is connected yet.
    if (size > 0) lines.add({bytes, static_cast<std::size_t>(size)});
  }
  return line;
}

Job wait_for_job(const Ports& ports, LineBuffer& lines) {
  for (;;) {
    const auto message = nlohmann::json::parse(next_line(ports, lines));
    if (message.at("say") == "job") return message.at("job").get<Job>();
    // Anything else was meant for a job that has ended.
    if (message.at("say") == "hello") say(ports, {{"say", "awake"}});
  }
}

[[noreturn]] void serve() {
  boot();
  prepare_guard();
  (void)::signal(SIGPIPE, SIG_IGN);
  const Ports ports = open_ports();
  LineBuffer lines;
  say(ports, {{"say", "ready"}});
  // The launcher decides how many jobs there are: it ends the guest.
  for (;;) run_job(wait_for_job(ports, lines), ports, lines);
}

}  // namespace
}  // namespace lab

int main() {
  try {
    lab::serve();
  } catch (const std::exception& error) {
    fmt::print(stderr, "lab: {}\n", error.what());
  }
  ::reboot(RB_POWER_OFF);
  return 1;
}
