// Given: what rules of nf_tables are made of, for steps 05.3 and 05.6.
//
// A rule is a small program that is run for every packet, with registers: these
// functions add its instructions. A comparison that does not hold ends it.
//
//   rule.nest(NFTA_RULE_EXPRESSIONS, [&] {
//     load(rule, Field::kSource);
//     compare(rule, NFT_CMP_EQ, parse_address("192.168.0.9"));
//     replace_source(rule);
//   });

#pragma once

#include <netinet/in.h>

#include <cstdint>

#include "lessons/05_net/given/address.h"
#include "lessons/05_net/given/netlink.h"

namespace container {

enum class Field {
  kFrameSource,  // A frame's hardware address, and what is in it: ETH_P_IP, ...
  kFrameProtocol,
  kSource,  // The addresses of an IPv4 packet.
  kDestination,
  kArpHardwareSender,  // Who an ARP message says that it is from.
  kArpSender,
};
void load(Message& rule, Field field);        // Into the register ...
void keep_bits(Message& rule, in_addr mask);  // ... which this cuts down,

// ... and one of these looks at. how: NFT_CMP_EQ or NFT_CMP_NEQ.
void compare(Message& rule, int how, in_addr address);
void compare(Message& rule, int how, const HardwareAddress& address);
void compare(Message& rule, int how, std::uint16_t protocol);

void accept(Message& rule);          // Lets the packet pass.
void replace_source(Message& rule);  // By the address of where it leaves.

}  // namespace container
