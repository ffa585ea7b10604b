// Where the programs of the kit keep what must not outlive the machine.

#pragma once

#include <filesystem>
#include <string>

#include "lessons/kit/unique_fd.h"

namespace kit {

// Returns the path of the folder, and makes it if it is not there:
//
//   /run/container-kit                 for root,
//   $XDG_RUNTIME_DIR/container-kit     for others, or else
//   /tmp/container-kit-UID
//
// Throws SystemError, and std::runtime_error if others could write there.
std::filesystem::path run_folder();

// Waits until no other program holds the lock `name`, then holds it until the
// returned descriptor is closed, or the process ends in whatever way.
//
//   const UniqueFd locked = lock("cgroups");
UniqueFd lock(const std::string& name);

// Returns `prefix`, a dash and eight random hexadecimal digits.
std::string unique_name(const std::string& prefix);

}  // namespace kit
