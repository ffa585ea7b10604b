#include "tests/judge/network.h"

#include <fcntl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/socket.h>

#include "lessons/kit/check.h"
#include "tests/judge/guest.h"
#include "tests/judge/netlink.h"
#include "tests/judge/network_message.h"

namespace judge {
namespace {

using kit::check;
using kit::UniqueFd;
using netlink::address_of;
using netlink::bytes_of;
using netlink::dump;
using netlink::parse;
using netlink::raw;
using netlink::text_of;

UniqueFd open_network(const std::string& process) {
  const auto path = process + "/ns/net";
  return UniqueFd{
      check(::openat(guest().proc(), path.c_str(), O_RDONLY | O_CLOEXEC),
            "open the network namespace of {}", process)};
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Route& route) {
  out << route.to;
  if (!route.via.empty()) out << " via " << route.via;
  return out << " dev " << route.link;
}

Network Network::host() { return Network{open_network("1")}; }

Network Network::of(pid_t pid) {
  return Network{open_network(std::to_string(pid))};
}

Network Network::make() {
  const auto home = open_network("self");
  check(::unshare(CLONE_NEWNET), "make a network namespace");
  auto made = open_network("self");
  check(::setns(home.get(), CLONE_NEWNET), "come back from there");
  return Network{std::move(made)};
}

void Network::run(const std::function<void()>& task) const {
  const auto home = open_network("self");
  check(::setns(fd_.get(), CLONE_NEWNET), "enter a network namespace");
  std::exception_ptr problem;
  try {
    task();
  } catch (...) {
    problem = std::current_exception();
  }
  check(::setns(home.get(), CLONE_NEWNET), "come back from there");
  if (problem) std::rethrow_exception(problem);
}

std::map<std::string, Link> Network::links() const {
  std::map<std::string, Link> links;
  std::map<int, std::string> names;
  run([&] {
    dump(NETLINK_ROUTE, RTM_GETLINK, raw(ifinfomsg{}), [&](const auto& each) {
      const auto [name, link] = parse_link(each);
      links[name] = link;
      names[link.index] = name;
    });
    ifaddrmsg family{};
    family.ifa_family = AF_INET;
    dump(NETLINK_ROUTE, RTM_GETADDR, raw(family), [&](const auto& each) {
      const auto [index, text] = parse_address(each);
      links[names[index]].addresses.insert(text);
    });
  });
  return links;
}

std::set<Route> Network::routes() const {
  std::map<int, std::string> names;
  for (const auto& [name, link] : links()) names[link.index] = name;
  std::set<Route> routes;
  rtmsg family{};
  family.rtm_family = AF_INET;
  run([&] {
    dump(NETLINK_ROUTE, RTM_GETROUTE, raw(family), [&](const auto& each) {
      const auto route =
          parse_route(each, [&](int index) { return names[index]; });
      if (route) routes.insert(*route);
    });
  });
  return routes;
}

std::map<std::string, std::string> Network::neighbours(
    const std::string& link) const {
  std::map<std::string, std::string> found;
  run([&] {
    const auto index = static_cast<int>(::if_nametoindex(link.c_str()));
    ndmsg family{};
    family.ndm_family = AF_INET;
    dump(NETLINK_ROUTE, RTM_GETNEIGH, raw(family), [&](const auto& each) {
      const auto [fixed, attributes] = parse<ndmsg>(each);
      const auto hardware = bytes_of(attributes, NDA_LLADDR);
      if (fixed.ndm_ifindex != index || hardware.empty()) return;
      found[address_of(attributes, NDA_DST)] = hardware;
    });
  });
  return found;
}

int Network::number_of_rules() const {
  int number = 0;
  run([&] {
    const auto type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETRULE;
    dump(NETLINK_NETFILTER, type, raw(nfgenmsg{}),
         [&](const auto&) { ++number; });
  });
  return number;
}

std::set<std::string> Network::tables() const {
  std::set<std::string> tables;
  run([&] {
    const auto type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETTABLE;
    dump(NETLINK_NETFILTER, type, raw(nfgenmsg{}), [&](const auto& each) {
      const auto [fixed, attributes] = parse<nfgenmsg>(each);
      const std::string family = fixed.nfgen_family == AF_INET
                                     ? "ip"
                                     : std::to_string(fixed.nfgen_family);
      tables.insert(family + " " + text_of(attributes, NFTA_TABLE_NAME));
    });
  });
  return tables;
}

}  // namespace judge
