#include "tests/judge/cable.h"

#include <arpa/inet.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include <stdexcept>

#include "tests/judge/netlink.h"

namespace judge {
namespace {

using netlink::attribute;
using netlink::raw;
using netlink::request;
using netlink::text_attribute;

std::string bytes_of(const std::string& address) {
  in_addr number{};
  if (::inet_pton(AF_INET, address.c_str(), &number) != 1) {
    throw std::invalid_argument(address + " is not an address");
  }
  return raw(number);
}

ifinfomsg link_of(const std::string& name) {
  ifinfomsg link{};
  link.ifi_index = static_cast<int>(::if_nametoindex(name.c_str()));
  return link;
}

void request_address(int type, int flags, const End& end,
                     const std::string& address) {
  ifaddrmsg fixed{};
  fixed.ifa_family = AF_INET;
  fixed.ifa_prefixlen = static_cast<unsigned char>(end.length);
  fixed.ifa_index = ::if_nametoindex(end.link.c_str());
  const auto bytes = bytes_of(address);
  request(
      type, flags,
      raw(fixed) + attribute(IFA_LOCAL, bytes) + attribute(IFA_ADDRESS, bytes));
}

void set_up_end(const End& end) {
  add_second_address(end, end.address);
  auto link = link_of(end.link);
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  request(RTM_NEWLINK, 0, raw(link));
}

}  // namespace

void lay_cable(const End& here, const End& there) {
  const auto peer = raw(ifinfomsg{}) + text_attribute(IFLA_IFNAME, there.link) +
                    attribute(IFLA_NET_NS_FD, raw(there.network.descriptor()));
  const auto info = text_attribute(IFLA_INFO_KIND, "veth") +
                    attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, peer));
  here.network.run([&] {
    request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
            raw(ifinfomsg{}) + text_attribute(IFLA_IFNAME, here.link) +
                attribute(IFLA_LINKINFO, info));
    set_up_end(here);
  });
  there.network.run([&] { set_up_end(there); });
}

void add_second_address(const End& end, const std::string& address) {
  end.network.run([&] {
    request_address(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, end, address);
  });
}

void remove_address(const End& end) {
  end.network.run([&] { request_address(RTM_DELADDR, 0, end, end.address); });
}

void set_flags(const Network& network, const std::string& link,
               unsigned flags) {
  network.run([&] {
    auto fixed = link_of(link);
    fixed.ifi_flags = flags;
    fixed.ifi_change = ~0U;
    request(RTM_NEWLINK, 0, raw(fixed));
  });
}

void add_route(const Network& network, const std::string& to,
               const std::string& via) {
  rtmsg route{};
  route.rtm_family = AF_INET;
  route.rtm_table = RT_TABLE_MAIN;
  route.rtm_protocol = RTPROT_STATIC;
  route.rtm_type = RTN_UNICAST;
  std::string attributes = attribute(RTA_GATEWAY, bytes_of(via));
  if (to != "default") {
    route.rtm_dst_len = 32;
    attributes += attribute(RTA_DST, bytes_of(to));
  }
  network.run([&] {
    request(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, raw(route) + attributes);
  });
}

void make_link(const std::string& name) {
  request(
      RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
      raw(ifinfomsg{}) + text_attribute(IFLA_IFNAME, name) +
          attribute(IFLA_LINKINFO, text_attribute(IFLA_INFO_KIND, "dummy")));
}

void remove_link(const std::string& name) {
  const auto link = link_of(name);
  if (link.ifi_index != 0) request(RTM_DELLINK, 0, raw(link));
}

}  // namespace judge
