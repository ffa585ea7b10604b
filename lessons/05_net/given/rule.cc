// The man page of nf_tables, nft(8), knows these instructions under other
// names:
//
//   ip saddr 10.0.5.2 ip daddr & 255.255.255.0 != 10.0.5.0 masquerade

#include "lessons/05_net/given/rule.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/ethernet.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>

#include <cstddef>

#include "lessons/kit/check.h"

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

void add_value(Message& rule, int attribute, const auto& value) {
  rule.nest(attribute, [&] { rule.add(NFTA_DATA_VALUE, value); });
}

void add_comparison(Message& rule, int how, const auto& value) {
  add_instruction(rule, "cmp", [&] {
    rule.add(NFTA_CMP_SREG, number(NFT_REG_1));
    rule.add(NFTA_CMP_OP, number(static_cast<std::uint32_t>(how)));
    add_value(rule, NFTA_CMP_DATA, value);
  });
}

// Where a field is: behind which header's beginning, and how long.
struct Location {
  std::uint32_t base;
  std::size_t offset, length;
};

Location location_of(Field field) {
  constexpr auto kFrame = NFT_PAYLOAD_LL_HEADER;
  constexpr auto kContent = NFT_PAYLOAD_NETWORK_HEADER;
  switch (field) {
    case Field::kFrameSource:
      return {kFrame, offsetof(ether_header, ether_shost), ETH_ALEN};
    case Field::kFrameProtocol:
      return {kFrame, offsetof(ether_header, ether_type), ETHER_TYPE_LEN};
    case Field::kSource:
      return {kContent, offsetof(iphdr, saddr), sizeof(in_addr)};
    case Field::kDestination:
      return {kContent, offsetof(iphdr, daddr), sizeof(in_addr)};
    case Field::kArpHardwareSender:
      return {kContent, offsetof(ether_arp, arp_sha), ETH_ALEN};
    case Field::kArpSender:
      return {kContent, offsetof(ether_arp, arp_spa), sizeof(in_addr)};
  }
  kit::fail("there is no such field");
}

}  // namespace

void load(Message& rule, Field field) {
  const auto [base, offset, length] = location_of(field);
  add_instruction(
      rule, "payload", [&, base = base, offset = offset, length = length] {
        rule.add(NFTA_PAYLOAD_DREG, number(NFT_REG_1));
        rule.add(NFTA_PAYLOAD_BASE, number(base));
        rule.add(NFTA_PAYLOAD_OFFSET,
                 number(static_cast<std::uint32_t>(offset)));
        rule.add(NFTA_PAYLOAD_LEN, number(static_cast<std::uint32_t>(length)));
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
  add_comparison(rule, how, address);
}

void compare(Message& rule, int how, const HardwareAddress& address) {
  add_comparison(rule, how, address);
}

void compare(Message& rule, int how, std::uint16_t protocol) {
  add_comparison(rule, how, ::htons(protocol));
}

void accept(Message& rule) {
  add_instruction(rule, "immediate", [&] {
    rule.add(NFTA_IMMEDIATE_DREG, number(NFT_REG_VERDICT));
    rule.nest(NFTA_IMMEDIATE_DATA, [&] {
      rule.nest(NFTA_DATA_VERDICT,
                [&] { rule.add(NFTA_VERDICT_CODE, number(NF_ACCEPT)); });
    });
  });
}

void replace_source(Message& rule) {
  add_instruction(rule, "masq", [] {});
}

}  // namespace container
