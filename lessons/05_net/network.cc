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
  // TODO(05.1): send an RTM_NEWLINK, with an ifinfomsg in which ifi_index is
  // the link_index() of the link. ifi_flags has the flags, here IFF_UP, and
  // ifi_change has those flags that are to be looked at.
  throw kit::Todo("05.1");
}

void make_veth_pair(Netlink& here, const std::string& name, int container) {
  // TODO(05.2): send an RTM_NEWLINK with NLM_F_CREATE | NLM_F_EXCL: an empty
  // ifinfomsg, the name as IFLA_IFNAME, and in IFLA_LINKINFO what kind of link
  // it is, as IFLA_INFO_KIND, and what that kind needs to know, in
  // IFLA_INFO_DATA. For a "veth" this is VETH_INFO_PEER, the other end: again
  // an ifinfomsg, a name, and where it is to be, as IFLA_NET_NS_FD.
  throw kit::Todo("05.2");
}

void accept_own(Message& packets, Message& questions, const Sender& own) {
  // TODO(05.3): nest each rule's instructions in its NFTA_RULE_EXPRESSIONS. For
  // `packets`: go on if the frame's source is the hardware address, its
  // protocol is ETH_P_IP, and the packet's source is the address. For
  // `questions`: if the frame's source is the hardware address, its protocol is
  // ETH_P_ARP, and both of the sender's addresses in it are right, too. Each
  // ends with accept().
  throw kit::Todo("05.3");
}

void add_address(Netlink& in, const std::string& link, in_addr own,
                 const AddressRange& reach) {
  // TODO(05.4): send an RTM_NEWADDR with NLM_F_CREATE | NLM_F_EXCL. In its
  // ifaddrmsg: AF_INET, the length of the range, and the link_index(). `own` is
  // the attribute IFA_LOCAL, the range's address is IFA_ADDRESS.
  throw kit::Todo("05.4");
}

void add_default_route(Netlink& in, const std::string& link, in_addr gateway) {
  // TODO(05.5): send an RTM_NEWROUTE with NLM_F_CREATE | NLM_F_EXCL. In its
  // rtmsg: AF_INET, and for rtm_table, rtm_protocol, rtm_scope and rtm_type
  // RT_TABLE_MAIN, RTPROT_STATIC, RT_SCOPE_UNIVERSE and RTN_UNICAST. A length
  // of 0 means that every destination is meant. The attributes say what is to
  // be done with it: RTA_GATEWAY, and RTA_OIF, the link_index().
  throw kit::Todo("05.5");
}

void masquerade(Message& rule, const AddressRange& container) {
  // TODO(05.6): nest the instructions in NFTA_RULE_EXPRESSIONS. Go on if the
  // source is the container's address (NFT_CMP_EQ), and the destination, of
  // which keep_bits() leaves the first ones, is not its network_of()
  // (NFT_CMP_NEQ). Then replace_source().
  throw kit::Todo("05.6");
}

kit::UniqueFd listen_at(std::uint16_t port) {
  // TODO(05.7): ::socket() a SOCK_STREAM with SOCK_CLOEXEC. Before ::bind(),
  // ::setsockopt() SO_REUSEADDR: else old connections that are not quite over
  // would keep the port. The address that stands for all of them is
  // {INADDR_ANY}, and socket_address() makes of it what ::bind() takes. Then
  // ::listen(), with SOMAXCONN.
  throw kit::Todo("05.7");
}

}  // namespace container
