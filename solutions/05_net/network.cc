#include "lessons/05_net/network.h"

#include <fmt/format.h>
#include <linux/if_ether.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>

#include "lessons/kit/check.h"
#include "lessons/kit/todo.h"

using kit::check;

namespace container {

void raise_link(Netlink& in, const std::string& name) {
  ifinfomsg link{};
  link.ifi_index = link_index(in, name);
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;  // All other flags stay as they are.
  Message message(RTM_NEWLINK);
  message.put(link);
  in.request(message, fmt::format("switch {} on", name));
}

void make_veth_pair(Netlink& here, const std::string& name, int container) {
  Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  message.put(ifinfomsg{});
  message.add(IFLA_IFNAME, name);
  message.nest(IFLA_LINKINFO, [&] {
    message.add(IFLA_INFO_KIND, "veth");
    message.nest(IFLA_INFO_DATA, [&] {
      message.nest(VETH_INFO_PEER, [&] {
        // In one message: there is no moment at which it is somewhere else, or
        // has another name.
        message.put(ifinfomsg{});
        message.add(IFLA_IFNAME, "eth0");
        message.add(IFLA_NET_NS_FD, container);
      });
    });
  });
  here.request(message, fmt::format("make the links {} and eth0", name));
}

void accept_own(Message& packets, Message& questions, const Sender& own) {
  packets.nest(NFTA_RULE_EXPRESSIONS, [&] {
    load(packets, Field::kFrameSource);
    compare(packets, NFT_CMP_EQ, own.hardware);
    load(packets, Field::kFrameProtocol);
    compare(packets, NFT_CMP_EQ, ETH_P_IP);
    load(packets, Field::kSource);
    compare(packets, NFT_CMP_EQ, own.address);
    accept(packets);
  });
  questions.nest(NFTA_RULE_EXPRESSIONS, [&] {
    load(questions, Field::kFrameSource);
    compare(questions, NFT_CMP_EQ, own.hardware);
    load(questions, Field::kFrameProtocol);
    compare(questions, NFT_CMP_EQ, ETH_P_ARP);
    load(questions, Field::kArpHardwareSender);
    compare(questions, NFT_CMP_EQ, own.hardware);
    load(questions, Field::kArpSender);
    compare(questions, NFT_CMP_EQ, own.address);
    accept(questions);
  });
}

void add_address(Netlink& in, const std::string& link, in_addr own,
                 const AddressRange& reach) {
  ifaddrmsg address{};
  address.ifa_family = AF_INET;
  address.ifa_prefixlen = static_cast<unsigned char>(reach.length);
  address.ifa_index = static_cast<unsigned>(link_index(in, link));
  Message message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  message.put(address);
  message.add(IFA_LOCAL, own);
  message.add(IFA_ADDRESS, reach.address);
  in.request(message,
             fmt::format("give {} the address {}", link, to_text(own)));
}

void add_default_route(Netlink& in, const std::string& link, in_addr gateway) {
  rtmsg route{};
  route.rtm_family = AF_INET;
  route.rtm_dst_len = 0;  // Of 0 bits, all addresses have the same.
  route.rtm_table = RT_TABLE_MAIN;
  route.rtm_protocol = RTPROT_STATIC;
  route.rtm_scope = RT_SCOPE_UNIVERSE;
  route.rtm_type = RTN_UNICAST;
  Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
  message.put(route);
  message.add(RTA_GATEWAY, gateway);
  message.add(RTA_OIF, link_index(in, link));
  in.request(message, fmt::format("make {} the gateway", to_text(gateway)));
}

void masquerade(Message& rule, const AddressRange& container) {
  rule.nest(NFTA_RULE_EXPRESSIONS, [&] {
    load(rule, Field::kSource);
    compare(rule, NFT_CMP_EQ, container.address);
    load(rule, Field::kDestination);
    keep_bits(rule, netmask(container.length));
    compare(rule, NFT_CMP_NEQ, network_of(container));
    replace_source(rule);
  });
}

kit::UniqueFd listen_at(std::uint16_t port) {
  kit::UniqueFd listener{
      check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "make a socket")};
  const int yes = 1;
  check(
      ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes),
      "set SO_REUSEADDR");
  const sockaddr_in address = socket_address({INADDR_ANY}, port);
  check(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address),
               sizeof address),
        "publish port {}", port);
  check(::listen(listener.get(), SOMAXCONN), "listen at port {}", port);
  return listener;
}

}  // namespace container
