// Network namespaces, read and used from inside each of them.
//
//   const auto inside = judge::Network::of(box.command().pid());
//   CHECK(inside.links().at("eth0").addresses.contains("10.0.5.2/24"));
//
// A socket belongs to the namespace that it was made in. So the judge needs no
// helper in a container to be its server or its client: it makes a socket
// there.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lessons/kit/unique_fd.h"

namespace judge {

struct Link {
  int index = 0;
  std::string kind;                 // "veth", or "" for a loopback.
  int peer = 0;                     // The index of its other end, or 0.
  bool up = false;                  // It is switched on,
  bool carrier = false;             // and so is its other end.
  std::string hardware;             // Its hardware address: six bytes.
  std::set<std::string> addresses;  // "10.0.5.2/24", "10.0.5.1 to 10.0.5.2/32"
};

class Network {
 public:
  static Network machine();      // The lab machine's own.
  static Network of(pid_t pid);  // That of a process.
  static Network make();         // A new one: another computer, so to say.

  [[nodiscard]] std::map<std::string, Link> links() const;

  // The IPv4 routes of the main table, as ip(8) words them: "default via
  // 10.0.5.1 dev eth0", "10.0.5.0/24 dev eth0".
  [[nodiscard]] std::set<std::string> routes() const;

  // Who is at the other end of that link, as ARP messages have told it: IPv4
  // addresses, and the hardware address of each.
  [[nodiscard]] std::map<std::string, std::string> neighbours(
      const std::string& link) const;

  // The tables of nf_tables: "ip container-kit-10.0.5.2".
  [[nodiscard]] std::set<std::string> tables() const;

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

  // Runs `task` in there.
  void run(const std::function<void()>& task) const;

 private:
  explicit Network(kit::UniqueFd fd) : fd_(std::move(fd)) {}

  kit::UniqueFd fd_;
};

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

// Removes a link of the machine.
void remove_link(const std::string& name);

// The next caller at a listening socket, and the address that it seems to have.
// Nobody, after some seconds.
struct Caller {
  kit::UniqueFd socket;
  std::string address;
};
std::optional<Caller> answer(const kit::UniqueFd& listener);

// Waits some seconds for something to come, and receives it, as recv(2) does.
ssize_t receive(const kit::UniqueFd& socket, char* bytes, std::size_t size);

// Does what is sent at one end come out at the other, in both directions?
bool can_talk(const kit::UniqueFd& left, const kit::UniqueFd& right);

// What the kernel tells about links, addresses and routes while this exists: in
// the machine, and in every namespace that is at the other end of one of its
// links. So what was there can be judged although it has gone again: a program
// that fails in a later step takes everything with it.
class NetworkEvents {
 public:
  NetworkEvents();

  // "eth0 is a veth", "eth0 is up", "eth0 has a carrier", "eth0 has
  // 10.0.5.2/24", and routes as in Network::routes().
  [[nodiscard]] const std::set<std::string>& here() const;
  [[nodiscard]] const std::set<std::string>& inside() const;

  // For poll(2): readable when there is something new.
  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  void receive() const;

  kit::UniqueFd socket_;
  // By namespace (-1: the machine's) and index.
  mutable std::map<std::pair<int, int>, std::string> names_;
  mutable std::set<std::string> here_, inside_;
};

}  // namespace judge
