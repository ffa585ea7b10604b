#include "vm/launcher/job.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>

#include "lessons/kit/check.h"
#include "vm/launcher/terminal.h"

namespace lab {
namespace {

using namespace std::chrono_literals;
using kit::check;
using nlohmann::json;

constexpr auto kStartDeadline = 60s;  // Unpacking many files takes some.
constexpr auto kDrainDeadline = 10s;
constexpr auto kStopDeadline = 10s;  // For a job that was told to end.
constexpr std::size_t kChunk = 64 * 1024;

std::string random_hex(std::size_t bytes) {
  std::string random(bytes, '\0');
  check(::getrandom(random.data(), random.size(), 0), "get random bytes");
  std::string hex;
  for (const char byte : random)
    hex += fmt::format("{:02x}", static_cast<unsigned char>(byte));
  return hex;
}

// One job from its start to its end: what comes from the agent, from QEMU, from
// the user and from the clock.
class Carrier {
 public:
  Carrier(Guest& guest, const Sinks& sinks, const JobOptions& options,
          bool terminal)
      : qemu_(*guest.qemu),
        sinks_(sinks),
        options_(options),
        terminal_(terminal),
        forward_input_(options.forward_input) {}

  Ending run(const Job& job) {
    started_at_ = Clock::now();
    if (options_.deadline) deadline_ = started_at_ + *options_.deadline;
    start_by_ = started_at_ + kStartDeadline;
    say({{"say", "job"}, {"job", job}});
    if (!options_.key.empty()) send_key();
    while (!ended() && !options_.enough()) {
      wait_and_carry();
      answer();
    }
    if (ending_.status && received_[kEvents] != expected_[kEvents]) {
      ending_ = {.status = {},
                 .refused = {},
                 .guest_died = "more events came than the agent has sent"};
    }
    return ending_;
  }

 private:
  // The agent counts what it has sent: the end is when all of it is here.
  [[nodiscard]] bool ended() const {
    if (!ending_.refused.empty() || !ending_.guest_died.empty()) return true;
    return ending_.status && received_[kOutput] >= expected_[kOutput] &&
           received_[kErrors] >= expected_[kErrors] &&
           received_[kEvents] >= expected_[kEvents];
  }

  void wait_and_carry() {
    enum {
      kControlAt,
      kOutputAt,
      kErrorsAt,
      kEventsAt,
      kMonitorAt,
      kSignalsAt,
      kInputAt,
      kInputPortAt
    };
    // Input is read when there is room for it in the guest.
    const bool want_input = forward_input_ && started_;
    pollfd fds[] = {
        {qemu_.port(kControl), POLLIN, 0},
        {qemu_.port(kOutput), POLLIN, 0},
        {qemu_.port(kErrors), POLLIN, 0},
        {qemu_.port(kEvents), POLLIN, 0},
        {qemu_.monitor(), POLLIN, 0},
        {signals_.fd(), POLLIN, 0},
        {want_input && pending_input_.empty() ? STDIN_FILENO : -1, POLLIN, 0},
        {pending_input_.empty() ? -1 : qemu_.port(kInput), POLLOUT, 0}};
    const int ready = ::poll(fds, std::size(fds), time_left());
    if (ready == -1 && errno == EINTR) return;
    check(ready, "wait for the guest");

    if (fds[kOutputAt].revents != 0) carry(kOutput, sinks_.output);
    if (fds[kErrorsAt].revents != 0) carry(kErrors, sinks_.errors);
    if (fds[kEventsAt].revents != 0) carry(kEvents, sinks_.events);
    if (fds[kControlAt].revents != 0) hear();
    if (fds[kSignalsAt].revents != 0) take_signals();
    if (fds[kInputAt].revents != 0) read_input();
    if (fds[kInputPortAt].revents != 0) send_input();
    if (fds[kMonitorAt].revents != 0 && !qemu_.still_running()) guest_ended();
    check_deadlines();
  }

  [[nodiscard]] int time_left() const {
    auto next = started_ ? Clock::time_point::max() : start_by_;
    if (deadline_ && !ending_.status) next = std::min(next, *deadline_);
    if (drain_by_) next = std::min(next, *drain_by_);
    if (next == Clock::time_point::max()) return -1;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    return std::max(0, static_cast<int>(left.count()));
  }

  void check_deadlines() {
    if (!started_ && Clock::now() >= start_by_) {
      ending_.guest_died = "the lab machine does not start the program";
    } else if (drain_by_ && Clock::now() >= *drain_by_) {
      ending_.status.reset();
      ending_.guest_died = "the lab machine ended before its output was here";
    } else if (deadline_ && Clock::now() >= *deadline_ && !ending_.status) {
      const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(
          *deadline_ - started_at_);
      ending_.guest_died = fmt::format(
          "no result after {} s: the lab machine was stopped", seconds.count());
    }
  }

  // Reads what a port has now. Returns false if that was its end.
  bool carry(Port port, const std::function<void(std::string_view)>& sink) {
    char bytes[kChunk];
    const auto size =
        ::recv(qemu_.port(port), bytes, sizeof bytes, MSG_DONTWAIT);
    if (size <= 0) return false;
    received_[port] += static_cast<std::uint64_t>(size);
    sink({bytes, static_cast<std::size_t>(size)});
    if (drain_by_) drain_by_ = Clock::now() + kDrainDeadline;  // It moves.
    return true;
  }

  void answer() {
    const int signal = options_.answer();
    if (signal == 0) return;
    say({{"say", "signal"}, {"number", signal}});
    if (signal == SIGTERM) {
      const auto soon = Clock::now() + kStopDeadline;
      deadline_ = deadline_ ? std::min(*deadline_, soon) : soon;
    }
  }

  void hear() {
    char bytes[4096];
    const auto size =
        ::recv(qemu_.port(kControl), bytes, sizeof bytes, MSG_DONTWAIT);
    if (size <= 0) return;
    lines_.add({bytes, static_cast<std::size_t>(size)});
    for (std::string line; lines_.next(line);) obey(json::parse(line));
  }

  void obey(const json& message) {
    const auto what = message.at("say").get<std::string>();
    if (what == "started") {
      started_ = true;
      options_.started();
    } else if (what == "refused") {
      ending_.refused = message.at("why");
    } else if (what == "stopped") {
      ending_.guest_died = "the judge was stopped";
    } else if (what == "exit") {
      expected_[kOutput] = message.at("output");
      expected_[kErrors] = message.at("errors");
      expected_[kEvents] = message.at("events");
      ending_.status = message.at("status").get<int>();
      drain_by_ = Clock::now() + kDrainDeadline;
      forward_input_ = false;
    }
  }

  void take_signals() {
    while (const int signal = signals_.next()) {
      if (signal == SIGWINCH) {
        const auto size = terminal_size();
        say({{"say", "window"},
             {"rows", size.ws_row},
             {"columns", size.ws_col}});
      } else if (interrupted_ || !started_ || signal == SIGHUP || terminal_) {
        throw Interrupted{signal};
      } else {
        interrupted_ = true;
        say({{"say", "signal"}, {"number", signal}});
      }
    }
  }

  void read_input() {
    char bytes[kChunk];
    const auto size = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (size == -1 && (errno == EINTR || errno == EAGAIN)) return;
    if (size <= 0) {  // The end, or a terminal that has gone.
      forward_input_ = false;
      say({{"say", "input-end"}, {"bytes", sent_}});
      return;
    }
    pending_input_.assign(bytes, static_cast<std::size_t>(size));
    if (terminal_ && pending_input_.find(kEscapeKey) != std::string::npos) {
      throw Interrupted{SIGINT};
    }
    send_input();
  }

  void send_input() {
    const auto size =
        ::send(qemu_.port(kInput), pending_input_.data(), pending_input_.size(),
               MSG_DONTWAIT | MSG_NOSIGNAL);
    if (size <= 0) return;
    sent_ += static_cast<std::uint64_t>(size);
    pending_input_.erase(0, static_cast<std::size_t>(size));
  }

  void guest_ended() {
    // Its last words may still be on their way to us.
    while (carry(kOutput, sinks_.output)) {
    }
    while (carry(kErrors, sinks_.errors)) {
    }
    while (carry(kEvents, sinks_.events)) {
    }
    hear();
    if (ended()) return;
    const auto why = diagnose(qemu_.console());
    const auto errors = qemu_.own_errors();
    ending_.guest_died =
        !why.empty() ? why
        : !errors.empty()
            ? "QEMU ended: " + errors
            : "the lab machine was switched off, or QEMU was killed";
  }

  // Not in a message: the agent keeps those.
  void send_key() {
    (void)!::send(qemu_.port(kEvents), options_.key.data(), options_.key.size(),
                  MSG_NOSIGNAL);
  }

  void say(const json& message) {
    const auto line = to_line(message);
    (void)!::send(qemu_.port(kControl), line.data(), line.size(), MSG_NOSIGNAL);
  }

  Qemu& qemu_;
  const Sinks& sinks_;
  const JobOptions& options_;
  bool terminal_;
  bool forward_input_;
  SignalEvents signals_;
  LineBuffer lines_;
  std::string pending_input_;
  std::uint64_t sent_ = 0;
  std::uint64_t received_[kPortCount] = {};
  std::uint64_t expected_[kPortCount] = {};
  bool started_ = false;
  bool interrupted_ = false;
  std::optional<Clock::time_point> deadline_;
  std::optional<Clock::time_point> drain_by_;  // Once the job has ended.
  Clock::time_point started_at_;
  Clock::time_point start_by_;
  Ending ending_;
};

}  // namespace

Ending run_job(Guest& guest, Job job, const Sinks& sinks,
               const JobOptions& options) {
  timespec now{};
  check(::clock_gettime(CLOCK_REALTIME, &now), "read the clock");
  job.clock_ns = now.tv_sec * 1'000'000'000LL + now.tv_nsec;
  job.seed = random_hex(32);
  const auto size = terminal_size();
  job.rows = size.ws_row;
  job.columns = size.ws_col;

  const RawTerminal raw(job.terminal);
  return Carrier(guest, sinks, options, job.terminal).run(job);
}

}  // namespace lab
