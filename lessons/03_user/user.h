// Lesson 03: users of its own
//
// Read:   user_namespaces(7), credentials(7), newuidmap(1); docs/03_user.md
// Run:    bazel run //lessons:03_user -- id
// Check:  bazel test //tests:03_user
//
// Parent and child take turns. The child is in a new user namespace, in which
// nobody has an id until the parent, from outside, has written two maps:
//
//   parent                                 child
//   ask_for_users_of_its_own(args);
//   clone3(args)                           waits
//   map_ids(child, maps);                  waits
//   lets the child go on
//                                          become_root_inside();
//
// Every step does its work for an ordinary user as well as for root.

#pragma once

#include <linux/sched.h>  // clone_args
#include <sys/types.h>

#include <filesystem>
#include <string>

#include "lessons/03_user/given/ids.h"

namespace container {

// ---- The steps -------------------------------------------------------------

// Step 03.1. Fills in what makes clone3() start the child in a user namespace
// of its own [own]. Other flags in `args` stay [flags], and no others are added
// [only]: namespaces that are made by the same call belong to the new user
// namespace.
//
// The caller stays where it is [caller].
void ask_for_users_of_its_own(clone_args& args);

// Step 03.2. In the parent: writes `map` to `file`, which is the uid_map or the
// gid_map in the child's directory of /proc [file]. Each range [ranges] is a
// line: its first id inside, its first id outside, and how many there are
// [line]; each can be any 32-bit number [bits]. The kernel takes one write(2)
// for a map, and never a second [once].
//
// Throws SystemError: EPERM if it is not the caller's to give [EPERM].
void write_map(const std::filesystem::path& file, const IdMap& map);

// Step 03.3. In the parent: writes the child's gid_map [map]. Who has no
// CAP_SETGID must promise first that nobody inside will change supplementary
// groups: by the word "deny" in the child's file `setgroups` [promise]. Who has
// it promises nothing, and leaves that file alone [free].
//
// Throws SystemError [errors].
void map_groups(pid_t child, const IdMap& map);

// Step 03.4. In the parent: has the program newuidmap or newgidmap write a map
// that the caller itself may not write [map], and waits until it has done so
// [waits]. It is looked for in PATH [PATH], and called like this, with three
// words for each range [words]:
//
//   newuidmap CHILD INSIDE OUTSIDE COUNT [INSIDE OUTSIDE COUNT]...
//
// Throws SystemError, and std::runtime_error, which names the program [names],
// if that ended with another status than 0 [status], or by a signal [signal].
// What it has to say, it has said on standard error [says].
void map_by_program(const std::string& program, pid_t child, const IdMap& map);

// Step 03.5. In the child, once both maps are written: becomes user 0 [user]
// and group 0 [group] of the namespace, for good [good], and leaves the
// caller's supplementary groups [leave] if that may_set_groups() [keep].
// What else the process is, it stays: its securebits, for example [only].
//
// Throws SystemError [errors].
void become_root_inside();

// ---- In given/map_ids.cc ----------------------------------------------------

// In the parent: writes both maps of `child`, each in the way_to_map() it.
// Throws what the steps throw. The maps have passed check_maps().
void map_ids(pid_t child, const IdMaps& maps);

// In the child: may it call setgroups(2)? Nobody may where "deny" was written.
bool may_set_groups();

}  // namespace container
