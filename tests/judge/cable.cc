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

void set_up_end(const End& end) {
  const auto index = static_cast<int>(::if_nametoindex(end.link.c_str()));
  add_second_address(end, end.address);
  ifinfomsg link{};
  link.ifi_index = index;
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
    ifaddrmsg fixed{};
    fixed.ifa_family = AF_INET;
    fixed.ifa_prefixlen = static_cast<unsigned char>(end.length);
    fixed.ifa_index = ::if_nametoindex(end.link.c_str());
    in_addr number{};
    if (::inet_pton(AF_INET, address.c_str(), &number) != 1) {
      throw std::invalid_argument(address + " is not an address");
    }
    const auto bytes = raw(number);
    request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
            raw(fixed) + attribute(IFA_LOCAL, bytes) +
                attribute(IFA_ADDRESS, bytes));
  });
}

void remove_link(const std::string& name) {
  ifinfomsg link{};
  link.ifi_index = static_cast<int>(::if_nametoindex(name.c_str()));
  if (link.ifi_index != 0) request(RTM_DELLINK, 0, raw(link));
}

}  // namespace judge
