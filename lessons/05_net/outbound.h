// Given: what the machine does for its containers, and stops doing afterwards.

#pragma once

#include <string>

#include "lessons/05_net/address.h"
#include "lessons/05_net/netlink.h"
#include "lessons/kit/keeper.h"
#include "lessons/kit/unique_fd.h"

namespace container {

// A table of nf_tables rules for one container, called like its address.
//
// It belongs to the socket that has made it (NFT_TABLE_F_OWNER, Linux 5.12):
// the kernel removes it when that is closed, be it by SIGKILL. And since nobody
// else can have a table of that name, it keeps the address for us, too.
class Table {
 public:
  // Throws SystemError: EPERM if another container has that address.
  explicit Table(in_addr container);

  // Adds a chain that sees packets when they leave the machine, and the rule of
  // step 05.5 to it. Throws SystemError.
  void masquerade(const Range& container);

 private:
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
  // link: the container's, the end in the machine.
  explicit Forwarding(const std::string& link);
  ~Forwarding();

 private:
  std::string link_;
  kit::Keeper keeper_;
  kit::UniqueFd users_;  // Locked by each process that uses it.
};

}  // namespace container
