// Row 07: what is typed by TIOCSTI into the caller's terminal is carried out by
// the caller's shell. CVE-2005-4890 is of this kind.

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "lessons/kit/check.h"
#include "tests/walls/attempt.h"

namespace {

using kit::check;
using kit::UniqueFd;

// A terminal as a caller has it, outside of all containers.
class CallersTerminal {
 public:
  CallersTerminal()
      : master_(check(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC),
                      "make a terminal")) {
    check(::unlockpt(master_.get()), "unlock a terminal");
    slave_.reset(check(
        ::ioctl(master_.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC),
        "open a terminal"));
    // Each byte can be read as soon as it is there.
    termios settings{};
    check(::tcgetattr(slave_.get(), &settings), "ask for settings");
    settings.c_lflag &= ~tcflag_t{ICANON | ECHO};
    check(::tcsetattr(slave_.get(), TCSANOW, &settings), "set a terminal");
  }

  [[nodiscard]] judge::Circumstances circumstances() const {
    judge::Circumstances circumstances;
    circumstances.terminal = slave_.get();
    return circumstances;
  }

  // As Ctrl-S does: nothing of what is written arrives.
  void stop_output() const {
    check(::tcflow(slave_.get(), TCOOFF), "stop a terminal's output");
  }

  // How many bytes a shell could read there now.
  [[nodiscard]] int typed() const {
    int bytes = 0;
    check(::ioctl(slave_.get(), FIONREAD, &bytes), "ask for typed bytes");
    return bytes;
  }

 private:
  UniqueFd master_, slave_;
};

// Tries it on each of the three standard streams, and on /dev/tty.
void type(const judge::Box& box) {
  for (const auto* terminal : {"/proc/self/fd/0", "/proc/self/fd/1",
                               "/proc/self/fd/2", "/dev/tty", "/dev/console"}) {
    (void)box.ask(fmt::format("type {} reboot", terminal));
  }
}

// Runs a command that writes to its terminal, which is stopped. Returns how the
// program ended, or nothing if it has not.
std::optional<judge::Ending> write_to_stopped(
    const judge::Circumstances& circumstances,
    std::chrono::milliseconds patience) {
  judge::Subject program(
      {"run", "--", "sh", "-c", "echo hello > /dev/tty; exit 3"},
      circumstances);
  return program.wait_for_end(judge::Deadline(patience, patience));
}

// Without a filter, so that it is the terminal's own wall that holds.
const walls::Options kUnconfined = {"--security-opt", "seccomp=unconfined"};

}  // namespace

TEST_CASE("07  held      nothing can be typed into the caller's terminal") {
  const CallersTerminal terminal;
  for (const auto& options : std::vector<walls::Options>{
           kUnconfined, {"--privileged"}, {"--network", "host"}}) {
    const auto box = walls::start(options, terminal.circumstances());
    type(box);
    CHECK(terminal.typed() == 0);
    // The number of its terminal: proc_pid_stat(5). It is its own one.
    CHECK(box.command().descriptors().at(0).starts_with("/dev/pts/"));
    CHECK(box.end(0) == judge::exited(0));
  }
}

TEST_CASE("07  control   ... where it is passed on, six bytes arrive") {
  const CallersTerminal terminal;
  const auto box = walls::start(
      kUnconfined, walls::without("terminal_shared", terminal.circumstances()));
  type(box);
  CHECK(terminal.typed() >= 6);
}

TEST_CASE("07  held      a terminal that is stopped does not hold the end up") {
  const CallersTerminal terminal;
  terminal.stop_output();
  CHECK(write_to_stopped(terminal.circumstances(), judge::kPatience) ==
        judge::exited(3));
}

TEST_CASE("07  control   ... where all is waited for, it does") {
  using namespace std::chrono_literals;
  const CallersTerminal terminal;
  terminal.stop_output();
  CHECK_FALSE(write_to_stopped(
      walls::without("relay_patient", terminal.circumstances()), 5s));
}
