// Lesson 05: a network of its own
//
// Read:   network_namespaces(7), veth(4), netlink(7), rtnetlink(7), ip(7);
//         docs/05_net.md
// Run:    bazel run //lessons:05_net -- --ip 10.0.5.2/24 ip addr
// Check:  bazel test //tests:05_net
//
// A new network namespace has a loopback that is down, and nothing else. What
// the container needs is made by messages to the kernel, with the classes of
// netlink.h. The program sends them, from outside, while the command waits:
//
//   the machine                        the container
//
//   veth-1a2b3c4d ====================== eth0       lo
//   10.0.5.1, and beyond it 10.0.5.2     10.0.5.2/24, default via 10.0.5.1
//
// connection.cc calls the steps, in this order.

#pragma once

#include <cstdint>
#include <string>

#include "lessons/05_net/address.h"
#include "lessons/05_net/netlink.h"
#include "lessons/kit/unique_fd.h"

namespace container {

// Step 05.1. Switches the link called `name` on: "lo", "eth0", ...
//
// in: speaks for the namespace that the link is in. Throws SystemError.
void raise_link(Netlink& in, const std::string& name);

// Step 05.2. Makes a pair of links, of which each sends what the other
// receives: one here, called `name`, and one called eth0 in the namespace that
// is open as `container`. It is never anywhere else: the machine may have an
// eth0 of its own.
//
// here: speaks for the machine's namespace. name: at most 15 bytes (IFNAMSIZ).
// Throws SystemError: EEXIST if there is a link of that name.
void make_veth_pair(Netlink& here, const std::string& name, int container);

// Step 05.3. Gives the link the address `own`, and says who else is at the
// other end: the addresses of the range `reach` can be sent to directly.
//
// Throws SystemError: EEXIST if the link has the address already.
void add_address(Netlink& in, const std::string& link, in_addr own,
                 const Range& reach);

// Step 05.4. Everything that no other route is for goes through the link, to
// `gateway`, which passes it on.
//
// Throws SystemError: ENETUNREACH if the gateway itself cannot be reached.
void add_default_route(Netlink& in, const std::string& link, in_addr gateway);

// Step 05.5. Completes `rule`, a message that adds a rule to the machine's
// tables: packets from the container to anywhere outside of its range leave
// under an address of the machine, since nobody knows the container's; answers
// find their way back. All other packets stay as they are.
//
// container: its address, and the range that it is in. Doesn't throw.
void masquerade(Message& rule, const Range& container);

// Step 05.6. Returns a socket that listens at a port of the machine, at all of
// its addresses. A port that was in use until a moment ago can be had.
//
// Throws SystemError: EADDRINUSE if somebody else listens there.
kit::UniqueFd listen_at(std::uint16_t port);

// ---- Given: what rules are made of (rule.cc) -------------------------------

// A rule is a small program that is run for every packet, with registers: these
// functions add its instructions. A comparison that does not hold ends it.
//
//   rule.nest(NFTA_RULE_EXPRESSIONS, [&] {
//     load(rule, Field::kSource);
//     compare(rule, NFT_CMP_EQ, parse_address("192.168.0.9"));
//     replace_source(rule);
//   });
enum class Field { kSource, kDestination };
void load(Message& rule, Field address);      // Into the register ...
void keep_bits(Message& rule, in_addr mask);  // ... which this cuts down,
void compare(Message& rule, int how, in_addr address);  // and this looks at.
void replace_source(Message& rule);  // By the address of where it leaves.

}  // namespace container
