// Given: what the machine does for its containers, and stops doing afterwards.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lessons/05_net/given/address.h"
#include "lessons/05_net/given/netlink.h"
#include "lessons/kit/keeper.h"
#include "lessons/kit/unique_fd.h"

namespace container {

// The host's rules for one container: two tables of nf_tables, both called like
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

  // Adds a chain that sees packets when they leave the machine, and the rule of
  // step 05.6 to it. Throws SystemError.
  void masquerade(const Range& container);

 private:
  [[nodiscard]] Message new_chain(int family, std::string_view type) const;
  [[nodiscard]] Message new_rule(int family) const;

  std::string name_;
  Netlink netlink_;
};

// While one of these exists, in this or any other process, the machine passes
// on packets that are not for itself (net.ipv4.ip_forward). Afterwards this is
// as it was before the first of them.
//
// The link goes first. By itself, it would wait for its namespace, and that for
// connections that were open at the end: their last packets get no answer when
// nobody passes them on.
class Forwarding {
 public:
  // link: the container's, the end in the host. Throws SystemError, and
  // std::runtime_error if it is not known what forwarding was before.
  explicit Forwarding(const std::string& link);

  // Calls end() if nobody has, and tells nobody what goes wrong.
  ~Forwarding();

  // Removes the link, and restores the setting if nobody else needs it: this
  // also if that fails. Then throws what went wrong.
  void end();

 private:
  std::string link_;
  std::string before_;  // What forwarding was.
  std::optional<kit::Keeper> keeper_;
  kit::UniqueFd state_;  // Until it is ended.
};

}  // namespace container
