// Given: a container's network, as a whole.

#pragma once

#include <sys/types.h>

#include <optional>
#include <vector>

#include "lessons/05_net/given/address.h"
#include "lessons/05_net/given/forwarding.h"
#include "lessons/05_net/given/relay.h"
#include "lessons/05_net/given/tables.h"

namespace container {

// What is not set is not made; without `range`, there is only a loopback.
// `gateway` and `published` need it, and the gateway is an address of it.
struct NetworkSettings {
  std::optional<AddressRange>
      range;                       // The container's address, and its network.
  std::optional<in_addr> gateway;  // The host's end, and the way out.
  std::vector<PublishedPort> published;
};

// Throws std::runtime_error if the settings contradict each other.
void check_settings(const NetworkSettings& settings);

// Returns an address of 10.85.0.0/16 that is not in use. The first address of
// that range, 10.85.0.1, is meant to be the gateway.
AddressRange choose_address();

// The network of the container whose first process is `pid`, made from outside
// by the steps of network.h. That process has a network namespace of its own,
// and waits: when the constructor returns, everything is there.
//
//   Child init = spawn(args, [&] { gate.wait(); ... });
//   const ContainerNetwork network(init.pid(), settings);
//   gate.open();
//
// What belongs to the container goes when its namespace does, and that is when
// its last process has ended: both links, addresses, routes. The rest, which is
// the host's, goes with this object or with this process, if it is killed.
class ContainerNetwork {
 public:
  // Throws SystemError, and std::runtime_error if an address is taken.
  ContainerNetwork(pid_t pid, const NetworkSettings& settings);

  // Ends what is the host's. The destructor does so, too, but it cannot say
  // that something is left: this throws it. Call it once the container's last
  // process has ended.
  void end();

 private:
  std::optional<Tables> tables_;
  std::optional<Forwarding> forwarding_;
  std::optional<Relay> relay_;
};

}  // namespace container
