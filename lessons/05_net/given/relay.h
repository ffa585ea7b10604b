// Given: carries connections from the host's ports to the container's.

#pragma once

#include <netinet/in.h>

#include <vector>

#include "lessons/kit/spawn.h"
#include "lessons/kit/unique_fd.h"

namespace container {

// A process in the host's network, which accepts connections, makes one to
// the container for each, and copies what comes in on either side to the other.
// It ends with its owner, and with the process that has made it.
//
// The container sees the host as its client, not the real one.
class Relay {
 public:
  struct Port {
    kit::UniqueFd listener;
    sockaddr_in target;
  };

  // Throws what went wrong if the process cannot do its work.
  explicit Relay(const std::vector<Port>& ports);

 private:
  kit::Child process_;  // ~Child() ends it.
};

}  // namespace container
