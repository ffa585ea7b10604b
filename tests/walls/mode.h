// Ways to start a container, and what is to be seen of each: a table.

#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace walls {

// The options that have to do with walls, each with its default.
struct Mode {
  std::string user = "0";          // --user
  bool own_users = false;          // --userns auto
  std::string network = "none";    // --network: none, bridge or host
  std::string rights = "default";  // Or more: SYS_PTRACE is one to be added;
                                   // unconfined: no filter; or privileged.
  bool read_only = false;          // --read-only
  std::string volume = "none";     // One that is rw or ro, and a tmpfs: if
  bool tmpfs = false;              // users may make them, in new directories.
  bool terminal = false;           // Is standard input the caller's terminal?

  // The words of the command line. source: what the volume is of.
  [[nodiscard]] std::vector<std::string> options(
      const std::string& source) const;

  // The same as a text, for the reader.
  [[nodiscard]] std::string text() const;

  [[nodiscard]] std::string volume_target() const;
  [[nodiscard]] std::string tmpfs_target() const;
};

// What the kernel says of a right container. Nothing else is there.
struct Expected {
  std::set<std::string> namespaces;  // Of its own, besides that of cgroups.
  std::string first_of_ids;          // How many ids it has,
  std::string ids;                   // and who is user 0 outside: "0" or "not".

  // Mounts by target, each with its type and flags: "tmpfs nosuid,nodev".
  // Below /proc and /sys are covers, all of them read-only; or there is none.
  std::map<std::string, std::string> mounts;
  bool has_covers = true;

  // Links, by name, with their flags (ip(8) has the same words), addresses and
  // routes: "eth0 10.85.3.4/16 global". ADDRESS stands for its own one.
  std::set<std::string> network;
  int tables_on_host = 0;  // Those of nf_tables that are ours.

  std::string capabilities, bounding, ambient;  // Of the command.
  int filters = 1;                              // Of its system calls.
  std::string no_new_privileges = "1";
  bool may_trace = false;  // Then the init is to be seen, and has to be empty.
  std::set<std::string> variables;  // That begin so.
};

Expected expected_of(const Mode& mode);

// Some modes, so that each two values of different fields are together in at
// least one of them: a mistake that needs two options at once is made there.
// Random, within that.
std::vector<Mode> modes_by_pairs();

}  // namespace walls
