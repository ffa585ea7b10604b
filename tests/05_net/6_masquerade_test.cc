// Judges lesson 05, step 05.6: under which address packets leave the host.

#include "tests/05_net/net.h"

namespace {

using net::exited;
using net::Network;
using net::random_port;

// Whom somebody sees who is called there, or "" if the call does not get
// through.
std::string seen_caller(const Network& from, const Network& to,
                        const std::string& address,
                        const std::string& own = "") {
  const auto port = random_port();
  const auto listener = to.listen(port);
  const auto call = from.call(address, port, own);
  if (!call.socket) return "";
  const auto caller = judge::answer(listener);
  if (!caller || !judge::can_talk(call.socket, caller->socket)) return "";
  return caller->address;
}

}  // namespace

TEST_CASE("05: the container gets out, under the host's address",
          "[05.6][points:3][idle][outside][back][others]") {
  for (const auto& place :
       {net::random_large_place(), net::random_small_place()}) {
    // As near as somebody can be who is not in the range.
    const net::Neighbour neighbour(place.beside());
    const auto box = net::start(place.with_gateway());
    const auto inside = net::network_of(box);

    INFO("The container: " << place.range()
                           << ". The other computer: " << neighbour.far << ".");
    const auto caller = seen_caller(inside, neighbour.network, neighbour.far);
    HINT(
        "The container called another computer, and got no answer. Does the "
        "rule match, and end with replace_source()? The other computer does "
        "not know the way to the container's address. keep_bits() keeps as "
        "many bits as the range's length says.");
    REQUIRE(!caller.empty());
    HINT("The other computer must see the host's address.");
    CHECK(caller == neighbour.near);

    // The host itself, which has two addresses there.
    const auto second = neighbour.place.nth(3);
    judge::add_second_address(neighbour.near_end, second);
    const auto host =
        seen_caller(Network::host(), neighbour.network, neighbour.far, second);
    HINT(
        "This was the host's own packet, under an address that it had chosen, "
        "and the rule has changed it. The rule is for packets from the "
        "container: compare the source first.");
    CHECK(host == second);
    CHECK(box.end(0) == exited(0));
  }
}

TEST_CASE("05: neighbours in the range see each other as they are",
          "[05.6][points:2][within]") {
  const auto before = judge::Host::now();
  for (const auto& place :
       {net::random_large_place(), net::random_small_place()}) {
    const auto other = place.next();
    const auto one = net::start(place.with_gateway());
    const auto two = net::start(other.with_gateway());

    const auto port = random_port();
    const auto listener = net::network_of(two).listen(port);
    const auto call = net::network_of(one).call(other.ip, port);
    HINT(
        "Both containers are in one range, and the host passes on what they "
        "send to each other.");
    REQUIRE(call.error.empty());
    const auto caller = judge::answer(listener);
    REQUIRE(caller);
    INFO("The range: " << place.range() << ". The other one: " << other.ip);
    HINT(
        "Packets that stay within the range keep their source: the second "
        "condition is that the destination, cut down to the first bits, is not "
        "the range. How many these are, the range's length says.");
    CHECK(caller->address == place.ip);

    // The connection is still open: it must not keep the links.
    net::kill(one);
    CHECK(two.end(0) == exited(0));
  }
  HINT(
      "Whether a program ends or is killed: its table of rules goes, and the "
      "host forwards no more than before.");
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: others in the range keep their addresses",
          "[05.6][points:2][others]") {
  const net::Neighbour neighbour;
  const auto place = net::random_place();
  const auto other = place.next();
  const auto one = net::start(place.with_gateway());
  (void)one.command();
  // It has no gateway, and so no rule. What it needs, the judge gives it.
  const auto two = net::start(other.with_ip());
  const auto inside = net::network_of(two);
  judge::add_route(inside, "default", place.nth(1));
  judge::add_route(neighbour.network, other.ip, neighbour.near);

  HINT(
      "Somebody else in the range has called another computer, which knows the "
      "way back, and must see who it is. The rule is for one container: "
      "compare the whole source, and not only the range.");
  CHECK(seen_caller(inside, neighbour.network, neighbour.far) == other.ip);
}
