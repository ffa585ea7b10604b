// Given: the rules that the host has for a container.

#pragma once

#include <netinet/in.h>

#include <string>
#include <string_view>

#include "lessons/05_net/given/address.h"
#include "lessons/05_net/given/netlink.h"

namespace container {

// The host's rules for one container: two tables of nf_tables, both named after
// its address, one for what comes out of its link (the family "netdev"), and
// one for IPv4 packets of the host.
//
// They belong to the socket that has made them (NFT_TABLE_F_OWNER, Linux 5.12):
// the kernel removes them when that is closed, be it by SIGKILL. And since
// nobody else can have tables of that name, they keep the address for us, too.
class Tables {
 public:
  // Throws SystemError: EPERM if another container has that address.
  explicit Tables(in_addr container);

  // Adds a chain that sees all that arrives at `link`, the host's end, before
  // anybody else in the kernel does, and drops it, and the rules of step 05.3
  // for the container's end, which is `own`. It goes with the link, too. Throws
  // SystemError.
  void accept_only(const Sender& own, const std::string& link);

  // Adds a chain that sees packets when they leave the host, and the rule of
  // step 05.6 to it. Throws SystemError.
  void masquerade(const AddressRange& container);

 private:
  [[nodiscard]] Message new_chain(int family, std::string_view type) const;
  [[nodiscard]] Message new_rule(int family) const;

  std::string name_;
  Netlink netlink_;
};

}  // namespace container
