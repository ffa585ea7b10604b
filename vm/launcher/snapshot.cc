#include "vm/launcher/snapshot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "lessons/kit/check.h"

namespace lab {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using kit::check;
using nlohmann::json;

// As generous as those of guest.cc.
constexpr auto kRestoreDeadline = 15s;
constexpr auto kSaveDeadline = 60s;

// Pages of the memory file are not part of the migration stream: the file
// itself is the saved memory. "events" tells when a migration has ended.
const json kCapabilities = {
    {"capabilities",
     {{{"capability", "x-ignore-shared"}, {"state", true}},
      {{"capability", "events"}, {"state", true}}}}};

bool migration_ended(const json& event) {
  if (event["event"] != "MIGRATION") return false;
  const auto status = event["data"].value("status", "");
  if (status == "failed") throw std::runtime_error("QEMU's migration failed");
  return status == "completed";
}

struct Snapshot {
  std::string memory;
  std::string state;
  std::string accelerator;
};

// What a snapshot says of itself; an empty object if that cannot be read.
json description(const std::string& directory) {
  std::ifstream file(directory + "/about.json");
  const auto about =
      json::parse(file, /*callback=*/nullptr, /*allow_exceptions=*/false);
  return about.is_object() ? about : json::object();
}

// Looks at a snapshot before QEMU does: a file that was cut short would
// make a guest that hangs instead of an error.
Snapshot open_snapshot(const std::string& directory) {
  Snapshot snapshot{directory + "/memory", directory + "/state", ""};
  const auto about = description(directory);
  snapshot.accelerator = about.value("accelerator", "");
  if (snapshot.accelerator.empty()) {
    throw std::runtime_error("it has no description");
  }
  std::error_code ignored;
  if (fs::file_size(snapshot.memory, ignored) !=
          about.value("memory_bytes", 0ULL) ||
      fs::file_size(snapshot.state, ignored) !=
          about.value("state_bytes", 0ULL)) {
    throw std::runtime_error("its files are damaged");
  }
  // Bazel makes its outputs read-only, and QEMU opens a memory file for writing
  // even where it maps it privately.
  if (::access(snapshot.memory.c_str(), W_OK) == -1) {
    (void)::chmod(snapshot.memory.c_str(), 0644);
  }
  return snapshot;
}

void wait_for_file(const std::string& path, Clock::time_point deadline) {
  while (!fs::exists(path)) {
    if (Clock::now() >= deadline) {
      throw std::runtime_error("the guest's state was not written");
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

std::unique_ptr<Qemu> restore(const Parts& parts, const Disks& disks) {
  if (parts.snapshot.empty()) throw std::runtime_error("there is none");
  const auto snapshot = open_snapshot(parts.snapshot);
  const kit::UniqueFd state{
      check(::open(snapshot.state.c_str(), O_RDONLY | O_CLOEXEC), "open {}",
            snapshot.state)};

  const auto deadline = Clock::now() + kRestoreDeadline;
  auto qemu =
      std::make_unique<Qemu>(Hardware{parts.kernel, parts.initramfs,
                                      snapshot.accelerator, snapshot.memory},
                             disks, state.get());
  qemu->command("qmp_capabilities", {}, deadline);
  qemu->command("migrate-set-capabilities", kCapabilities, deadline);
  try {
    qemu->command("migrate-incoming", {{"uri", "file:" + snapshot.state}},
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
  return qemu;
}

std::string accelerator_of(const std::string& snapshot) {
  return description(snapshot).value("accelerator", "tcg");
}

void save_snapshot(const Parts& parts, const std::string& accelerator,
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
        "the disk is full: a snapshot needs 200 MB in {}", directory));
  }
}

}  // namespace lab
