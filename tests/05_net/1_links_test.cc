// Judges lesson 05, steps 05.1 and 05.2: links, and what belongs to them.

#include <net/if.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "tests/05_net/net.h"

namespace {

using net::exited;
using net::Network;
using net::random_place;

// A link's flags that can be switched, but IFF_UP. Those behind the first 16
// only say how it is.
unsigned other_flags(const judge::Link& link) {
  return link.flags & 0xffff & ~static_cast<unsigned>(IFF_UP | IFF_RUNNING);
}

// Two flags, of which a loopback has none and a veth has one, and which change
// nothing about what a link can do here.
constexpr unsigned kUnusual = IFF_MULTICAST | IFF_DEBUG;

// A link, from when it is first seen, with unusual flags.
class Observed {
 public:
  explicit Observed(std::string name) : name_(std::move(name)) {}

  // Looks at it, if it is there.
  void look(const Network& network) {
    const auto links = network.links();
    const auto link = links.find(name_);
    if (link == links.end()) return;
    if (!first_) {
      judge::set_flags(network, name_, link->second.flags | kUnusual);
      first_ = network.links().at(name_);
    }
    last_ = link->second;
  }

  [[nodiscard]] bool was_there() const { return first_.has_value(); }
  [[nodiscard]] bool is_on() const { return last_.up; }
  [[nodiscard]] bool keeps_flags() const {
    return other_flags(last_) == other_flags(*first_);
  }

 private:
  std::string name_;
  std::optional<judge::Link> first_;
  judge::Link last_;
};

}  // namespace

// ---- 05.1: links that are switched on --------------------------------------

TEST_CASE("05: the loopback is on", "[05.1][points:2][on]") {
  const auto before = judge::Host::now();
  const auto box = net::start({});
  const auto inside = net::network_of(box);
  const auto links = inside.links();

  CHECK(box.command().own_namespaces() == std::set<std::string>{"net", "pid"});
  HINT("Without --ip, the loopback is the only link.");
  REQUIRE(links.size() == 1);
  HINT(
      "The loopback is there from the start, and it is off. IFF_UP has to be "
      "in ifi_flags (the value) and in ifi_change (the bits that count).");
  REQUIRE(links.at("lo").up);
  CHECK(links.at("lo").addresses ==
        std::set<std::string>{"127.0.0.1/8 scope host"});

  const auto port = net::random_port();
  const auto listener = inside.listen(port);
  const auto call = inside.call("127.0.0.1", port);
  HINT("Programs in the container talk to each other through 127.0.0.1.");
  CHECK(call.error.empty());
  CHECK(judge::Host::now().links == before.links);

  const auto status = static_cast<int>(judge::random_number(1, 120));
  CHECK(box.end(status) == exited(status));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: other flags of the loopback stay", "[05.1][points:1][flags]") {
  net::Stepwise program({});
  Observed loopback("lo");
  (void)program.end([&] {
    if (const auto inside = program.inside()) loopback.look(*inside);
  });
  REQUIRE(loopback.was_there());
  REQUIRE(loopback.is_on());
  HINT(
      "The link had other flags, and has lost them: ifi_change says which bits "
      "of ifi_flags count, and that is IFF_UP alone. 0 or ~0 stands for all.");
  CHECK(loopback.keeps_flags());
}

TEST_CASE("05: the links of a pair are on, with their other flags",
          "[05.1][points:2][any][flags]") {
  net::Stepwise program(random_place().with_ip(), net::without_chance());
  Observed loopback("lo");
  Observed inner("eth0");
  Observed outer(net::kLinkWithoutChance);
  (void)program.end([&] {
    const auto inside = program.inside();
    if (!inside) return;
    loopback.look(*inside);
    inner.look(*inside);
    outer.look(Network::host());
  });
  HINT("IFF_UP has to be in ifi_flags and in ifi_change.");
  REQUIRE(loopback.is_on());
  if (!inner.was_there() || !outer.was_there()) {
    SUCCEED("There are no such links: that is what step 05.2 is about.");
    return;
  }
  HINT(
      "The link in the host is still off. raise_link() is for any link, not "
      "only for \"lo\".");
  CHECK(outer.is_on());
  HINT(
      "The container's eth0 is still off. Each namespace has numbers of its "
      "own for its links: link_index() asks where `in` belongs to, and "
      "if_nametoindex() where its caller is.");
  CHECK(inner.is_on());
  HINT(
      "A link has lost other flags than IFF_UP (such as IFF_MULTICAST): "
      "ifi_change says which bits of ifi_flags count. 0 or ~0 stands for all.");
  CHECK((inner.keeps_flags() && outer.keeps_flags()));
}

TEST_CASE("05: SIGTERM reaches the command", "[05.1][points:1]") {
  const auto before = judge::Host::now();
  const auto box = net::start({});
  (void)box.get("orphans 2");
  box.send_signal(SIGTERM);
  CHECK(box.wait() == exited(128 + SIGTERM));
  CHECK(judge::Host::settled(before) == before);
}

// ---- 05.2: the pair of links -----------------------------------------------

TEST_CASE("05: a pair of links joins the container and the host",
          "[05.2][points:3][pair][inside][never]") {
  // The host has an eth0, as most have.
  const auto host = Network::host();
  const auto other = Network::make();
  judge::lay_cable({host, "eth0", "192.168.251.1"},
                   {other, "far", "192.168.251.2"});
  const auto before = host.links();
  const judge::NetworkEvents events;
  const auto box = net::start(random_place().with_ip());

  HINT(
      "The other end of the pair is to be in the container's namespace, by "
      "IFLA_NET_NS_FD in VETH_INFO_PEER (outside of that it would move the "
      "host's end), and it is to be called eth0, by IFLA_IFNAME in "
      "VETH_INFO_PEER. Its kind is \"veth\", by IFLA_INFO_KIND.");
  CHECK(events.inside().link("eth0").kinds.contains("veth"));
  HINT("An end has a carrier when both ends are switched on.");
  CHECK(events.inside().link("eth0").carrier);

  std::set<std::string> names;
  for (const auto& [name, link] : events.here().links) {
    if (!before.contains(name)) names.insert(name);
  }
  HINT(
      "For a moment the host had another new link than its own end, under some "
      "name. The other end can be made where it belongs: IFLA_NET_NS_FD is in "
      "VETH_INFO_PEER, in the same message.");
  CHECK(names.size() == 1);
  judge::remove_link("eth0");
}

TEST_CASE("05: each container has a link of its own, and takes it along",
          "[05.2][points:3][here][pair]") {
  const auto before = judge::Host::now();
  const auto host = Network::host();
  const auto at_first = host.links();
  const auto place = random_place();
  net::Stepwise one(place.with_ip(), net::without_chance());
  net::Stepwise two(net::place_apart_from(place).with_ip());
  // Whatever becomes of the link: it is there now.
  const auto goes_on_until_made = [](net::Stepwise& program) {
    return program.goes_on_until([&] {
      const auto inside = program.inside();
      return inside && inside->links().contains("eth0");
    });
  };

  HINT("There is no eth0 in the container.");
  REQUIRE(goes_on_until_made(one));
  HINT(
      "The host's end must be a link of the host, with the name that "
      "make_veth_pair() was given.");
  const auto names = net::new_links(at_first);
  REQUIRE(names.size() == 1);
  const auto& name = names.front();
  CHECK(name == net::kLinkWithoutChance);

  const auto outer = host.links().at(name);
  const auto inner = one.inside().value().links().at("eth0");
  CHECK(outer.kind == "veth");
  HINT("Each of the two links is the other end of the other one.");
  CHECK((outer.peer == inner.index && inner.peer == outer.index));

  HINT(
      "Two containers at once. The second one's link needs a name that the "
      "first one does not have: the one that it was given.");
  REQUIRE(goes_on_until_made(two));
  CHECK(net::new_links(at_first).size() == 2);
  one.kill();
  two.kill();
  HINT(
      "After SIGKILL nobody can tidy up. But a pair of links goes with one of "
      "its ends, and that with its namespace.");
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: a link's name that is taken is an error",
          "[05.2][points:2][EEXIST]") {
  const auto host = Network::host();
  const std::string name = net::kLinkWithoutChance;
  judge::make_link(name);
  const auto taken = host.links().at(name);
  const auto result =
      net::run_with(random_place().with_ip(), net::without_chance());

  HINT(
      "Somebody else has a link of that name, and it is not yours to use or to "
      "replace. The command must not run.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT(
      "The kernel says EEXIST, if NLM_F_CREATE and NLM_F_EXCL are among the "
      "message's flags, and nobody must pass it over.");
  CHECK_THAT(result.errors, judge::contains(std::strerror(EEXIST)));
  const auto now = host.links();
  HINT("The link that was there before must stay as it is.");
  CHECK((now.contains(name) && now.at(name).index == taken.index &&
         now.at(name).flags == taken.flags));
  judge::remove_link(name);
}
