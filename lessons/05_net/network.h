// Lesson 05: a network of its own
//
// Read:   network_namespaces(7), veth(4), netlink(7), rtnetlink(7), ip(7);
//         docs/05_net.md
// Run:    bazel run //lessons:05_net -- --ip 10.0.5.2/24 ip addr
// Check:  bazel test //tests:05_net
//
// A new network namespace has a loopback that is down, and nothing else. What
// the container needs is made by messages to the kernel, with the classes of
// given/netlink.h. The program sends them, from outside, while the command
// waits:
//
//   the host                           the container
//
//   veth-1a2b3c4d ====================== eth0       lo
//   10.0.5.1, and beyond it 10.0.5.2     10.0.5.2/24, default via 10.0.5.1
//
// given/container_network.cc calls the steps, in this order.

#pragma once

#include <cstdint>
#include <string>

#include "lessons/05_net/given/address.h"
#include "lessons/05_net/given/netlink.h"
#include "lessons/05_net/given/rule.h"
#include "lessons/kit/unique_fd.h"

namespace container {

// Step 05.1. Switches the link called `name` on [on]: "lo", "eth0" or any other
// of the namespace that `in` speaks for [any]. Its other flags stay [flags].
//
// Throws SystemError.
void raise_link(Netlink& in, const std::string& name);

// Step 05.2. Makes a pair of links, of which each sends what the other receives
// [pair]: one here, called `name` [here], and one called eth0 in the namespace
// that is open as `container` [inside]. That one is never here, under whatever
// name [never]: the host may have an eth0 of its own.
//
// here: speaks for the host's namespace. name: at most 15 bytes (IFNAMSIZ).
// Throws SystemError: EEXIST if there is a link of that name, which stays as it
// is [EEXIST].
void make_veth_pair(Netlink& here, const std::string& name, int container);

// Step 05.3. Completes two rules about what the container sends. They are in a
// chain that every frame has to pass which arrives at the host's end of the
// pair, whatever its protocol, and that drops what no rule accepts:
//
//   packets    accepts IPv4 that comes from `own` [packets]: from its hardware
//              address, as the frame says [frame], and from its IP address
//              [source],
//   questions  accepts ARP, by which neighbours ask for each other's hardware
//              address, and tell their own [questions]: from `own`, as the
//              frame says [asker], and as the message in it says [sender].
//
// So nobody in the container can speak for somebody else. Nothing is accepted
// of other protocols [others]: with IPv6, a container could offer itself to the
// host as a gateway (CVE-2020-13401). The rules are sent by the caller.
void accept_own(Message& packets, Message& questions, const Sender& own);

// Step 05.4. Gives the link the address `own` [own], for everywhere [scope],
// and says who else is at the other end: the addresses of the range `reach` can
// be sent to directly [reach].
//
// Throws SystemError, which names the address [names]: EEXIST if the link has
// it already [EEXIST].
void add_address(Netlink& in, const std::string& link, in_addr own,
                 const AddressRange& reach);

// Step 05.5. Everything that no other route is for [rest] goes through the
// link, to `gateway`, which passes it on [gateway].
//
// Throws SystemError, which names the gateway [names]: ENETUNREACH if it cannot
// be reached itself [ENETUNREACH].
void add_default_route(Netlink& in, const std::string& link, in_addr gateway);

// Step 05.6. Completes `rule`, a message that adds a rule to the host's
// tables: packets from the container to anywhere outside of its range leave
// under an address of the host [outside], since nobody knows the container's;
// answers find their way back [back]. Packets within the range stay as they are
// [within], and so do those of everybody else [others].
//
// container: its address, and the range that it is in. The rule is sent by the
// caller.
void masquerade(Message& rule, const AddressRange& container);

// Step 05.7. Returns a socket that listens at a port of the host [listens], at
// all of its IPv4 addresses [all]. It may be a port that was in use until a
// moment ago [again].
//
// Throws SystemError, which names the port [names]: EADDRINUSE if somebody else
// listens there [EADDRINUSE], be it one who would share it.
kit::UniqueFd listen_at(std::uint16_t port);

}  // namespace container
