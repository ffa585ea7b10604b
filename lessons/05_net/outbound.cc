#include "lessons/05_net/outbound.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_ipv4.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "lessons/05_net/network.h"
#include "lessons/kit/check.h"
#include "lessons/kit/file.h"
#include "lessons/kit/run_folder.h"

using kit::check;
using kit::UniqueFd;

namespace container {
namespace {

constexpr int kLinks = NFPROTO_NETDEV;  // The families of our tables,
constexpr int kPackets = NFPROTO_IPV4;
constexpr char kChain[] = "rules";  // and the chain that each has.
constexpr char kForward[] = "/proc/sys/net/ipv4/ip_forward";

// A message about rules. Numbers have their high byte first.
Message rules_message(int family, int type, int flags) {
  Message message((NFNL_SUBSYS_NFTABLES << 8) | type, flags);
  nfgenmsg fixed{};
  fixed.nfgen_family = static_cast<unsigned char>(family);
  fixed.version = NFNETLINK_V0;
  message.put(fixed);
  return message;
}

// The lock of fcntl(2) belongs to a process. That of flock(2) would be shared
// with every child that has the descriptor, and outlive us with it.
bool try_lock(const UniqueFd& fd, short kind) {
  struct flock whole {};
  whole.l_type = kind;
  return ::fcntl(fd.get(), F_SETLK, &whole) == 0;
}

// Has the first line of what forwarding was before the first one.
std::string state_file() { return kit::run_folder() / "ip_forward"; }

void set_forwarding(const std::string& value) {
  // Writing it sets more than this, so not without need.
  if (kit::read_file(kForward) != value) kit::write_file(kForward, value);
}

// Of the processes that use it, is there one left? If not, undo it.
void restore_if_last() {
  const UniqueFd alone = kit::lock("forwarding");
  const std::string file = state_file();
  const UniqueFd users{::open(file.c_str(), O_RDWR | O_CLOEXEC)};
  if (!users || !try_lock(users, F_WRLCK)) return;
  set_forwarding(kit::read_file(file));
  (void)::unlink(file.c_str());
}

void remove_link(const std::string& name) {
  try {
    Netlink machine(NETLINK_ROUTE);
    ifinfomsg link{};
    link.ifi_index = link_index(machine, name);
    Message message(RTM_DELLINK);
    message.put(link);
    machine.request(message, "remove " + name);
  } catch (const std::system_error&) {
    // It has gone by itself.
  }
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

void Tables::masquerade(const Range& container) {
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

Forwarding::Forwarding(const std::string& link)
    : link_(link), keeper_([link] {
        remove_link(link);
        restore_if_last();
      }) {
  const UniqueFd alone = kit::lock("forwarding");
  const std::string file = state_file();
  users_.reset(check(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600),
                     "open {}", file));
  // Empty if nobody uses it: who is the first keeps what it was. If there is
  // something in it, others use it, or all were killed with their keepers.
  if (kit::read_file(file).empty()) {
    kit::write_file(file, kit::read_file(kForward));
  }
  if (!try_lock(users_, F_RDLCK)) kit::fail("lock {}", file);
  set_forwarding("1\n");
}

Forwarding::~Forwarding() {
  remove_link(link_);
  users_.reset();
  try {
    restore_if_last();
  } catch (const std::exception&) {
    // The next one tries again.
  }
}

}  // namespace container
