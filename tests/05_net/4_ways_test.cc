// Judges lesson 05, steps 05.4 and 05.5: who can be reached, and how.

#include <algorithm>
#include <cstring>

#include "tests/05_net/net.h"

namespace {

using net::exited;
using net::Network;
using net::random_place;
using net::run_with;
using Set = std::set<std::string>;

bool any_starts_with(const Set& texts, const std::string& beginning) {
  return std::any_of(texts.begin(), texts.end(), [&](const auto& text) {
    return text.starts_with(beginning);
  });
}

}  // namespace

// ---- 05.4: addresses -------------------------------------------------------

TEST_CASE("05: both ends have their addresses",
          "[05.4][points:3][own][scope][reach]") {
  const auto place = random_place();
  const judge::NetworkEvents events;
  const auto box = net::start(place.with_ip());

  const auto inner = events.inside().link("eth0").addresses;
  HINT(
      "eth0 is to have the address and the length that --ip says. The length "
      "is ifa_prefixlen: without it, the container knows no neighbours.");
  CHECK(any_starts_with(inner, place.range()));
  HINT(
      "An address is for everywhere: ifa_scope is RT_SCOPE_UNIVERSE, which is "
      "0. One of the scope \"link\" is not used beyond the neighbours.");
  CHECK(inner == Set{place.range()});
  Set outer;
  for (const auto& [name, link] : events.here().links) {
    if (name.starts_with("veth-"))
      outer.insert(link.addresses.begin(), link.addresses.end());
  }
  HINT(
      "The host's end has an address of its own, as IFA_LOCAL, and at the "
      "other end is the container's, as IFA_ADDRESS, with a length of 32. It "
      "is for everywhere, too.");
  CHECK(outer == Set{place.nth(1) + " to " + place.ip + "/32"});

  const auto inside = net::network_of(box);
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
  HINT("The container can send to its neighbours, and to nobody else.");
  CHECK(inside.routes().size() == 1);

  const auto port = net::random_port();
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
}

TEST_CASE("05: an address that the link has is an error",
          "[05.4][points:2][EEXIST][names]") {
  const auto before = judge::Host::now();
  const auto place = random_place();
  net::Stepwise program(place.with_ip());
  HINT("The container's eth0 has not been switched on.");
  REQUIRE(program.goes_on_until([&] {
    const auto inside = program.inside();
    if (!inside) return false;
    const auto links = inside->links();
    return links.contains("eth0") && links.at("eth0").up;
  }));
  judge::add_second_address(
      {program.inside().value(), "eth0", place.ip, place.length}, place.ip);
  const auto result = program.end();

  HINT(
      "The link had the address already. The kernel says EEXIST, if "
      "NLM_F_CREATE and NLM_F_EXCL are among the message's flags and "
      "NLM_F_REPLACE is not. The command must not run.");
  net::check_refused(result, place.ip);
  CHECK_THAT(result.errors, judge::contains(std::strerror(EEXIST)));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: an address that is taken is an error", "[05.4][points:2]") {
  const net::Neighbour neighbour;
  const auto before = judge::Host::now();
  const auto place = random_place();
  {
    const auto box = net::start(place.with_ip());
    (void)box.command();
    const auto routes = Network::host().routes();

    net::check_refused(run_with(place.with_ip()), place.ip);
    // The host's own address, and one that another computer may have.
    const auto own = neighbour.near;
    net::check_refused(run_with({"--ip", own + "/24"}), own);
    const auto other = neighbour.place.nth(7);
    net::check_refused(run_with({"--ip", other + "/16"}), other);
    net::check_refused(run_with({"--ip", "192.168.251.9/16", "--gateway", own}),
                       own);
    HINT("Those who have the addresses must not notice anything.");
    CHECK(Network::host().routes() == routes);
    CHECK(net::network_of(box).links().at("eth0").carrier);
    net::kill(box);
  }
  HINT("An address is free as soon as its container has ended.");
  CHECK(run_with(place.with_ip()).ending == exited(0));
  CHECK(judge::Host::settled(before) == before);
}

// ---- 05.5: the default route -----------------------------------------------

TEST_CASE("05: the container has a way out, through the gateway",
          "[05.5][points:2][rest][gateway]") {
  const auto place = random_place();
  const judge::NetworkEvents events;
  const auto box = net::start(place.with_gateway());

  HINT(
      "The route's RTA_OIF is eth0, and its RTA_GATEWAY is what --gateway "
      "says. A route without a gateway would take the whole world for "
      "neighbours.");
  const judge::Route way_out{"default", place.gateway, "eth0"};
  const auto& routes = events.inside().routes;
  REQUIRE(any_starts_with(
      [&] {
        Set ways;
        for (const auto& route : routes) ways.insert(route.via);
        return ways;
      }(),
      place.gateway));
  HINT(
      "It is the default route of the main table: a length of 0, which stands "
      "for all addresses, and RT_TABLE_MAIN. Then every other route is more "
      "exact, and goes first.");
  CHECK(routes.contains(way_out));
  HINT("It is one route more than that to the neighbours, and no other.");
  CHECK(routes.size() == 2);
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

TEST_CASE("05: a gateway that cannot be reached is an error",
          "[05.5][points:2][ENETUNREACH][names]") {
  const auto before = judge::Host::now();
  const auto place = random_place();
  net::Stepwise program(place.with_gateway());
  HINT("The container's eth0 has no address: that is step 05.4.");
  REQUIRE(program.goes_on_until([&] {
    const auto inside = program.inside();
    if (!inside) return false;
    const auto links = inside->links();
    return links.contains("eth0") && !links.at("eth0").addresses.empty();
  }));
  judge::remove_address(
      {program.inside().value(), "eth0", place.ip, place.length});
  const auto result = program.end();

  HINT(
      "eth0 had no address any more, so that the gateway was nobody's "
      "neighbour. The kernel says ENETUNREACH, unless it is told not to look "
      "(RTNH_F_ONLINK). The command must not run.");
  net::check_refused(result, place.gateway);
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENETUNREACH)));
  CHECK(judge::Host::settled(before) == before);
}
