// The walk: over every process that a container can see, and all that its /proc
// says of them. What is not in the table below is something of the host.

#pragma once

#include <set>
#include <string>
#include <vector>

#include "tests/walls/attempt.h"

namespace walls {

// A way to start a container, and what is different there.
struct Mode {
  Options options;
  std::string why;  // It is different from the default.
  std::set<std::string> namespaces = {"cgroup", "ipc", "mnt",
                                      "net",    "pid", "uts"};
  std::string capabilities = "00000000a80425fb";  // The command's, effective
  std::string bounding = "00000000a80425fb";      // and at most.
  int filters = 1;                                // Of its system calls,
  int other_filters = 0;  // beside those that its caller has had already.
  std::string no_new_privileges = "1";
  std::string home = "/root";
  bool may_trace = false;  // Then the init is to be seen, and has to be empty.
};

// Walks from outside, with all rights, and from inside, with those of the
// command. Returns what does not belong there, a line each.
std::vector<std::string> walk(const judge::Box& box, const Mode& mode);

}  // namespace walls
