#include "vm/launcher/guest.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>
#include <string_view>

#include "vm/launcher/snapshot.h"

namespace lab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

// Generous: a busy host without hardware virtualization needs 4 s to boot a
// guest and 0.1 s to wake one. What takes ten times as long will not come.
constexpr auto kBootDeadline = 90s;
constexpr auto kAnswerDeadline = 15s;

// Waits until the agent says `word`.
void wait_for_word(Qemu& qemu, const std::string& word,
                   Clock::time_point deadline) {
  const auto wanted = fmt::format("\"{}\"", word);
  std::string heard;
  while (heard.find(wanted) == std::string::npos) {
    pollfd waiting[] = {{qemu.port(kControl), POLLIN, 0},
                        {qemu.monitor(), POLLIN, 0}};
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0 ||
        ::poll(waiting, 2, static_cast<int>(left.count())) == 0) {
      throw std::runtime_error("it does not answer");
    }
    if (waiting[0].revents != 0) {
      char bytes[256];
      const auto size = ::read(qemu.port(kControl), bytes, sizeof bytes);
      if (size > 0) heard.append(bytes, static_cast<std::size_t>(size));
    }
    if (waiting[1].revents != 0 && !qemu.still_running()) {
      const auto why = diagnose(qemu.console());
      throw std::runtime_error(why.empty() ? "it ended at once" : why);
    }
  }
}

}  // namespace

Parts Parts::beside_launcher() {
  const auto here = fs::read_symlink("/proc/self/exe").parent_path();
  Parts parts{here / "vmlinuz", here / "initramfs.cpio", here / "snapshot"};
  for (const auto& part : {parts.kernel, parts.initramfs}) {
    if (!fs::exists(part)) {
      throw std::runtime_error(fmt::format(
          "{} is missing: build the launcher with `bazel build //vm:lab`",
          part));
    }
  }
  if (!fs::exists(parts.snapshot)) parts.snapshot.clear();
  return parts;
}

void greet(Qemu& qemu) {
  const auto hello = to_line({{"say", "hello"}});
  (void)!::send(qemu.port(kControl), hello.data(), hello.size(), MSG_NOSIGNAL);
  wait_for_word(qemu, "awake", Clock::now() + kAnswerDeadline);
}

std::unique_ptr<Qemu> boot(const Hardware& hardware, const Disks& disks) {
  const auto deadline = Clock::now() + kBootDeadline;
  auto qemu = std::make_unique<Qemu>(hardware, disks, /*incoming=*/-1);
  qemu->command("qmp_capabilities", {}, deadline);
  try {
    wait_for_word(*qemu, "ready", deadline);
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(
        fmt::format("the lab machine did not start: {}\n{}{}", error.what(),
                    qemu->console(), qemu->own_errors()));
  }
  return qemu;
}

Guest cold_boot(const Parts& parts, Disks disks) {
  auto qemu = boot(
      {parts.kernel, parts.initramfs, accelerator_of(parts.snapshot)}, disks);
  return {std::move(disks), std::move(qemu)};
}

Guest wake(const Parts& parts, Disks disks, const Tell& tell) {
  try {
    auto qemu = restore(parts, disks);
    return {std::move(disks), std::move(qemu)};
  } catch (const NoQemu&) {
    throw;
  } catch (const std::exception& error) {
    tell(fmt::format(
        "the snapshot cannot be restored ({}): booting a lab machine instead",
        error.what()));
  }
  return cold_boot(parts, std::move(disks));
}

std::string diagnose(const std::string& console) {
  const auto line_with = [&](std::string_view text) -> std::string {
    const auto at = console.find(text);
    if (at == std::string::npos) return "";
    return console.substr(at, console.find_first_of("\r\n", at) - at);
  };
  if (!line_with("Out of memory").empty() ||
      !line_with("System is deadlocked on memory").empty()) {
    return "the lab machine ran out of memory";
  }
  if (const auto panic = line_with("Kernel panic"); !panic.empty())
    return panic;
  return "";
}

}  // namespace lab
