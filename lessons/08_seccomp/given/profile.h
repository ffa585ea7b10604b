// Given: profiles as Docker, Podman and the OCI have them, and what of one is
// for a container.
//
//   {"defaultAction": "SCMP_ACT_ERRNO",
//    "archMap": [{"architecture": "SCMP_ARCH_X86_64",
//                 "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]}],
//    "syscalls": [{"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"}]}

#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "lessons/08_seccomp/filter.h"

namespace container {

// What parts of a profile can depend on: "includes" and "excludes".
struct Place {
  std::uint64_t capabilities = 0;  // The command's bounding set: lesson 07.
  std::pair<unsigned, unsigned> kernel{0, 0};  // Its version: {6, 1}.
};

// A command with these capabilities, on the running kernel.
Place here(std::uint64_t capabilities);

// Returns what `profile`, a text, means there.
//
// Throws std::runtime_error with FILE:LINE:COLUMN if it is not JSON, has
// something unknown or contradictory in it, or wants what cannot be had (a
// verdict that another process has to give, SCMP_ACT_NOTIFY; a flag of
// seccomp(2)). Calls of unknown names are no error.
//
// file: its name, for messages.
Policy read_profile(const std::string& file, const std::string& profile,
                    const Place& place);

}  // namespace container
