// The state of the guest outside the container, to compare before and after.
//
//   const auto before = judge::Host::now();
//   ... start a container ...
//   CHECK(judge::Host::now().mounts == before.mounts);  // While it runs.
//   ... end it ...
//   CHECK(judge::Host::now() == before);                // Nothing is left.
//
// A failed comparison prints what is different, not everything there is.

#pragma once

#include <map>
#include <ostream>
#include <string>

#include "tests/judge/deadline.h"

namespace judge {

// Facts of one sort: what there is, each with a value that may change.
class Facts {
 public:
  struct Fact {
    std::string text;   // For the reader: "cgroup /sys/fs/cgroup/x".
    std::string value;  // "", or what it is set to.
  };

  void add(const std::string& id, std::string text, std::string value = "") {
    facts_[id] = {std::move(text), std::move(value)};
  }
  [[nodiscard]] const std::map<std::string, Fact>& all() const {
    return facts_;
  }

  // What is different from `before`, a line each; "" if nothing is.
  [[nodiscard]] std::string changes_since(const Facts& before) const;

  // Remembers the changes, for the message.
  bool operator==(const Facts& before) const;
  friend std::ostream& operator<<(std::ostream& out, const Facts& facts);

 private:
  std::map<std::string, Fact> facts_;
  mutable std::string changes_;
};

// The guest's network interfaces with their addresses, routes and nf_tables,
// and its System V objects: two of the parts of a Host.
Facts links_now();
Facts ipc_now();

class Host {
 public:
  // Everything below, as it is at this moment.
  static Host now();

  // Waits until the guest is as it was `before`, for what ends only after a
  // program has ended: processes that were killed, their mounts and cgroups.
  // Gives up when there is no process left that could change anything, or after
  // some seconds. Returns its last look.
  static Host settled(const Host& before);

  Facts mounts;     // Of the stage (guest.h), with their propagation.
  Facts links;      // Network interfaces with their addresses, routes, and
                    // nf_tables, of process 1's network namespace.
  Facts cgroups;    // All but the judge's own.
  Facts processes;  // All but the judge and the kernel's own threads.
  Facts names;      // Host and domain name.
  Facts sysctls;    // Settings that a container must not change.
  Facts ipc;        // System V queues, semaphores and shared memory.
  Facts files;      // In /, /run, /tmp, /root, /dev/shm and the like.

  [[nodiscard]] std::string changes_since(const Host& before) const;
  bool operator==(const Host& before) const;
  friend std::ostream& operator<<(std::ostream& out, const Host& host);

 private:
  mutable std::string changes_;
};

}  // namespace judge
