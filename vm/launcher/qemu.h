// One QEMU process, and the sockets through which the launcher speaks with it.

#pragma once

#include <sys/types.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>

#include "lessons/kit/unique_fd.h"
#include "vm/launcher/disks.h"
#include "vm/launcher/qemu_options.h"
#include "vm/protocol.h"

namespace lab {

using Clock = std::chrono::steady_clock;

// QEMU is not installed: nothing can be done about it here.
struct NoQemu : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Owns the process: it dies with this object, and with the thread that has made
// it (PR_SET_PDEATHSIG).
class Qemu {
 public:
  // Starts QEMU. With `incoming`, the descriptor of a saved state, the guest
  // does not boot but waits for "migrate-incoming"; -1 boots. Throws NoQemu, or
  // SystemError if there can be no process. What else goes wrong is told by the
  // first command().
  Qemu(const Hardware& hardware, const Disks& disks, int incoming);
  ~Qemu();
  Qemu(const Qemu&) = delete;
  Qemu& operator=(const Qemu&) = delete;

  // The host's end of a port. Blocking; the caller polls.
  [[nodiscard]] int port(Port which) const {
    return ports_[static_cast<std::size_t>(which)].get();
  }
  // The control connection of QEMU itself (QMP), to poll for its end.
  [[nodiscard]] int monitor() const { return monitor_.get(); }

  // Runs a QMP command and returns its answer. Throws std::runtime_error if
  // QEMU refuses it, ends, or does not answer before `deadline`.
  nlohmann::json command(const std::string& name, nlohmann::json arguments,
                         Clock::time_point deadline);

  // Waits until an event comes for which `wanted` is true, and returns it.
  // Throws as command() does.
  template <typename Predicate>
  nlohmann::json wait_for(Predicate wanted, Clock::time_point deadline) {
    for (;;) {
      auto message = next_message(deadline);
      if (message.contains("event") && wanted(message)) return message;
    }
  }

  // Reads what QEMU has said without being asked. Returns false once it has
  // ended, or once the guest has switched itself off.
  bool still_running();

  // What the guest's console has shown so far.
  [[nodiscard]] std::string console() const;

  // The first line of what QEMU itself has complained about, warnings left out.
  [[nodiscard]] std::string own_errors() const;

 private:
  nlohmann::json next_message(Clock::time_point deadline);

  kit::UniqueFd console_;
  kit::UniqueFd errors_;
  kit::UniqueFd monitor_;
  std::array<kit::UniqueFd, kPortCount> ports_;
  LineBuffer lines_;
  bool ended_ = false;
  pid_t pid_ = -1;
};

}  // namespace lab
