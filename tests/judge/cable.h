// Cables between networks: pairs of links that the judge makes, where a lesson
// needs a neighbour or another computer. And what it changes of other links.

#pragma once

#include <string>

#include "tests/judge/network.h"

namespace judge {

// Lays a cable between two networks: a link of that name with that address, in
// each of them. They go when one of the networks does, or with remove_link().
struct End {
  const Network& network;
  std::string link;
  std::string address;  // "192.168.7.1"
  unsigned length = 24;
};
void lay_cable(const End& here, const End& there);

// One more address, of the same length, for a link that has one.
void add_second_address(const End& end, const std::string& address);

// Takes an address from a link.
void remove_address(const End& end);

// Sets exactly these flags of a link: IFF_UP, ...
void set_flags(const Network& network, const std::string& link, unsigned flags);

// A way to one address, or to "default", all others.
void add_route(const Network& network, const std::string& to,
               const std::string& via);

// Makes a link that leads nowhere, in the guest.
void make_link(const std::string& name);

// Removes a link of the guest.
void remove_link(const std::string& name);

}  // namespace judge
