// A lab machine that is awake and waits for a job: restored from the
// saved machine if that works, booted if not.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "vm/launcher/qemu.h"

namespace lab {

// Where the parts of the machine are: beside the launcher, as Bazel builds
// them.
struct Parts {
  std::string kernel;
  std::string initramfs;
  std::string saved;  // Directory of the saved machine; "" if there is none.

  // Throws std::runtime_error, with the remedy, if something is not there.
  static Parts beside_launcher();
};

// Says one line to the user.
using Tell = std::function<void(const std::string&)>;

struct Machine {
  Disks disks;
  std::unique_ptr<Qemu> qemu;
  bool restored = false;
};

// Wakes the saved machine. If it cannot be woken, tells why and boots one.
// Throws std::runtime_error if that does not work either: the message says what
// the console shows.
//
// disks: the payload, if any, is already on them.
Machine wake(const Parts& parts, Disks disks, const Tell& tell);

// Boots a machine, whatever is saved.
Machine cold_boot(const Parts& parts, Disks disks);

// Boots a machine and saves it, once the agent waits for a job, as files in
// `directory`. Throws std::runtime_error as wake() does.
void save_machine(const Parts& parts, const std::string& accelerator,
                  const std::string& directory);

// Writes a job's files to the payload disk and returns their size.
// Throws std::runtime_error if they do not fit.
std::uint64_t put_payload(const Disks& disks, const std::string& archive);

// Puts the root file system of an image (squashfs) into the machine, at
// /rootfs/NAME, where NAME is that of its file without the ending.
// Throws SystemError.
void add_image(Disks& disks, Job& job, const std::string& file);

// What the machine's log says about why it ended: "the kernel panicked: ...",
// "it ran out of memory", or "".
std::string diagnose(const std::string& console);

}  // namespace lab
