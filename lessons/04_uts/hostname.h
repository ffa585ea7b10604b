// Lesson 04: a host name of its own
//
// Read:   uts_namespaces(7), clone(2), sethostname(2), setdomainname(2);
//         docs/04_uts.md
// Run:    bazel run //lessons:04_uts -- --hostname box hostname
// Check:  bazel test //tests:04_uts
//
// A UTS namespace holds two names. A new one begins with a copy of those that
// the caller sees; what changes from then on is not seen outside.

#pragma once

#include <linux/sched.h>  // clone_args

#include <string_view>

namespace container {

// Step 04.1. Fills in what makes clone3() start the child in a UTS namespace of
// its own [own], and in no other new namespace [only]. Other flags in `args`
// stay [flags]. The caller stays in its namespace [caller].
void ask_for_names_of_its_own(clone_args& args);

// Step 04.2. Gives the calling process's UTS namespace the host name `name`
// [set]. The domain name stays [stays].
//
// name: any 1 to 64 bytes (HOST_NAME_MAX) [bytes], no terminating '\0' needed.
// Throws SystemError, which names it [names]: EINVAL if it is longer [EINVAL],
// EPERM without CAP_SYS_ADMIN in the user namespace that owns the UTS namespace
// [EPERM].
void set_host_name(std::string_view name);

// Step 04.3. Gives the calling process's UTS namespace the domain name `name`
// [set]. This is the domain of NIS, an old directory service, and not that of
// DNS. The host name stays [stays].
//
// name: as for set_host_name() [bytes]. Throws as that does [EINVAL] [EPERM].
void set_domain_name(std::string_view name);

}  // namespace container
