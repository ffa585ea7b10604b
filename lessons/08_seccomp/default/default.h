// Given: the filter for containers that ask for no other.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lessons/08_seccomp/filter.h"

namespace container {

// The profile default/profile.json, as a text, and the program that it is
// compiled to when container-kit is built: for the fourteen capabilities of
// Docker's. Using that costs nothing at the start of a container.
extern const char kDefaultProfile[];
extern const Filter kDefaultFilter;

// Returns the filter for a command with the capabilities `bounding`: that of
// the profile `file`, or without one of the default profile. It is compiled
// now, unless it has been.
//
// Throws what read_profile() throws, and SystemError if the file cannot be
// read.
Filter choose_filter(const std::optional<std::string>& file,
                     std::uint64_t bounding);

}  // namespace container
