// The snapshot: a guest that waits for a job, as files in a directory. The
// memory is one file, the state of the devices another, and about.json says
// what belongs to them.

#pragma once

#include <memory>
#include <string>

#include "vm/launcher/guest.h"

namespace lab {

// Boots a guest and saves it, once the agent waits for a job. Throws
// std::runtime_error as wake() does.
void save_snapshot(const Parts& parts, const std::string& accelerator,
                   const std::string& directory);

// Restores a guest from the snapshot in parts.snapshot. Throws
// std::runtime_error if there is none, if it is damaged, or if this QEMU cannot
// read it.
std::unique_ptr<Qemu> restore(const Parts& parts, const Disks& disks);

// The accelerator with which the snapshot was made; "tcg" if that is not known.
std::string accelerator_of(const std::string& snapshot);

}  // namespace lab
