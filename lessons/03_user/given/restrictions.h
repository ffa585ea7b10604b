// The given part of lesson 03: may user namespaces be made here at all?

#pragma once

#include <filesystem>
#include <string>

namespace container {

// The process that wants to make one.
struct Maker {
  bool is_admin = false;  // With CAP_SYS_ADMIN?
  std::string profile;    // AppArmor's for it: "unconfined", or "".
};

// Why `maker` cannot have a user namespace that is of use: which setting says
// so, and what can be done. Empty if no setting does.
//
// settings: the directory /proc/sys, or what a test has in its place.
std::string restriction(const std::filesystem::path& settings,
                        const Maker& maker);

// Throws std::runtime_error if there is a restriction() for the caller.
void check_user_namespaces();

}  // namespace container
