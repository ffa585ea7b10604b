#include "lessons/05_net/given/tables.h"

#include <fmt/format.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "lessons/05_net/network.h"
#include "lessons/kit/check.h"

namespace container {
namespace {

constexpr int kLinks = NFPROTO_NETDEV;  // The families of our tables,
constexpr int kPackets = NFPROTO_IPV4;
constexpr char kChain[] = "rules";  // and the chain that each has.

// A message about rules. Numbers have their high byte first.
Message rules_message(int family, int type, int flags) {
  Message message((NFNL_SUBSYS_NFTABLES << 8) | type, flags);
  nfgenmsg fixed{};
  fixed.nfgen_family = static_cast<unsigned char>(family);
  fixed.version = NFNETLINK_V0;
  message.put(fixed);
  return message;
}

}  // namespace

Tables::Tables(in_addr container)
    : name_("container-kit-" + to_text(container)),
      netlink_(NETLINK_NETFILTER) {
  std::vector<Message> tables;
  for (const int family : {kLinks, kPackets}) {
    Message& table = tables.emplace_back(
        rules_message(family, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL));
    table.add(NFTA_TABLE_NAME, name_);
    table.add(NFTA_TABLE_FLAGS, ::htonl(NFT_TABLE_F_OWNER));
  }
  const std::string what =
      fmt::format("reserve the address {}", to_text(container));
  try {
    netlink_.commit(std::move(tables), what);
  } catch (const std::system_error& error) {
    const int code = error.code().value();
    const bool is_there = code == EPERM || code == EEXIST;
    throw kit::SystemError(code, what,
                           is_there ? "another container has it"
                                    : "this needs nf_tables, and Linux 5.12");
  }
}

void Tables::accept_only(const Sender& own, const std::string& link) {
  Message chain = new_chain(kLinks, "filter");
  chain.add(NFTA_CHAIN_POLICY, ::htonl(NF_DROP));
  chain.nest(NFTA_CHAIN_HOOK, [&] {
    chain.add(NFTA_HOOK_HOOKNUM, ::htonl(NF_NETDEV_INGRESS));
    chain.add(NFTA_HOOK_PRIORITY, ::htonl(0));
    chain.add(NFTA_HOOK_DEV, link);
  });

  Message packets = new_rule(kLinks);
  Message questions = new_rule(kLinks);
  accept_own(packets, questions, own);
  netlink_.commit({chain, packets, questions},
                  fmt::format("bind {} to {}", link, to_text(own.address)));
}

void Tables::masquerade(const AddressRange& container) {
  Message chain = new_chain(kPackets, "nat");
  chain.nest(NFTA_CHAIN_HOOK, [&] {
    chain.add(NFTA_HOOK_HOOKNUM, ::htonl(NF_INET_POST_ROUTING));
    chain.add(NFTA_HOOK_PRIORITY, ::htonl(NF_IP_PRI_NAT_SRC));
  });

  Message rule = new_rule(kPackets);
  container::masquerade(rule, container);
  netlink_.commit({chain, rule},
                  fmt::format("masquerade {}", to_text(container.address)));
}

Message Tables::new_chain(int family, std::string_view type) const {
  Message chain =
      rules_message(family, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL);
  chain.add(NFTA_CHAIN_TABLE, name_);
  chain.add(NFTA_CHAIN_NAME, kChain);
  chain.add(NFTA_CHAIN_TYPE, type);
  return chain;
}

Message Tables::new_rule(int family) const {
  Message rule =
      rules_message(family, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
  rule.add(NFTA_RULE_TABLE, name_);
  rule.add(NFTA_RULE_CHAIN, kChain);
  return rule;
}

}  // namespace container
