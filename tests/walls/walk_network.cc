#include "tests/walls/walk_network.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <algorithm>

#include "tests/judge/netlink.h"

namespace walls {
namespace {

using judge::Network;
namespace netlink = judge::netlink;

// Those that somebody sets, or that tell of it: netdevice(7).
std::string flags_of(unsigned flags) {
  std::vector<std::string> names;
  for (const auto& [name, flag] : std::vector<std::pair<const char*, unsigned>>{
           {"ALLMULTI", IFF_ALLMULTI},
           {"BROADCAST", IFF_BROADCAST},
           {"LOOPBACK", IFF_LOOPBACK},
           {"MULTICAST", IFF_MULTICAST},
           {"NOARP", IFF_NOARP},
           {"PROMISC", IFF_PROMISC},
           {"RUNNING", IFF_RUNNING},
           {"UP", IFF_UP}}) {
    if ((flags & flag) != 0) names.emplace_back(name);
  }
  return fmt::format("{}", fmt::join(names, ","));
}

std::string scope_of(unsigned char scope) {
  if (scope == RT_SCOPE_UNIVERSE) return "global";
  if (scope == RT_SCOPE_HOST) return "host";
  return fmt::format("scope {}", scope);
}

// Its links, with their flags, its addresses with their scope, and its routes.
std::set<std::string> network_of(pid_t pid) {
  const auto network = Network::of(pid);
  std::set<std::string> found;
  std::map<int, std::string> names;
  network.run([&] {
    netlink::dump(NETLINK_ROUTE, RTM_GETLINK, netlink::raw(ifinfomsg{}),
                  [&](const auto& each) {
                    const auto [fixed, attributes] =
                        netlink::parse<ifinfomsg>(each);
                    const auto name = netlink::text_of(attributes, IFLA_IFNAME);
                    names[fixed.ifi_index] = name;
                    found.insert(name + " " + flags_of(fixed.ifi_flags));
                  });
    ifaddrmsg family{};
    family.ifa_family = AF_INET;
    netlink::dump(NETLINK_ROUTE, RTM_GETADDR, netlink::raw(family),
                  [&](const auto& each) {
                    const auto [fixed, attributes] =
                        netlink::parse<ifaddrmsg>(each);
                    found.insert(fmt::format(
                        "{} {}/{} {}", names[static_cast<int>(fixed.ifa_index)],
                        netlink::address_of(attributes, IFA_ADDRESS),
                        fixed.ifa_prefixlen, scope_of(fixed.ifa_scope)));
                  });
  });
  for (const auto& route : network.routes()) {
    found.insert(fmt::format("{}{} dev {}", route.to,
                             route.via.empty() ? "" : " via " + route.via,
                             route.link));
  }
  return found;
}

// The address of eth0 is a random one of that range.
std::string without_address(const std::string& text) {
  const std::string begin = "eth0 10.85.";
  const auto end = text.find("/16 ");
  if (!text.starts_with(begin) || end == text.npos) return text;
  return "eth0 ADDRESS" + text.substr(end);
}

}  // namespace

std::vector<std::string> look_at_network(const judge::Box& box,
                                         const Expected& expected) {
  if (expected.network.empty()) return {};  // It is the host's.
  std::vector<std::string> wrong;
  auto missing = expected.network;
  for (const auto& each : network_of(box.command().pid())) {
    if (missing.erase(without_address(each)) == 0) {
      wrong.push_back("network: " + each + " is not to be there");
    }
  }
  for (const auto& each : missing) {
    wrong.push_back("network: " + each + " is not there");
  }
  const auto inside = Network::of(box.command().pid()).tables();
  if (!inside.empty()) wrong.push_back("rules: " + *inside.begin());
  const auto tables = Network::host().tables();
  const auto ours = std::ranges::count_if(tables, [](const auto& name) {
    return name.find("container-kit") != name.npos;
  });
  if (ours != expected.tables_on_host) {
    wrong.push_back(fmt::format("rules: {} tables on the host", ours));
  }
  return wrong;
}

}  // namespace walls
