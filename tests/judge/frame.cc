#include "tests/judge/frame.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>

#include <stdexcept>

#include "tests/judge/random.h"

namespace judge {
namespace {

const std::string kEverybody(ETH_ALEN, '\xff');

// Numbers travel with their high byte first.
std::string number(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

// The bytes of an address: 4 for IPv4, 16 for IPv6.
std::string bytes_of(const std::string& address) {
  const bool is_new = address.find(':') != std::string::npos;
  char bytes[sizeof(in6_addr)];
  if (::inet_pton(is_new ? AF_INET6 : AF_INET, address.c_str(), bytes) != 1) {
    throw std::invalid_argument(address + " is not an address");
  }
  return {bytes, is_new ? sizeof(in6_addr) : sizeof(in_addr)};
}

// RFC 1071: the sum of all pairs of bytes, in ones' complement.
std::string checksum(std::string bytes) {
  if (bytes.size() % 2 != 0) bytes += '\0';
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<unsigned char>(bytes[i]) << 8;
    sum += static_cast<unsigned char>(bytes[i + 1]);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return number(~sum & 0xffff);
}

std::string udp(const Datagram& datagram, const std::string& ends) {
  const auto length =
      static_cast<unsigned>(sizeof(udphdr) + datagram.word.size());
  const auto head =
      number(datagram.port) + number(datagram.port) + number(length);
  // The sum is over the addresses, too.
  const auto sum = checksum(ends + number(IPPROTO_UDP) + number(length) + head +
                            number(0) + datagram.word);
  return head + sum + datagram.word;
}

std::string ipv4(const std::string& ends, const std::string& content) {
  const auto length = static_cast<unsigned>(sizeof(iphdr) + content.size());
  // Version and length of the header, no fragment, 64 hops at most.
  const auto head = number(0x4500) + number(length) + number(0) + number(0) +
                    number(64 << 8 | IPPROTO_UDP);
  return head + checksum(head + number(0) + ends) + ends + content;
}

std::string ipv6(const std::string& ends, const std::string& content) {
  return number(0x6000) + number(0) +
         number(static_cast<unsigned>(content.size())) +
         number(IPPROTO_UDP << 8 | 64) + ends + content;
}

}  // namespace

std::string random_hardware() {
  std::string bytes = "\x02";  // Chosen, not given by who has made the card.
  while (bytes.size() < ETH_ALEN) {
    bytes += static_cast<char>(random_number(0, 255));
  }
  return bytes;
}

std::string to_frame(const Datagram& datagram) {
  const auto ends = bytes_of(datagram.source) + bytes_of(datagram.target);
  const bool is_new = ends.size() > 2 * sizeof(in_addr);
  const auto content = udp(datagram, ends);
  return kEverybody + datagram.hardware +
         (is_new ? number(ETHERTYPE_IPV6) + ipv6(ends, content)
                 : number(ETHERTYPE_IP) + ipv4(ends, content));
}

std::string to_frame(const Question& question) {
  return kEverybody + question.hardware + number(ETHERTYPE_ARP) +
         number(ARPHRD_ETHER) + number(ETHERTYPE_IP) +
         number(ETH_ALEN << 8 | sizeof(in_addr)) + number(ARPOP_REQUEST) +
         question.claimed_hardware + bytes_of(question.claimed_address) +
         std::string(ETH_ALEN, '\0') + bytes_of(question.target);
}

}  // namespace judge
