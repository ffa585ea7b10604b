// Given: IPv4 addresses and ports, as options write them.

#pragma once

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace container {

// "10.0.5.2/24": an address, and all those that have the same first 24 bits.
struct AddressRange {
  in_addr address{};
  unsigned length = 32;
};

// The hardware address (MAC) of a link. What is sent on a link travels in
// frames, each of which says from and to which hardware address it is.
using HardwareAddress = std::array<std::uint8_t, 6>;

// Who may send on a link.
struct Sender {
  HardwareAddress hardware{};
  in_addr address{};
};

// "8080:80": a port of the host that stands for one of the container.
struct PublishedPort {
  std::uint16_t host = 0;
  std::uint16_t container = 0;
};

// These throw std::runtime_error, which quotes the text.
in_addr parse_address(std::string_view text);
AddressRange parse_range(std::string_view text);  // The length is 8 to 30.
PublishedPort parse_published_port(std::string_view text);

std::string to_text(in_addr address);
std::string to_text(const AddressRange& range);

// 24 -> 255.255.255.0
in_addr netmask(unsigned length);

// The first address of the range, 10.0.5.0, which stands for all of it.
in_addr network_of(const AddressRange& range);

// The address that is `n` after the first one.
in_addr nth_address(const AddressRange& range, unsigned n);

// Can a host of the range have this address? Not the first and the last,
// and none that means something else everywhere (127.0.0.1, 224.0.0.1).
bool is_usable(in_addr address, const AddressRange& range);

inline bool operator==(in_addr left, in_addr right) {
  return left.s_addr == right.s_addr;
}

// For bind() and connect(). A port travels with its high byte first.
sockaddr_in socket_address(in_addr address, std::uint16_t port);

}  // namespace container
