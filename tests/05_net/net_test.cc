// Judges lesson 05: lessons/05_net/network.h is the contract.
//
// Steps 1 to 4 are judged by what the kernel tells while the program sends its
// messages (judge::NetworkEvents). For if a later step is wrong, the program
// ends, and with it goes what the earlier ones have made. Whether packets get
// through, the judge tries by itself, with sockets of its own in all networks.

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>

#include "tests/judge/judge.h"

namespace {

using judge::exited;
using judge::Network;
using Options = std::vector<std::string>;

// A container's place, with an address that nobody can guess.
struct Place {
  std::string prefix;  // "10.7.32."
  unsigned length;
  std::string ip, gateway;

  [[nodiscard]] std::string range() const {
    return fmt::format("{}/{}", ip, length);
  }
  [[nodiscard]] Options with_ip() const { return {"--ip", range()}; }
  [[nodiscard]] Options with_gateway() const {
    return {"--ip", range(), "--gateway", gateway};
  }
  [[nodiscard]] Options publishing(std::uint16_t host,
                                   std::uint16_t inside) const {
    return {"--ip", range(), "--publish", fmt::format("{}:{}", host, inside)};
  }

  // Another one in the same range, with the same gateway.
  [[nodiscard]] Place next() const {
    auto other = *this;
    other.ip = prefix + std::to_string(judge::random_number(10, 14));
    return other;
  }
};

Place random_place() {
  Place place;
  place.prefix = fmt::format("10.{}.{}.", judge::random_number(1, 250),
                             judge::random_number(0, 15) * 16);
  place.length = static_cast<unsigned>(judge::random_number(20, 28));
  place.gateway = place.prefix + std::to_string(judge::random_number(1, 4));
  place.ip = place.prefix + std::to_string(judge::random_number(5, 9));
  return place;
}

std::uint16_t random_port() {
  return static_cast<std::uint16_t>(judge::random_number(1025, 30000));
}

// Starts the program with these options. Its command is the probe, in the
// host's own root.
judge::Box start_networked(const Options& options) {
  judge::How how;
  how.with_root = false;
  return judge::start(options, how);
}

Network network_of(const judge::Box& box) {
  return Network::of(box.command().pid());
}

// Runs the program with a command that ends with 0 at once, if it is run at
// all.
judge::Result run_with(Options options,
                       const judge::Circumstances& circumstances = {}) {
  options.insert(options.end(), {"--", judge::guest().probe(), "exit", "0"});
  return judge::run(options, circumstances);
}

void check_refused(const judge::Result& result, const std::string& named) {
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(named));
}

std::string forwarding() {
  return judge::trimmed(
      judge::read_file(judge::guest().proc(), "sys/net/ipv4/ip_forward")
          .value_or(""));
}

// No program can change whether the host forwards, until end() or the end of
// the case.
class ForwardingIsFixed {
 public:
  ForwardingIsFixed() {
    REQUIRE(judge::guest().on_stage([] {
      return ::mount(kFile, kFile, nullptr, MS_BIND, nullptr) == 0 &&
             ::mount(nullptr, kFile, nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY,
                     nullptr) == 0;
    }));
  }
  void end() {
    REQUIRE(judge::guest().on_stage(
        [] { return ::umount2(kFile, MNT_DETACH) == 0; }));
  }

 private:
  static constexpr const char* kFile = "/proc/sys/net/ipv4/ip_forward";
};

// Where the program keeps what forwarding was before.
constexpr char kForwardingBefore[] = "/run/container-kit/ip_forward";

// Another computer, behind a cable that ends in the host.
struct Neighbour {
  std::string prefix = fmt::format("192.168.{}.", judge::random_number(0, 250));
  Network host = Network::host();
  Network network = Network::make();
  judge::End near_end{host, "uplink", prefix + "1"};
  judge::End far_end{network, "eth0", prefix + "2"};

  Neighbour() { judge::lay_cable(near_end, far_end); }
  ~Neighbour() { judge::remove_link("uplink"); }
};

// The network that the program has made for the container, also if it stopped
// at a step before the command could run.
Network container_of(const judge::Box& box) {
  for (const auto& each : judge::descendants_of(box.program().pid())) {
    const auto kinds = judge::Process(each.pid).own_namespaces();
    if (kinds.contains("net")) return Network::of(each.pid);
  }
  FAIL("No process has a network namespace of its own.");
  throw std::logic_error("not reached");
}

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

// The host's end of the one container that there is.
std::string containers_link() {
  for (const auto& [name, link] : Network::host().links()) {
    if (name.starts_with("veth-")) return name;
  }
  FAIL("The host has no link to the container.");
  return "";
}

// Kills the program, and waits until its command has ended, too.
//
// A socket that the judge has in a container keeps its network alive, and the
// one to the probe is such a socket: what is left can be seen without the Box.
void kill(const judge::Box& box) {
  const auto& command = box.command();
  box.send_signal(SIGKILL);
  (void)box.wait();
  HINT("The program was killed, and its command goes on.");
  CHECK(box.becomes_true([&] { return !command.exists(); }));
}

// The links of the host that were not there before.
std::vector<std::string> new_links(
    const std::map<std::string, judge::Link>& now,
    const std::map<std::string, judge::Link>& before) {
  std::vector<std::string> names;
  for (const auto& [name, link] : now) {
    if (!before.contains(name)) names.push_back(name);
  }
  return names;
}

}  // namespace

// ---- What is given ---------------------------------------------------------

TEST_CASE("05: an unwritten step ends the program with 75", "[given]") {
  const auto result =
      run_with(random_place().with_gateway(), {.hold_at_todo = false});

  if (result.ending != exited(75)) {
    SUCCEED("All steps are written.");
    return;
  }
  HINT("A skeleton says which step is next, and nothing else.");
  CHECK(result.is_one_line());
}

TEST_CASE("05: options that are wrong are errors", "[given]") {
  const auto before = judge::Host::now();
  for (const auto& options :
       std::vector<Options>{{"--no-such-option"},
                            {"--ip"},
                            {"--ip", ""},
                            {"--ip", "10.0.5.2"},
                            {"--ip", "10.0.5.2/"},
                            {"--ip", "10.0.5.2/33"},
                            {"--ip", "10.0.5.2/31"},
                            {"--ip", "10.0.5.2/7"},
                            {"--ip", "10.0.5.2/-24"},
                            {"--ip", "10.0.5/24"},
                            {"--ip", "10.0.5.256/24"},
                            {"--ip", "fe80::1/64"},
                            {"--ip", "10.0.5.0/24"},
                            {"--ip", "10.0.5.255/24"},
                            {"--ip", "127.0.0.5/8"},
                            {"--ip", "224.0.0.5/24"},
                            {"--ip", "10.0.5.2/24", "--ip", "10.0.5.3/24"},
                            {"--gateway", "10.0.5.1"},
                            {"--ip", "10.0.5.2/24", "--gateway", "10.0.6.1"},
                            {"--ip", "10.0.5.2/24", "--gateway", "10.0.5.2"},
                            {"--ip", "10.0.5.2/24", "--gateway", "10.0.5.0"},
                            {"--ip", "10.0.5.2/24", "--gateway", "10.0.5.1/24"},
                            {"--publish", "8080:80"},
                            {"--ip", "10.0.5.2/24", "--publish", "80"},
                            {"--ip", "10.0.5.2/24", "--publish", "0:80"},
                            {"--ip", "10.0.5.2/24", "--publish", "80:0"},
                            {"--ip", "10.0.5.2/24", "--publish", "65536:80"},
                            {"--ip", "10.0.5.2/24", "--publish", "80:65536"},
                            {"--ip", "10.0.5.2/24", "--publish", "80:80:80"},
                            {"--ip", "10.0.5.2/24", "--publish", "-1:80"},
                            {"--ip", "10.0.5.2/24", "--publish", " 80:80"},
                            {"--ip", "10.0.5.2/24", "--publish", "http:80"},
                            {"--ip", "10.0.5.2/24", "--publish", "80:80",
                             "--publish", "80:81"}}) {
    const auto result = run_with(options);
    INFO(fmt::format("The words: {}", fmt::join(options, " ")));
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
  }
  CHECK(judge::Host::settled(before) == before);
  CHECK(judge::run({"--help"}).ending == exited(0));
}

TEST_CASE("05: an ordinary user may not make a network", "[given]") {
  check_refused(run_with({}, {.student = true}), std::strerror(EPERM));
}

// ---- 05.1: the loopback ----------------------------------------------------

TEST_CASE("05: the loopback is on", "[05.1][points:2]") {
  const auto before = judge::Host::now();
  const auto box = start_networked({});
  const auto inside = network_of(box);
  const auto links = inside.links();

  CHECK(box.command().own_namespaces() == std::set<std::string>{"net", "pid"});
  HINT("Without --ip, the loopback is the only link.");
  REQUIRE(links.size() == 1);
  HINT(
      "The loopback is there from the start, and it is off. IFF_UP has to be "
      "in ifi_flags (the value) and in ifi_change (the bits that count).");
  REQUIRE(links.at("lo").up);
  CHECK(links.at("lo").addresses == std::set<std::string>{"127.0.0.1/8"});

  const auto port = random_port();
  const auto listener = inside.listen(port);
  const auto call = inside.call("127.0.0.1", port);
  HINT("Programs in the container talk to each other through 127.0.0.1.");
  CHECK(call.error.empty());
  CHECK(judge::Host::now().links == before.links);

  const auto status = static_cast<int>(judge::random_number(1, 120));
  CHECK(box.end(status) == exited(status));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: SIGTERM reaches the command", "[05.1][points:1]") {
  const auto before = judge::Host::now();
  const auto box = start_networked({});
  (void)box.get("orphans 2");
  box.send_signal(SIGTERM);
  CHECK(box.wait() == exited(128 + SIGTERM));
  CHECK(judge::Host::settled(before) == before);
}

// ---- 05.2: the pair of links -----------------------------------------------

TEST_CASE("05: a pair of links joins the container and the host",
          "[05.2][points:3]") {
  // The host has an eth0, as most have.
  const auto host = Network::host();
  const auto other = Network::make();
  judge::lay_cable({host, "eth0", "192.168.251.1"},
                   {other, "far", "192.168.251.2"});
  const judge::NetworkEvents events;
  const auto box = start_networked(random_place().with_ip());

  HINT(
      "The other end of the pair is to be in the container's namespace, by "
      "IFLA_NET_NS_FD in VETH_INFO_PEER (outside of that it would move the "
      "host's end), and it is to be called eth0, by IFLA_IFNAME in "
      "VETH_INFO_PEER. Its kind is \"veth\", by IFLA_INFO_KIND.");
  CHECK(events.inside().link("eth0").kinds.contains("veth"));
  HINT("An end has a carrier when both ends are switched on.");
  CHECK(events.inside().link("eth0").carrier);
  judge::remove_link("eth0");
}

TEST_CASE("05: each container has a link of its own, and takes it along",
          "[05.2][points:3]") {
  const auto before = judge::Host::now();
  const auto host = Network::host();
  const auto at_first = host.links();
  const auto place = random_place();
  {
    const auto one = start_networked(place.with_ip());
    HINT(
        "The host's end must be a link of the host, with the name that "
        "make_veth_pair() was given.");
    const auto links = host.links();
    const auto names = new_links(links, at_first);
    REQUIRE(names.size() == 1);
    const auto& name = names.front();
    CHECK(links.at(name).kind == "veth");
    CHECK(name.starts_with("veth-"));

    const auto two = start_networked(place.next().with_ip());
    HINT(
        "Two containers at once. The second one's link needs a name that the "
        "first one does not have: the one that it was given.");
    CHECK(new_links(host.links(), at_first).size() == 2);
    kill(one);
    kill(two);
  }
  HINT(
      "After SIGKILL nobody can tidy up. But a pair of links goes with one of "
      "its ends, and that with its namespace.");
  CHECK(judge::Host::settled(before) == before);
}

// ---- 05.3: nobody else's address -------------------------------------------

TEST_CASE("05: packets from the container have its address",
          "[05.3][points:3]") {
  const Neighbour neighbour;
  const auto place = random_place();
  const auto box = start_networked(place.with_ip());
  const auto inside = container_of(box);
  const auto foreign = judge::random_hardware();

  // What the host hears of what is sent through a link.
  const auto heard = [&](const Network& from, const std::string& link) {
    const Wire wire(from, link, neighbour.prefix + "1");
    const auto& own = wire.hardware();
    const std::map<std::string, std::string> words{
        {"a neighbour's address", wire.say(own, place.next().ip)},
        {"another hardware address", wire.say(foreign, place.ip)},
        {"IPv6", wire.say(own, ipv6_with(place.ip), "ff02::1")},
        {"its own", wire.say(own, place.ip)}};
    const auto arrived = wire.heard(words.at("its own"));
    std::set<std::string> result;
    for (const auto& [name, word] : words) {
      if (arrived.contains(word)) result.insert(name);
    }
    return result;
  };
  // Where nobody looks, all of it arrives.
  CHECK(heard(neighbour.network, "uplink").size() == 4);

  const auto arrived = heard(inside, containers_link());
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
}

TEST_CASE("05: the container tells its own address, and no other one",
          "[05.3][points:3]") {
  const Neighbour neighbour;
  const auto place = random_place();
  const auto other = place.next().ip;
  const auto foreign = judge::random_hardware();
  const auto box = start_networked(place.with_ip());
  const auto inside = container_of(box);
  using Known = std::map<std::string, std::string>;

  const auto target = neighbour.prefix + "1";
  const Wire cable(neighbour.network, "uplink", target);
  cable.ask(foreign, cable.hardware(), neighbour.prefix + "7");
  cable.ask(cable.hardware(), foreign, neighbour.prefix + "8");
  (void)cable.heard(cable.say(cable.hardware(), neighbour.prefix + "2"));
  // Where nobody looks, the host believes all of it.
  CHECK(cable.neighbours() == Known{{neighbour.prefix + "7", cable.hardware()},
                                    {neighbour.prefix + "8", foreign}});

  const Wire wire(inside, containers_link(), target);
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

// ---- 05.4: addresses -------------------------------------------------------

TEST_CASE("05: both ends have their addresses", "[05.4][points:3]") {
  const auto place = random_place();
  const judge::NetworkEvents events;
  const auto box = start_networked(place.with_ip());

  HINT(
      "eth0 is to have the address and the length that --ip says. The length "
      "is ifa_prefixlen: without it, the container knows no neighbours.");
  CHECK(events.inside().link("eth0").addresses.contains(place.range()));

  const auto inside = network_of(box);
  const auto routes = Network::host().routes();
  HINT(
      "The host's end reaches one address, the container's: that is its "
      "IFA_ADDRESS, with a length of 32, and the kernel makes a route of it. "
      "IFA_LOCAL is the end's own address.");
  const bool has_route =
      std::any_of(routes.begin(), routes.end(), [&](const auto& route) {
        return route.to == place.ip && route.via.empty() &&
               route.link.starts_with("veth-");
      });
  CHECK(has_route);

  const auto port = random_port();
  const auto listener = inside.listen(port);
  const auto call = Network::host().call(place.ip, port);
  HINT("The host connects to the container's address.");
  REQUIRE(call.error.empty());
  const auto caller = judge::answer(listener);
  REQUIRE(caller);
  CHECK(judge::can_talk(call.socket, caller->socket));

  const auto outside = Network::host().listen(port);
  const auto back = inside.call(caller->address, port);
  HINT("The container connects to the host's end.");
  CHECK(back.error.empty());
  HINT("Without --gateway there is no way to anywhere else.");
  CHECK(inside.routes().size() == 1);
}

TEST_CASE("05: an address that is taken is an error", "[05.4][points:2]") {
  const Neighbour neighbour;
  const auto before = judge::Host::now();
  const auto place = random_place();
  {
    const auto box = start_networked(place.with_ip());
    (void)box.command();
    const auto routes = Network::host().routes();

    check_refused(run_with(place.with_ip()), place.ip);
    // The host's own address, and one that another computer may have.
    const auto own = neighbour.prefix + "1";
    check_refused(run_with({"--ip", own + "/24"}), own);
    const auto other = neighbour.prefix + "7";
    check_refused(run_with({"--ip", other + "/16"}), other);
    check_refused(run_with({"--ip", "192.168.251.9/16", "--gateway", own}),
                  own);
    HINT("Those who have the addresses must not notice anything.");
    CHECK(Network::host().routes() == routes);
    CHECK(network_of(box).links().at("eth0").carrier);
    kill(box);
  }
  HINT("An address is free as soon as its container has ended.");
  CHECK(run_with(place.with_ip()).ending == exited(0));
  CHECK(judge::Host::settled(before) == before);
}

// ---- 05.5: the default route -----------------------------------------------

TEST_CASE("05: the container has a way out, through the gateway",
          "[05.5][points:2]") {
  const auto place = random_place();
  const judge::NetworkEvents events;
  const auto box = start_networked(place.with_gateway());

  HINT(
      "The route's RTA_OIF is eth0, and its RTA_GATEWAY is what --gateway "
      "says. A route without a gateway would take the whole world for "
      "neighbours.");
  const judge::Route way_out{"default", place.gateway, "eth0"};
  CHECK(events.inside().routes.contains(way_out));
  const auto expected = place.gateway + " to " + place.ip + "/32";
  HINT("The gateway is the host's end: no other link may get that address.");
  const auto& here = events.here().links;
  const bool is_here =
      std::any_of(here.begin(), here.end(), [&](const auto& link) {
        return link.first.starts_with("veth-") &&
               link.second.addresses.contains(expected);
      });
  CHECK(is_here);
}

// ---- 05.6: masquerade ------------------------------------------------------

TEST_CASE("05: the container gets out, under the host's address",
          "[05.6][points:3][idle]") {
  const Neighbour neighbour;
  const auto place = random_place();
  const auto box = start_networked(place.with_gateway());
  const auto inside = network_of(box);

  const auto port = random_port();
  const auto listener = neighbour.network.listen(port);
  const auto call = inside.call(neighbour.prefix + "2", port);
  HINT(
      "The container called another computer, and got no answer. Does the rule "
      "match, and end with replace_source()? The other computer does not know "
      "the way to the container's address.");
  REQUIRE(call.error.empty());
  const auto caller = judge::answer(listener);
  REQUIRE(caller);
  HINT("The other computer must see the host's address.");
  CHECK(caller->address == neighbour.prefix + "1");
  CHECK(judge::can_talk(call.socket, caller->socket));

  // The host itself, which has two addresses there.
  const auto second = neighbour.prefix + "3";
  judge::add_second_address(neighbour.near_end, second);
  const auto own_call =
      Network::host().call(neighbour.prefix + "2", port, second);
  REQUIRE(own_call.error.empty());
  const auto host = judge::answer(listener);
  REQUIRE(host);
  HINT(
      "This was the host's own packet, under an address that it had chosen, "
      "and the rule has changed it. The rule is for packets from the "
      "container: compare the source first.");
  CHECK(host->address == second);
}

TEST_CASE("05: neighbours in the range see each other as they are",
          "[05.6][points:2]") {
  const auto before = judge::Host::now();
  const auto place = random_place();
  const auto other = place.next();
  {
    const auto one = start_networked(place.with_gateway());
    const auto two = start_networked(other.with_gateway());

    const auto port = random_port();
    const auto listener = network_of(two).listen(port);
    const auto call = network_of(one).call(other.ip, port);
    HINT(
        "Both containers are in one range, and the host passes on what they "
        "send to each other.");
    REQUIRE(call.error.empty());
    const auto caller = judge::answer(listener);
    REQUIRE(caller);
    HINT(
        "Packets that stay within the range keep their source: the second "
        "condition is that the destination, cut down to the first bits, is not "
        "the range.");
    CHECK(caller->address == place.ip);

    // The connection is still open: it must not keep the links.
    kill(one);
    CHECK(two.end(0) == exited(0));
  }
  HINT(
      "Whether a program ends or is killed: its table of rules goes, and the "
      "host forwards no more than before.");
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: the host forwards as long as a container needs it",
          "[05.6][points:1]") {
  REQUIRE(forwarding() == "0");
  const auto place = random_place();
  const auto one = start_networked(place.with_gateway());
  (void)one.command();
  const auto two = start_networked(place.next().with_gateway());
  (void)two.command();
  HINT("Packets from the container to others are not for the host itself.");
  CHECK(forwarding() == "1");
  CHECK(one.end(0) == exited(0));
  CHECK(forwarding() == "1");
  two.send_signal(SIGKILL);
  (void)two.wait();
  CHECK(two.becomes_true([] { return forwarding() == "0"; }));
}

TEST_CASE("05: forwarding that cannot be switched on is an error",
          "[05.6][points:1]") {
  const auto before = judge::Host::now();
  ForwardingIsFixed fixed;
  const auto result = run_with(random_place().with_gateway());
  fixed.end();
  check_refused(result, "ip_forward");
  CHECK_THAT(result.errors, judge::contains(std::strerror(EROFS)));
  HINT("Nothing of it is left, not even the note of what forwarding was.");
  CHECK(judge::Host::settled(before) == before);
  CHECK(::access(kForwardingBefore, F_OK) == -1);
}

TEST_CASE("05: what cannot be undone is told, and the rest is undone",
          "[05.6][points:1]") {
  const auto links = Network::host().links();
  const auto box = start_networked(random_place().with_gateway());
  (void)box.command();
  ForwardingIsFixed fixed;
  HINT("The command was successful, and the host is not as it was.");
  CHECK(box.end(0) == exited(125));
  fixed.end();
  CHECK_THAT(box.errors(), judge::contains("ip_forward"));
  CHECK(std::count(box.errors().begin(), box.errors().end(), '\n') == 1);
  CHECK(new_links(Network::host().links(), links).empty());
  HINT("The next one that ends restores it.");
  CHECK(forwarding() == "1");
  CHECK(run_with(random_place().with_gateway()).ending == exited(0));
  CHECK(forwarding() == "0");
}

TEST_CASE("05: forwarding is restored without the note of what it was",
          "[05.6][points:1]") {
  const auto before = judge::Host::now();
  for (const std::string damage : {"removed", "emptied", "overwritten"}) {
    const auto box = start_networked(random_place().with_gateway());
    (void)box.command();
    CHECK(forwarding() == "1");
    if (damage == "removed") {
      REQUIRE(::unlink(kForwardingBefore) == 0);
    } else {
      std::ofstream(kForwardingBefore) << (damage == "emptied" ? "" : "x");
    }
    INFO("The file was " << damage << ".");
    CHECK(box.end(0) == exited(0));
    CHECK(forwarding() == "0");
  }
  {
    const auto box = start_networked(random_place().with_gateway());
    (void)box.command();
    std::ofstream(kForwardingBefore) << "x";
    HINT("What forwarding was cannot be known, and so not be restored.");
    check_refused(run_with(random_place().with_gateway()), kForwardingBefore);
    kill(box);
    CHECK(box.becomes_true([] { return forwarding() == "0"; }));
  }
  CHECK(judge::Host::settled(before) == before);
}

// ---- 05.7: publishing ------------------------------------------------------

TEST_CASE("05: a published port can be reached from everywhere",
          "[05.7][points:3]") {
  const Neighbour neighbour;
  const auto place = random_place();
  const auto port = random_port();
  const auto inner = static_cast<std::uint16_t>(port + 1);
  const auto box = start_networked(place.publishing(port, inner));
  const auto listener = network_of(box).listen(inner);

  const auto reaches = [&](const Network& from,
                           const std::string& address) -> std::string {
    const auto call = from.call(address, port);
    if (!call.socket) return "the call to " + address + ": " + call.error;
    const auto caller = judge::answer(listener);
    if (!caller) return "nobody in the container hears of it";
    const bool talks = judge::can_talk(call.socket, caller->socket);
    return talks ? "" : "what is sent does not arrive";
  };
  HINT("From the host itself, through 127.0.0.1.");
  CHECK(reaches(Network::host(), "127.0.0.1").empty());
  HINT(
      "Through another address of the host: the socket is to be bound to "
      "all of them, INADDR_ANY.");
  CHECK(reaches(Network::host(), neighbour.prefix + "1").empty());
  HINT("From another computer.");
  CHECK(reaches(neighbour.network, neighbour.prefix + "1").empty());
}

TEST_CASE("05: a connection is carried as it is", "[05.7][points:1]") {
  const auto place = random_place();
  const auto port = random_port();
  const auto box = start_networked(place.publishing(port, 80));
  const auto inside = network_of(box);
  {
    const auto call = Network::host().call("127.0.0.1", port);
    char byte = 0;
    HINT("Nobody listens in the container. The client must find out.");
    CHECK(judge::receive(call.socket, &byte, 1) <= 0);
  }
  const auto listener = inside.listen(80);
  const auto call = Network::host().call("127.0.0.1", port);
  REQUIRE(call.error.empty());
  const auto caller = judge::answer(listener);
  REQUIRE(caller);
  CHECK(judge::can_talk(call.socket, caller->socket));
  // The client has said all that it wants to say, and still listens.
  REQUIRE(::shutdown(call.socket.get(), SHUT_WR) == 0);
  char byte = 0;
  CHECK(judge::receive(caller->socket, &byte, 1) == 0);
  REQUIRE(::send(caller->socket.get(), "x", 1, MSG_NOSIGNAL) == 1);
  CHECK(judge::receive(call.socket, &byte, 1) == 1);
  CHECK(byte == 'x');
}

TEST_CASE("05: two containers serve at the same port", "[05.7][points:2]") {
  const auto before = judge::Host::now();
  const auto place = random_place();
  const auto port = random_port();
  const auto next_port = static_cast<std::uint16_t>(port + 1);
  {
    const auto one = start_networked(place.publishing(port, 80));
    const auto two = start_networked(place.next().publishing(next_port, 80));
    const auto first = network_of(one).listen(80);
    const auto second = network_of(two).listen(80);

    for (const auto* listener : {&first, &second}) {
      const auto call = Network::host().call(
          "127.0.0.1", listener == &first ? port : next_port);
      REQUIRE(call.error.empty());
      HINT(
          "The container that the port was published for is to be called, and "
          "no other one.");
      CHECK(judge::answer(*listener));
    }
    kill(one);
    CHECK(two.end(0) == exited(0));
  }
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: a relay ends with its program, however busy it is",
          "[05.7][points:1]") {
  const auto before = judge::Host::now();
  const auto port = random_port();
  const auto host = Network::host();
  {
    // With so few descriptors it cannot carry half as many connections.
    judge::How how;
    how.with_root = false;
    how.circumstances.leaked_descriptors = {99};
    const auto box = judge::start(random_place().publishing(port, 80), how);
    const auto listener = network_of(box).listen(80);
    // Clients that say nothing and do not go. The last ones wait in vain.
    std::vector<Network::Call> calls;
    while (calls.size() < 100) {
      calls.push_back(host.call("127.0.0.1", port));
      REQUIRE(calls.back().error.empty());
    }
    kill(box);
    HINT("The program was killed, and its relay still has the port.");
    CHECK(box.becomes_true([&] {
      return host.call("127.0.0.1", port).error == std::strerror(ECONNREFUSED);
    }));
  }
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: a port that is taken is an error", "[05.7][points:1]") {
  const auto before = judge::Host::now();
  const auto port = random_port();
  const auto somebody = Network::host().listen(port);
  const auto result = run_with(random_place().publishing(port, 80));

  HINT(
      "Somebody listens at the port, so that bind() fails. The command must "
      "not run, and the message names the port.");
  check_refused(result, std::to_string(port));
  CHECK_THAT(result.errors, judge::contains(std::strerror(EADDRINUSE)));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: a port can be published again at once", "[05.7][points:2]") {
  const auto place = random_place();
  const auto port = random_port();
  const auto use_once = [&](const judge::Box& box) {
    const auto listener = network_of(box).listen(80);
    const auto call = Network::host().call("127.0.0.1", port);
    REQUIRE(call.error.empty());
    auto caller = judge::answer(listener);
    REQUIRE(caller);
    // The server is the one that closes. So it is our side of the connection
    // that the kernel remembers for a while, in TIME_WAIT.
    caller->socket.reset();
    char byte = 0;
    REQUIRE(judge::receive(call.socket, &byte, 1) == 0);
  };
  {
    const auto box = start_networked(place.publishing(port, 80));
    use_once(box);
    kill(box);
  }
  const auto again = start_networked(place.publishing(port, 80));
  HINT(
      "A connection of before is in TIME_WAIT, and the port is refused for a "
      "minute: EADDRINUSE. SO_REUSEADDR, set before bind(), says that this "
      "does not matter.");
  REQUIRE_THAT(again.errors(), !judge::contains("in use"));
  use_once(again);
  CHECK(again.end(0) == exited(0));
}
