#include "tests/judge/network_message.h"

#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include "tests/judge/netlink.h"

namespace judge {

using netlink::address_of;
using netlink::bytes_of;
using netlink::number_of;
using netlink::parse;
using netlink::parse_attributes;
using netlink::text_of;

std::pair<std::string, Link> parse_link(const nlmsghdr& message) {
  const auto [fixed, attributes] = parse<ifinfomsg>(message);
  Link link;
  link.index = fixed.ifi_index;
  link.flags = fixed.ifi_flags;
  link.up = (fixed.ifi_flags & IFF_UP) != 0;
  link.carrier = (fixed.ifi_flags & IFF_RUNNING) != 0;
  link.hardware = bytes_of(attributes, IFLA_ADDRESS);
  link.peer = number_of(attributes, IFLA_LINK);
  const auto info = attributes.find(IFLA_LINKINFO);
  if (info != attributes.end()) {
    link.kind =
        text_of(parse_attributes(info->second.data(), info->second.size()),
                IFLA_INFO_KIND);
  }
  return {text_of(attributes, IFLA_IFNAME), link};
}

FoundAddress parse_address(const nlmsghdr& message) {
  const auto [fixed, attributes] = parse<ifaddrmsg>(message);
  const auto own = address_of(attributes, IFA_LOCAL);
  const auto other = address_of(attributes, IFA_ADDRESS);
  auto text = fmt::format("{}/{}", other, fixed.ifa_prefixlen);
  if (own != other) text = own + " to " + text;
  switch (fixed.ifa_scope) {
    case RT_SCOPE_UNIVERSE:
      break;
    case RT_SCOPE_LINK:
      text += " scope link";
      break;
    case RT_SCOPE_HOST:
      text += " scope host";
      break;
    default:
      text += fmt::format(" scope {}", fixed.ifa_scope);
  }
  if ((fixed.ifa_flags & IFA_F_PERMANENT) == 0) text += " for a while";
  return {static_cast<int>(fixed.ifa_index), text};
}

std::optional<Route> parse_route(const nlmsghdr& message,
                                 const std::function<std::string(int)>& name) {
  const auto [fixed, attributes] = parse<rtmsg>(message);
  if (fixed.rtm_family != AF_INET || fixed.rtm_table != RT_TABLE_MAIN) {
    return {};
  }
  std::string to = "default";
  if (fixed.rtm_dst_len != 0) {
    to = address_of(attributes, RTA_DST);
    if (fixed.rtm_dst_len != 32) to += fmt::format("/{}", fixed.rtm_dst_len);
  }
  return Route{to, address_of(attributes, RTA_GATEWAY),
               name(number_of(attributes, RTA_OIF))};
}

}  // namespace judge
