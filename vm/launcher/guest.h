// A guest that is awake and waits for a job: restored from the snapshot if that
// works, booted if not.

#pragma once

#include <functional>
#include <memory>
#include <string>

#include "vm/launcher/disks.h"
#include "vm/launcher/qemu.h"

namespace lab {

// What a guest is made from: files beside the launcher, as Bazel builds them.
struct Parts {
  std::string kernel;
  std::string initramfs;
  std::string snapshot;  // A directory; "" if there is none.

  // Throws std::runtime_error, with the remedy, if something is not there.
  static Parts beside_launcher();
};

// Ends with this object, and with the thread that has made it (Qemu).
struct Guest {
  Disks disks;
  std::unique_ptr<Qemu> qemu;
};

// Says one line to the user.
using Tell = std::function<void(const std::string&)>;

// Restores a guest from the snapshot. If that does not work, tells why and
// boots one. Throws std::runtime_error if that does not work either: the
// message says what the console shows.
//
// disks: the job's files, if any, are on them already.
Guest wake(const Parts& parts, Disks disks, const Tell& tell);

// Boots a guest, whether there is a snapshot or not. Throws as wake() does.
Guest cold_boot(const Parts& parts, Disks disks);

// Boots until the agent waits for a job. Throws as wake() does.
std::unique_ptr<Qemu> boot(const Hardware& hardware, const Disks& disks);

// Has the agent answer. For a guest that has just been restored. Throws
// std::runtime_error if it does not.
void greet(Qemu& qemu);

// What the console's log says about why the guest ended: "Kernel panic ...",
// "the lab machine ran out of memory", or "".
std::string diagnose(const std::string& console);

}  // namespace lab
