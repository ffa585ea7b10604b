// What the kernel's messages about links, addresses and routes say: those that
// answer a question (Network) and those that come by themselves
// (NetworkEvents).

#pragma once

#include <linux/netlink.h>

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "tests/judge/network.h"

namespace judge {

// RTM_NEWLINK: the link, without its addresses, and its name.
std::pair<std::string, Link> parse_link(const nlmsghdr& message);

// RTM_NEWADDR: the address as a Link has it, and the index of its link.
struct FoundAddress {
  int index = 0;
  std::string text;
};

FoundAddress parse_address(const nlmsghdr& message);

// RTM_NEWROUTE: nothing if it is not an IPv4 route of the main table. `name`
// tells the name of the link with an index.
std::optional<Route> parse_route(const nlmsghdr& message,
                                 const std::function<std::string(int)>& name);

}  // namespace judge
