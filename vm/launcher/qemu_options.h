// QEMU's command line: what hardware the guest has.

#pragma once

#include <array>
#include <string>
#include <vector>

#include "lessons/kit/unique_fd.h"
#include "vm/launcher/disks.h"
#include "vm/protocol.h"

namespace lab {

// What a guest is made of. A snapshot can only be restored into a guest that is
// made of the same.
struct Hardware {
  std::string kernel;
  std::string initramfs;
  std::string accelerator;   // "kvm" or "tcg"
  std::string memory = {};   // The file that holds its memory ("": none).
  bool keep_memory = false;  // Write changes to the file (to save the guest)?
};

// QEMU's ends of the sockets and files through which the launcher speaks with
// it.
struct Connections {
  const kit::UniqueFd& console;  // A file that gets the console's log.
  const kit::UniqueFd& monitor;
  const std::array<kit::UniqueFd, kPortCount>& ports;
};

// The words with which QEMU is started, its own name first.
//
// incoming: does the guest wait for a snapshot (the monitor's
// "migrate-incoming"), or boot?
std::vector<std::string> qemu_options(const Hardware& hardware,
                                      const Disks& disks,
                                      const Connections& connections,
                                      bool incoming);

}  // namespace lab
