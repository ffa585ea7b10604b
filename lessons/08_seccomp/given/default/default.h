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

// For a container that wants no filter and has the users of the host: it allows
// all calls but those for keys (add_key, keyctl, request_key). Keyrings belong
// to a user of a user namespace, and so root in the container would have those
// of root outside: keyrings(7). default/unconfined.json is its profile.
extern const Filter kUnconfinedFilter;

// For the init of a container (lesson 14), whatever filter its command has: the
// few calls that such a process can need. default/init.json is its profile.
extern const Filter kInitFilter;

// Profiles are small: Docker's has 15 KB. No larger file is read.
constexpr std::uint64_t kMaxProfile = std::uint64_t{16} << 20;  // Bytes.

// Returns the filter for a command with the capabilities `bounding`: that of
// the profile `file`, or without one of the default profile. It is compiled
// now, unless it has been.
//
// Throws what read_profile() and kit::read_file() throw.
Filter choose_filter(const std::optional<std::string>& file,
                     std::uint64_t bounding);

}  // namespace container
