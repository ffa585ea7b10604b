// The given part of step 05.5: instructions of nf_tables. Its man page, nft(8),
// knows them under other names:
//
//   ip saddr 10.0.5.2 ip daddr & 255.255.255.0 != 10.0.5.0 masquerade

#include <linux/netfilter/nf_tables.h>
#include <netinet/ip.h>

#include <cstddef>

#include "lessons/05_net/network.h"

namespace container {
namespace {

// Numbers travel with their high byte first, in this part of netlink.
std::uint32_t number(std::uint32_t value) { return ::htonl(value); }

void add_instruction(Message& rule, const char* name,
                     const std::function<void()>& operands) {
  rule.nest(NFTA_LIST_ELEM, [&] {
    rule.add(NFTA_EXPR_NAME, name);
    rule.nest(NFTA_EXPR_DATA, operands);
  });
}

void add_value(Message& rule, int attribute, in_addr value) {
  rule.nest(attribute, [&] { rule.add(NFTA_DATA_VALUE, value); });
}

}  // namespace

void load(Message& rule, Field address) {
  const auto offset = address == Field::kSource ? offsetof(iphdr, saddr)
                                                : offsetof(iphdr, daddr);
  add_instruction(rule, "payload", [&] {
    rule.add(NFTA_PAYLOAD_DREG, number(NFT_REG_1));
    rule.add(NFTA_PAYLOAD_BASE, number(NFT_PAYLOAD_NETWORK_HEADER));
    rule.add(NFTA_PAYLOAD_OFFSET, number(static_cast<std::uint32_t>(offset)));
    rule.add(NFTA_PAYLOAD_LEN, number(sizeof(in_addr)));
  });
}

void keep_bits(Message& rule, in_addr mask) {
  add_instruction(rule, "bitwise", [&] {
    rule.add(NFTA_BITWISE_SREG, number(NFT_REG_1));
    rule.add(NFTA_BITWISE_DREG, number(NFT_REG_1));
    rule.add(NFTA_BITWISE_LEN, number(sizeof(in_addr)));
    add_value(rule, NFTA_BITWISE_MASK, mask);
    add_value(rule, NFTA_BITWISE_XOR, in_addr{});
  });
}

void compare(Message& rule, int how, in_addr address) {
  add_instruction(rule, "cmp", [&] {
    rule.add(NFTA_CMP_SREG, number(NFT_REG_1));
    rule.add(NFTA_CMP_OP, number(static_cast<std::uint32_t>(how)));
    add_value(rule, NFTA_CMP_DATA, address);
  });
}

void replace_source(Message& rule) {
  add_instruction(rule, "masq", [] {});
}

}  // namespace container
