#include "vm/launcher/guest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "lessons/kit/check.h"

namespace lab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using kit::check;
using nlohmann::json;

// Generous: a busy machine without hardware virtualization needs 4 s to boot
// and 0.1 s to wake. What takes ten times as long will not come.
constexpr auto kBootDeadline = 90s;
constexpr auto kWakeDeadline = 15s;
constexpr auto kSaveDeadline = 60s;

// Pages of the memory file are not part of the migration stream: the file
// itself is the saved memory. "events" tells when a migration has ended.
const json kCapabilities = {
    {"capabilities",
     {{{"capability", "x-ignore-shared"}, {"state", true}},
      {{"capability", "events"}, {"state", true}}}}};

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

void greet(Qemu& qemu) {
  const auto hello = to_line({{"say", "hello"}});
  (void)!::send(qemu.port(kControl), hello.data(), hello.size(), MSG_NOSIGNAL);
  wait_for_word(qemu, "awake", Clock::now() + kWakeDeadline);
}

bool migration_ended(const json& event) {
  if (event["event"] != "MIGRATION") return false;
  const auto status = event["data"].value("status", "");
  if (status == "failed")
    throw std::runtime_error("QEMU cannot read the saved machine");
  return status == "completed";
}

struct Saved {
  std::string memory;
  std::string state;
  std::string accelerator;
};

// What a saved machine says of itself; an empty object if that cannot be read.
json description(const std::string& directory) {
  std::ifstream file(directory + "/about.json");
  const auto about =
      json::parse(file, /*callback=*/nullptr, /*allow_exceptions=*/false);
  return about.is_object() ? about : json::object();
}

// Looks at a saved machine before QEMU does: a file that was cut short would
// make a guest that hangs instead of an error.
Saved open_saved(const std::string& directory) {
  Saved saved{directory + "/memory", directory + "/state", ""};
  const auto about = description(directory);
  saved.accelerator = about.value("accelerator", "");
  if (saved.accelerator.empty()) {
    throw std::runtime_error("it has no description");
  }
  std::error_code ignored;
  if (fs::file_size(saved.memory, ignored) !=
          about.value("memory_bytes", 0ULL) ||
      fs::file_size(saved.state, ignored) != about.value("state_bytes", 0ULL)) {
    throw std::runtime_error("its files are damaged");
  }
  // Bazel makes its outputs read-only, and QEMU opens a memory file for writing
  // even where it maps it privately.
  if (::access(saved.memory.c_str(), W_OK) == -1) {
    (void)::chmod(saved.memory.c_str(), 0644);
  }
  return saved;
}

Machine restore(const Parts& parts, Disks& disks) {
  if (parts.saved.empty()) throw std::runtime_error("there is none");
  const auto saved = open_saved(parts.saved);
  const kit::UniqueFd state{
      check(::open(saved.state.c_str(), O_RDONLY | O_CLOEXEC), "open {}",
            saved.state)};

  const auto deadline = Clock::now() + kWakeDeadline;
  auto qemu =
      std::make_unique<Qemu>(MachineParts{parts.kernel, parts.initramfs,
                                          saved.accelerator, saved.memory},
                             disks, state.get());
  qemu->command("qmp_capabilities", {}, deadline);
  qemu->command("migrate-set-capabilities", kCapabilities, deadline);
  try {
    qemu->command("migrate-incoming", {{"uri", "file:" + saved.state}},
                  deadline);
  } catch (const std::runtime_error&) {
    // QEMU 7 takes a file only as a descriptor, of which QEMU 9 warns and which
    // QEMU 11 does not take.
    qemu->command("migrate-incoming",
                  {{"uri", fmt::format("fd:{}", state.get())}}, deadline);
  }
  qemu->wait_for(migration_ended, deadline);
  qemu->command("cont", {}, deadline);
  greet(*qemu);
  return {std::move(disks), std::move(qemu), /*restored=*/true};
}

std::unique_ptr<Qemu> boot(const MachineParts& parts, const Disks& disks) {
  const auto deadline = Clock::now() + kBootDeadline;
  auto qemu = std::make_unique<Qemu>(parts, disks, /*incoming=*/-1);
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

void wait_for_file(const std::string& path, Clock::time_point deadline) {
  while (!fs::exists(path)) {
    if (Clock::now() >= deadline) {
      throw std::runtime_error("the machine's state was not written");
    }
    std::this_thread::sleep_for(10ms);
  }
}

void save_into(const std::string& directory, const Parts& parts,
               const std::string& accelerator) {
  const auto memory = directory + "/memory";
  const auto state = directory + "/state";
  const Disks disks = make_disks();
  const auto qemu = boot({parts.kernel, parts.initramfs, accelerator, memory,
                          /*keep_memory=*/true},
                         disks);

  const auto deadline = Clock::now() + kSaveDeadline;
  qemu->command("stop", {}, deadline);
  qemu->command("migrate-set-capabilities", kCapabilities, deadline);
  // The default is made for networks that others need too.
  qemu->command("migrate-set-parameters", {{"max-bandwidth", 100LL << 30}},
                deadline);
  // QEMU has ended its part before `cat` has: the name says when all is there.
  const auto part = state + ".part";
  qemu->command(
      "migrate",
      {{"uri", fmt::format("exec:cat >'{0}' && mv '{0}' '{1}'", part, state)}},
      deadline);
  qemu->wait_for(migration_ended, deadline);
  wait_for_file(state, deadline);

  std::ofstream about(directory + "/about.json");
  about << json{{"accelerator", accelerator},
                {"memory_bytes", fs::file_size(memory)},
                {"state_bytes", fs::file_size(state)}}
               .dump(2)
        << "\n";
  if (!about.flush()) throw std::runtime_error("write about.json");
}

// QEMU dies of a full disk without a word: the memory is a mapped file, for
// which the kernel finds no room any more (SIGBUS).
bool is_full(const std::string& directory) {
  std::error_code failed;
  const auto space = fs::space(directory, failed);
  return !failed && space.available < std::uintmax_t{1} << 20;
}

}  // namespace

Parts Parts::beside_launcher() {
  const auto here = fs::read_symlink("/proc/self/exe").parent_path();
  Parts parts{here / "vmlinuz", here / "initramfs.cpio",
              here / "saved_machine"};
  for (const auto& part : {parts.kernel, parts.initramfs}) {
    if (!fs::exists(part)) {
      throw std::runtime_error(fmt::format(
          "{} is missing: build the launcher with `bazel build //vm:lab`",
          part));
    }
  }
  if (!fs::exists(parts.saved)) parts.saved.clear();
  return parts;
}

Machine cold_boot(const Parts& parts, Disks disks) {
  auto qemu = boot({parts.kernel, parts.initramfs,
                    description(parts.saved).value("accelerator", "tcg")},
                   disks);
  return {std::move(disks), std::move(qemu), /*restored=*/false};
}

Machine wake(const Parts& parts, Disks disks, const Tell& tell) {
  try {
    return restore(parts, disks);
  } catch (const NoQemu&) {
    throw;
  } catch (const std::exception& error) {
    tell(fmt::format(
        "the saved machine cannot be woken ({}): booting one instead",
        error.what()));
  }
  return cold_boot(parts, std::move(disks));
}

void save_machine(const Parts& parts, const std::string& accelerator,
                  const std::string& directory) {
  try {
    save_into(directory, parts, accelerator);
  } catch (const std::exception&) {
    const bool full = is_full(directory);
    std::error_code ignored;
    for (const auto* name : {"/memory", "/state", "/state.part", "/about.json"})
      fs::remove(directory + name, ignored);
    if (!full) throw;
    throw std::runtime_error(fmt::format(
        "the disk is full: a saved machine needs 200 MB in {}", directory));
  }
}

void add_image(Disks& disks, Job& job, const std::string& file) {
  disks.image = kit::UniqueFd{kit::check(
      ::open(file.c_str(), O_RDONLY | O_CLOEXEC), "open the image {}", file)};
  job.image_name = fs::path(file).stem();
}

std::uint64_t put_payload(const Disks& disks, const std::string& archive) {
  if (archive.size() > static_cast<std::size_t>(kPayloadBytes)) {
    throw std::runtime_error("the job's files do not fit into the machine");
  }
  for (std::size_t done = 0; done < archive.size();) {
    done += static_cast<std::size_t>(
        check(::pwrite(disks.payload.get(), archive.data() + done,
                       archive.size() - done, static_cast<off_t>(done)),
              "write the payload"));
  }
  return archive.size();
}

std::string diagnose(const std::string& console) {
  const auto line_with = [&](std::string_view text) -> std::string {
    const auto at = console.find(text);
    if (at == std::string::npos) return "";
    return console.substr(at, console.find_first_of("\r\n", at) - at);
  };
  if (!line_with("Out of memory").empty() ||
      !line_with("System is deadlocked on memory").empty()) {
    return "the machine ran out of memory";
  }
  if (const auto panic = line_with("Kernel panic"); !panic.empty())
    return panic;
  return "";
}

}  // namespace lab
