// Judges lesson 05, step 05.3: nobody in the container can speak for somebody
// else. The judge sends from there whatever it likes, with raw sockets.

#include <arpa/inet.h>
#include <fmt/format.h>

#include <cstring>

#include "tests/05_net/net.h"

namespace {

using net::Network;
using net::random_place;
using net::random_port;

// The end eth0 of a link to the host, through which anything can be sent, and a
// host that listens.
class Wire {
 public:
  // link: the host's end. target: an address of the host.
  Wire(const Network& network, std::string link, std::string target)
      : network_(network), link_(std::move(link)), target_(std::move(target)) {}

  [[nodiscard]] const std::string& hardware() const { return hardware_; }

  // Sends a datagram, and returns the word that is in it.
  std::string say(const std::string& hardware, const std::string& source,
                  const std::string& target) const {
    const auto word = judge::random_name();
    network_.send_frame("eth0", to_frame(judge::Datagram{hardware, source,
                                                         target, port_, word}));
    return word;
  }
  std::string say(const std::string& hardware,
                  const std::string& source) const {
    return say(hardware, source, target_);
  }

  // What has been said and has arrived, until `last` does.
  std::set<std::string> heard(const std::string& last) const {
    std::set<std::string> words;
    while (!words.contains(last)) {
      char word[64];
      const auto size = judge::receive(listener_, word, sizeof word);
      if (size <= 0) break;  // It does not come.
      words.emplace(word, static_cast<std::size_t>(size));
    }
    return words;
  }

  // Asks who has the host's address, in the name of others.
  void ask(const std::string& hardware, const std::string& claimed_hardware,
           const std::string& claimed_address) const {
    network_.send_frame("eth0",
                        to_frame(judge::Question{hardware, claimed_hardware,
                                                 claimed_address, target_}));
  }

  // Whom the host takes for its neighbours at this link.
  [[nodiscard]] std::map<std::string, std::string> neighbours() const {
    return Network::host().neighbours(link_);
  }

 private:
  const Network& network_;
  std::string link_, target_;
  std::string hardware_ = network_.links().at("eth0").hardware;
  std::uint16_t port_ = random_port();
  kit::UniqueFd listener_ = Network::host().listen_udp(port_);
};

// An IPv6 address that has, where IPv4 has the source, the bytes of `hidden`.
std::string ipv6_with(const std::string& hidden) {
  in_addr address{};
  REQUIRE(::inet_pton(AF_INET, hidden.c_str(), &address) == 1);
  const auto number = ::ntohl(address.s_addr);
  return fmt::format("fe80:0:{:x}:{:x}::1", number >> 16, number & 0xffff);
}

// An IPv6 address that has, where an ARP message says whom it is from, this.
std::string ipv6_with(const std::string& hardware, const std::string& address) {
  in_addr number{};
  REQUIRE(::inet_pton(AF_INET, address.c_str(), &number) == 1);
  in6_addr bytes{};
  hardware.copy(reinterpret_cast<char*>(&bytes), hardware.size());
  std::memcpy(reinterpret_cast<char*>(&bytes) + hardware.size(), &number,
              sizeof number);
  bytes.s6_addr[sizeof bytes - 1] = 1;
  char text[INET6_ADDRSTRLEN];
  return ::inet_ntop(AF_INET6, &bytes, text, sizeof text);
}

// The program, held when the rules of step 05.3 are there.
void go_on_until_bound(net::Stepwise& program) {
  const auto before = Network::host().number_of_rules();
  HINT(
      "The kernel has not got the two rules of step 05.3. Are the instructions "
      "of each nested in its NFTA_RULE_EXPRESSIONS?");
  REQUIRE(program.goes_on_until(
      [&] { return Network::host().number_of_rules() == before + 2; }));
}

}  // namespace

TEST_CASE("05: packets from the container have its address",
          "[05.3][points:3][packets][frame][source][others]") {
  const net::Neighbour neighbour;
  const auto place = random_place();
  net::Stepwise program(place.with_ip());
  go_on_until_bound(program);
  const auto inside = program.inside().value();
  const auto foreign = judge::random_hardware();

  // What the host hears of what is sent through a link.
  const auto heard = [&](const Network& from, const std::string& link) {
    const Wire wire(from, link, neighbour.near);
    const auto& own = wire.hardware();
    const std::map<std::string, std::string> words{
        {"a neighbour's address", wire.say(own, place.next().ip)},
        {"another hardware address", wire.say(foreign, place.ip)},
        {"IPv6", wire.say(own, ipv6_with(place.ip), "ff02::1")},
        {"IPv6 like ARP", wire.say(own, ipv6_with(own, place.ip), "ff02::1")},
        {"its own", wire.say(own, place.ip)}};
    const auto arrived = wire.heard(words.at("its own"));
    std::set<std::string> result;
    for (const auto& [name, word] : words) {
      if (arrived.contains(word)) result.insert(name);
    }
    return result;
  };
  // Where nobody looks, all of it arrives.
  CHECK(heard(neighbour.network, "uplink").size() == 5);

  const auto arrived = heard(inside, net::containers_link());
  HINT(
      "What the container sends under its own addresses must pass: the rule "
      "`packets` is to end with accept().");
  REQUIRE(arrived.contains("its own"));
  HINT(
      "A packet with a neighbour's address as its source has been delivered: "
      "compare the packet's source.");
  CHECK(!arrived.contains("a neighbour's address"));
  HINT(
      "A frame from another hardware address has been delivered: compare the "
      "frame's source.");
  CHECK(!arrived.contains("another hardware address"));
  HINT(
      "IPv6 has been delivered. Who looks for an IPv4 address in it finds what "
      "the sender has put there: compare the frame's protocol first.");
  CHECK(!arrived.contains("IPv6"));
  HINT(
      "IPv6 has been delivered that has, where an ARP message says whom it is "
      "from, the right bytes: `questions` is to compare the frame's protocol, "
      "too.");
  CHECK(!arrived.contains("IPv6 like ARP"));
}

TEST_CASE("05: the container tells its own address, and no other one",
          "[05.3][points:3][questions][asker][sender]") {
  const net::Neighbour neighbour;
  const auto place = random_place();
  const auto other = place.next().ip;
  const auto foreign = judge::random_hardware();
  net::Stepwise program(place.with_ip());
  go_on_until_bound(program);
  const auto inside = program.inside().value();
  using Known = std::map<std::string, std::string>;

  const auto target = neighbour.near;
  const Wire cable(neighbour.network, "uplink", target);
  cable.ask(foreign, cable.hardware(), neighbour.place.nth(7));
  cable.ask(cable.hardware(), foreign, neighbour.place.nth(8));
  (void)cable.heard(cable.say(cable.hardware(), neighbour.far));
  // Where nobody looks, the host believes all of it.
  CHECK(cable.neighbours() == Known{{neighbour.place.nth(7), cable.hardware()},
                                    {neighbour.place.nth(8), foreign}});

  const Wire wire(inside, net::containers_link(), target);
  const auto& own = wire.hardware();
  const auto after = [&] {
    (void)wire.heard(wire.say(own, place.ip));
    return wire.neighbours();
  };
  wire.ask(own, own, other);
  HINT(
      "The container has told the host that a neighbour's address is its own, "
      "by ARP: compare kArpSender.");
  CHECK(after() == Known{});
  wire.ask(own, foreign, place.ip);
  HINT(
      "The container has told the host, by ARP, that its address is at another "
      "hardware address: compare kArpHardwareSender.");
  CHECK(after() == Known{});
  wire.ask(foreign, own, place.ip);
  HINT(
      "An ARP message in a frame from another hardware address has been "
      "delivered: compare kFrameSource.");
  CHECK(after() == Known{});
  wire.ask(own, own, place.ip);
  HINT(
      "Without ARP the container finds nobody: the rule `questions` is to end "
      "with accept(), and its protocol is ETH_P_ARP.");
  CHECK(after() == Known{{place.ip, own}});
}
