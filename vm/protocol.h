// What the launcher (on the host) and the agent (in the guest) say to
// each other, and through which devices.
//
// Each stream has a virtio-serial port of its own, so that none can block or
// forge another; the guest's console is only a log. The agent opens every
// port before any job runs, and the kernel lets a port be opened once, so a job
// cannot speak on them.
//
// The control port carries JSON, one object a line.
//
//   agent    {"say":"ready"}                    booted, waiting for a job
//   launcher {"say":"hello"}                    after a snapshot was restored
//   agent    {"say":"awake"}                    its answer: the guest works
//   launcher {"say":"job","job":{...}}          see Job
//   launcher the judge's key, on the port for events: vm/seal.h
//   agent    {"say":"started"}                  exec has succeeded
//   agent    {"say":"refused","why":"..."}      the job cannot be run
//   launcher {"say":"window","rows":R,"columns":C}
//   launcher {"say":"signal","number":N}        for the job's process group
//   launcher {"say":"input-end","bytes":N}      close its input after N bytes
//   agent    {"say":"stopped"}                  somebody has stopped the judge
//   agent    {"say":"exit","status":S,          128+N after signal N
//             "output":N,"errors":N,"events":N} bytes sent on each port
//
// After that the agent waits for the next job.

#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace lab {

enum Port { kControl, kInput, kOutput, kErrors, kEvents, kPortCount };

// As QEMU names them. The agent finds port N as /dev/vport0p(N+1), since a
// guest without udev has no /dev/virtio-ports.
inline constexpr const char* kPortNames[kPortCount] = {
    "kit.control", "kit.input", "kit.output", "kit.errors", "kit.events"};

// The guest's disks, in the order in which QEMU gets them.
inline constexpr char kScratchDisk[] = "/dev/vda";  // For io limits.
inline constexpr char kFilesDisk[] = "/dev/vdb";    // A job's files (cpio).
inline constexpr char kImageDisk[] = "/dev/vdc";    // A root file system.

// The guest learns a disk's size once, before the snapshot. So disks are made
// this large, whatever they hold: they are sparse and cost nothing.
inline constexpr std::int64_t kScratchBytes = 64LL << 20;
inline constexpr std::int64_t kFilesBytes = 2LL << 30;
inline constexpr std::int64_t kImageBytes = 16LL << 30;

// The guest's ordinary user, and the group of the same name.
inline constexpr unsigned kStudent = 1000;
inline constexpr char kStudentsHome[] = "/home/student";

// What a guest is to do. After one job it could do another, and only judges
// that are known to leave it as it was get that far (launcher/judge_many.h).
struct Job {
  std::vector<std::string> argv;         // argv[0]: a path in the guest.
  std::vector<std::string> environment;  // NAME=value
  std::string directory = "/root";
  std::string image_name;     // Mount kImageDisk at /rootfs/NAME ("": none).
  std::string seed;           // Random bytes, in hexadecimal.
  std::int64_t clock_ns = 0;  // CLOCK_REALTIME of the host.
  std::uint64_t files_bytes = 0;  // Of the archive on kFilesDisk.
  bool terminal = false;          // On a terminal of its own, or with pipes?
  bool judge = false;             // Gets its key and speaks on descriptor 3.
  bool guarded = true;            // For a judge: see agent/guard.h.
  bool student = false;           // Run as the ordinary user.
  unsigned short rows = 24;       // The terminal's size.
  unsigned short columns = 80;
};

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(Job, argv, environment, directory,
                                   image_name, seed, clock_ns, files_bytes,
                                   terminal, judge, guarded, student, rows,
                                   columns)

// One message as a line of the control port.
inline std::string to_line(const nlohmann::json& message) {
  // Job arguments may hold any bytes: what is not UTF-8 is replaced.
  return message.dump(-1, ' ', false,
                      nlohmann::json::error_handler_t::replace) +
         "\n";
}

// Collects bytes and hands out whole lines.
class LineBuffer {
 public:
  void add(std::string_view bytes) { text_.append(bytes); }

  // Moves the next whole line, without its end, to `line`.
  bool next(std::string& line) {
    const auto end = text_.find('\n');
    if (end == std::string::npos) return false;
    line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return true;
  }

  [[nodiscard]] std::size_t size() const { return text_.size(); }

 private:
  std::string text_;
};

}  // namespace lab
