#include "lessons/05_net/given/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include "lessons/kit/check.h"
#include "lessons/kit/parse.h"

namespace container {
namespace {

std::uint16_t parse_port(std::string_view text) {
  return static_cast<std::uint16_t>(kit::parse_number(text, 1, 65535));
}

}  // namespace

in_addr parse_address(std::string_view text) {
  in_addr address{};
  if (::inet_pton(AF_INET, std::string(text).c_str(), &address) != 1) {
    kit::fail("\"{}\" is not an IPv4 address, like 10.0.5.2", text);
  }
  return address;
}

AddressRange parse_range(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == text.npos) {
    kit::fail("\"{}\" is not an address with a length, like 10.0.5.2/24", text);
  }
  AddressRange range;
  range.address = parse_address(text.substr(0, slash));
  range.length =
      static_cast<unsigned>(kit::parse_number(text.substr(slash + 1), 8, 30));
  return range;
}

PublishedPort parse_published_port(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == text.npos) {
    kit::fail("\"{}\" is not of the form HOST:CONTAINER, like 8080:80", text);
  }
  return {parse_port(text.substr(0, colon)),
          parse_port(text.substr(colon + 1))};
}

std::string to_text(in_addr address) {
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, &address, text, sizeof text);
}

std::string to_text(const AddressRange& range) {
  return fmt::format("{}/{}", to_text(range.address), range.length);
}

in_addr netmask(unsigned length) {
  const auto ones = ~std::uint64_t{0} << (32 - length);
  return {::htonl(static_cast<std::uint32_t>(ones))};
}

in_addr network_of(const AddressRange& range) {
  return {range.address.s_addr & netmask(range.length).s_addr};
}

in_addr nth_address(const AddressRange& range, unsigned n) {
  return {::htonl(::ntohl(network_of(range).s_addr) + n)};
}

bool is_usable(in_addr address, const AddressRange& range) {
  const auto number = ::ntohl(address.s_addr);
  const auto first = ::ntohl(network_of(range).s_addr);
  const auto last =
      ::ntohl(network_of(range).s_addr | ~netmask(range.length).s_addr);
  const auto high = number >> 24;
  return number > first && number < last && high != 0 && high != 127 &&
         high < 224;
}

sockaddr_in socket_address(in_addr address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_addr = address;
  result.sin_port = ::htons(port);
  return result;
}

}  // namespace container
