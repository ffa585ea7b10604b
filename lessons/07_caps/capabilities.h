// Lesson 07: less than root
//
// Read:   capabilities(7), capset(2), prctl(2); docs/07_caps.md
// Run:    bazel run //lessons:07_caps -- grep Cap /proc/self/status
// Check:  bazel test //tests:07_caps
//
// What root may do is divided into some forty capabilities. A process has five
// sets of them, and execve(2) makes new ones out of them. So it takes all five,
// and in this order, until a command has what it is meant to have, and nothing
// gives it more:
//
//   limit_bounding_set(sets.bounding);  // needs CAP_SETPCAP,
//   become_user(user);                  // CAP_SETUID and CAP_SETGID,
//   set_capabilities(sets);             // which may be gone after this
//   raise_ambient(sets.ambient);
//   forbid_new_privileges();
//
// All of them act on the calling process, which has one thread.

#pragma once

#include <sys/capability.h>  // CAP_CHOWN and so on
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace container {

// A set of capabilities: bit N stands for the capability with the number N.
using Capabilities = std::uint64_t;

constexpr Capabilities bit(int capability) {
  return Capabilities{1} << capability;
}

// capabilities(7), "Thread capability sets".
struct CapabilitySets {
  Capabilities bounding = 0;     // The most that any execve() can give.
  Capabilities permitted = 0;    // What the process has,
  Capabilities effective = 0;    // and what of it counts at the moment.
  Capabilities inheritable = 0;  // What stays for ambient to be made of.
  Capabilities ambient = 0;      // What stays at execve() without being root.
};

struct User {
  uid_t uid = 0;
  gid_t gid = 0;
};

// ---- The steps -------------------------------------------------------------

// Step 07.1. Takes everything but `keep` out of the bounding set [keep]: all
// that the kernel knows [all], which may be more than the compiler's headers
// do. What has been taken out before is not the end [gaps]: the kernel says
// EINVAL for the first number that it does not know. Any other error is not the
// end either, and nothing must run then [errors].
//
// Throws SystemError: EPERM without CAP_SETPCAP [EPERM].
void limit_bounding_set(Capabilities keep);

// Step 07.2. Becomes `user`, any but 2^32 - 1 [any], with no supplementary
// group [groups], and for good: the real, effective and saved ids are all set
// [ids]. The permitted set stays as it is, although the kernel empties it when
// root becomes somebody else [permitted]. Who changes the user after execve()
// finds the kernel as it was: the securebits stay [securebits].
//
// Needs CAP_SETUID and CAP_SETGID, not root [needs]. Throws SystemError
// [errors]: EPERM without one of them [EPERM].
void become_user(const User& user);

// Step 07.3. Sets the permitted [permitted], effective [effective] and
// inheritable sets [inheritable], all 64 bits of each [upper].
//
// Throws SystemError: EPERM if that is more than the process has [EPERM].
void set_capabilities(const CapabilitySets& sets);

// Step 07.4. Adds all of `capabilities` to the ambient set [all]. They are
// permitted and inheritable already.
//
// Throws SystemError [errors]: EPERM if the caller's securebits forbid it
// (SECBIT_NO_CAP_AMBIENT_RAISE) [EPERM].
void raise_ambient(Capabilities capabilities);

// Step 07.5. From now on, execve() gives nothing that the process does not have
// already [bit]: set-user-ID programs [set-user-ID] and file capabilities
// [files] have no effect. Root's command has no less for it [root]. The kernel
// lets nobody undo this, and children inherit it.
//
// Throws SystemError [errors].
void forbid_new_privileges();

// ---- In given/choose_sets.cc ------------------------------------------------

// What Docker gives to a container's root.
inline constexpr Capabilities kDockerDefault =
    bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER) | bit(CAP_FSETID) |
    bit(CAP_KILL) | bit(CAP_SETGID) | bit(CAP_SETUID) | bit(CAP_SETPCAP) |
    bit(CAP_NET_BIND_SERVICE) | bit(CAP_NET_RAW) | bit(CAP_SYS_CHROOT) |
    bit(CAP_MKNOD) | bit(CAP_AUDIT_WRITE) | bit(CAP_SETFCAP);

// All capabilities that the running kernel has.
Capabilities all_capabilities();

// "NET_ADMIN", "cap_net_admin" or "ALL". Throws std::runtime_error for a name
// that the kernel does not have.
Capabilities parse_capability(std::string_view name);

// "1000" or "1000:100"; without a group, it has the user's number. Throws
// std::runtime_error.
User parse_user(std::string_view text);

// Docker's default with changes, in Docker's sense: ALL stands for all others,
// so that "--cap-drop ALL --cap-add KILL" leaves one.
struct Changes {
  std::vector<Capabilities> dropped;
  std::vector<Capabilities> added;
};

// Returns what a command that runs as `user` is to have. For root, this is all
// that the bounding set has; for others, what was added by name, which then is
// in the ambient set.
//
// Throws std::runtime_error if one is both added and dropped.
CapabilitySets choose_sets(const Changes& changes, const User& user);

}  // namespace container
