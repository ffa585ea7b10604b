// Frames as a program with a raw socket can make them, for
// Network::send_frame(): nothing in them has to be true.

#pragma once

#include <cstdint>
#include <string>

namespace judge {

// A hardware address that nobody has: six bytes.
std::string random_hardware();

// A UDP datagram to every host at the other end of the link. It is of IPv6 if
// the addresses are.
struct Datagram {
  std::string hardware;  // Who the frame says that it is from: six bytes.
  std::string source;    // The IP address that it says it is from: "10.0.5.2".
  std::string target;
  std::uint16_t port;
  std::string word;  // What it says.
};
std::string to_frame(const Datagram& datagram);

// An ARP message that asks everybody for the hardware address of `target`.
struct Question {
  std::string hardware;          // Who the frame says that it is from.
  std::string claimed_hardware;  // Who the message says that it is from.
  std::string claimed_address;
  std::string target;
};
std::string to_frame(const Question& question);

}  // namespace judge
