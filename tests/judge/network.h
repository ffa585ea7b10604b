// Network namespaces, read and used from inside each of them. See also
// connection.h, cable.h and network_events.h.
//
//   const auto inside = judge::Network::of(box.command().pid());
//   CHECK(inside.links().at("eth0").addresses.contains("10.0.5.2/24"));
//
// A socket belongs to the namespace that it was made in. So the judge needs no
// helper in a container to be its server or its client: it makes a socket
// there.

#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <ostream>
#include <set>
#include <string>

#include "lessons/kit/unique_fd.h"

namespace judge {

struct Link {
  int index = 0;
  std::string kind;                 // "veth", or "" for a loopback.
  int peer = 0;                     // The index of its other end, or 0.
  bool up = false;                  // It is switched on,
  bool carrier = false;             // and so is its other end.
  unsigned flags = 0;               // All of its flags: netdevice(7).
  std::string hardware;             // Its hardware address: six bytes.
  std::set<std::string> addresses;  // "10.0.5.2/24", "10.0.5.1 to 10.0.5.2/32";
                                    // "127.0.0.1/8 scope host" if not for all.
};

// An IPv4 route of the main table. Printed as ip(8) does: "default via 10.0.5.1
// dev eth0", "10.0.5.0/24 dev eth0".
struct Route {
  std::string to;    // "10.0.5.0/24", "10.0.5.2" for one address, or "default".
  std::string via;   // The gateway, or "" where there are neighbours.
  std::string link;  // "eth0".

  // clang-tidy 14 takes the zero that the compiler puts in for a pointer.
  auto operator<=>(const Route&) const = default;  // NOLINT
  friend std::ostream& operator<<(std::ostream& out, const Route& route);
};

class Network {
 public:
  static Network host();         // The lab guest's own.
  static Network of(pid_t pid);  // That of a process.
  static Network make();         // A new one: another computer, so to say.

  [[nodiscard]] std::map<std::string, Link> links() const;

  [[nodiscard]] std::set<Route> routes() const;

  // Who is at the other end of that link, as ARP messages have told it: IPv4
  // addresses, and the hardware address of each.
  [[nodiscard]] std::map<std::string, std::string> neighbours(
      const std::string& link) const;

  // The tables of nf_tables: "ip container-kit-10.0.5.2".
  [[nodiscard]] std::set<std::string> tables() const;

  // How many rules they have.
  [[nodiscard]] int number_of_rules() const;

  // Sockets: connection.cc.

  // A socket in there that listens at a port of all its addresses.
  [[nodiscard]] kit::UniqueFd listen(std::uint16_t port) const;

  // What a client there gets who connects to that address: a connected socket,
  // or nothing, and then why: "Connection refused", ...
  struct Call {
    kit::UniqueFd socket;
    std::string error;
  };
  // own: the address to call from, or "" for any.
  [[nodiscard]] Call call(const std::string& address, std::uint16_t port,
                          const std::string& own = "") const;

  // A socket in there that receives UDP, of IPv4 and IPv6.
  [[nodiscard]] kit::UniqueFd listen_udp(std::uint16_t port) const;

  // Sends a frame (frame.h) through a link in there, as it is: packet(7). Those
  // of one pair of links arrive in the order in which they were sent.
  void send_frame(const std::string& link, const std::string& frame) const;

  // For IFLA_NET_NS_FD and setns(2). The network's own.
  [[nodiscard]] int descriptor() const { return fd_.get(); }

  // Runs `task` in there.
  void run(const std::function<void()>& task) const;

 private:
  explicit Network(kit::UniqueFd fd) : fd_(std::move(fd)) {}

  kit::UniqueFd fd_;
};

}  // namespace judge
