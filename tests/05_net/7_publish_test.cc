// Judges lesson 05, step 05.7: a port of the host that leads to the container.

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstring>

#include "tests/05_net/net.h"

namespace {

using net::exited;
using net::Network;
using net::random_place;
using net::random_port;
using net::run_with;

// Any port, but for those that the kernel may give to clients at the moment.
std::uint16_t any_port() {
  switch (judge::random_number(1, 3)) {
    case 1:
      return static_cast<std::uint16_t>(judge::random_number(1, 1023));
    case 2:
      return static_cast<std::uint16_t>(judge::random_number(61001, 65534));
    default:
      return random_port();
  }
}

// Somebody who listens at a port of that address, and would share it.
kit::UniqueFd listen_sharing(in_addr_t address, std::uint16_t port) {
  kit::UniqueFd listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const int yes = 1;
  for (const int option : {SO_REUSEADDR, SO_REUSEPORT}) {
    REQUIRE(::setsockopt(listener.get(), SOL_SOCKET, option, &yes,
                         sizeof yes) == 0);
  }
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = ::htons(port);
  name.sin_addr = {::htonl(address)};
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&name),
                 sizeof name) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  return listener;
}

void check_taken(const judge::Result& result, std::uint16_t port) {
  net::check_refused(result, std::to_string(port));
  CHECK_THAT(result.errors, judge::contains(std::strerror(EADDRINUSE)));
}

}  // namespace

TEST_CASE("05: a published port can be reached from everywhere",
          "[05.7][points:3][listens][all]") {
  const net::Neighbour neighbour;
  const auto place = random_place();
  const auto port = any_port();
  const auto inner = static_cast<std::uint16_t>(port + 1);
  const auto box = net::start(place.publishing(port, inner));
  const auto listener = net::network_of(box).listen(inner);

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
  CHECK(reaches(Network::host(), neighbour.near).empty());
  HINT("From another computer.");
  CHECK(reaches(neighbour.network, neighbour.near).empty());
}

TEST_CASE("05: a connection is carried as it is", "[05.7][points:1]") {
  const auto place = random_place();
  const auto port = random_port();
  const auto box = net::start(place.publishing(port, 80));
  const auto inside = net::network_of(box);
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
    const auto one = net::start(place.publishing(port, 80));
    const auto two = net::start(place.next().publishing(next_port, 80));
    const auto first = net::network_of(one).listen(80);
    const auto second = net::network_of(two).listen(80);

    for (const auto* listener : {&first, &second}) {
      const auto call = Network::host().call(
          "127.0.0.1", listener == &first ? port : next_port);
      REQUIRE(call.error.empty());
      HINT(
          "The container that the port was published for is to be called, and "
          "no other one.");
      CHECK(judge::answer(*listener));
    }
    net::kill(one);
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
    const auto listener = net::network_of(box).listen(80);
    // Clients that say nothing and do not go. The last ones wait in vain.
    std::vector<Network::Call> calls;
    while (calls.size() < 100) {
      calls.push_back(host.call("127.0.0.1", port));
      REQUIRE(calls.back().error.empty());
    }
    net::kill(box);
    HINT("The program was killed, and its relay still has the port.");
    CHECK(box.becomes_true([&] {
      return host.call("127.0.0.1", port).error == std::strerror(ECONNREFUSED);
    }));
  }
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: a port that is taken is an error",
          "[05.7][points:1][EADDRINUSE][names]") {
  const auto before = judge::Host::now();
  const auto port = random_port();
  const auto somebody = Network::host().listen(port);
  const auto result = run_with(random_place().publishing(port, 80));

  HINT(
      "Somebody listens at the port, so that bind() fails. The command must "
      "not run.");
  check_taken(result, port);
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: a port is not shared with anybody",
          "[05.7][points:2][EADDRINUSE]") {
  const auto before = judge::Host::now();
  const auto port = random_port();
  for (const auto address : {INADDR_ANY, INADDR_LOOPBACK}) {
    const auto somebody = listen_sharing(address, port);
    const auto result = run_with(random_place().publishing(port, 80));
    HINT(
        "Somebody listens at the port who would share it, with SO_REUSEPORT: "
        "then the kernel deals out the clients between the two. Without that "
        "option, you get EADDRINUSE. SO_REUSEADDR is another one.");
    CHECK(result.ending == exited(125));
    check_taken(result, port);
  }
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: a port that is taken just before listen() is an error",
          "[05.7][points:1][EADDRINUSE]") {
  const auto before = judge::Host::now();
  const auto port = random_port();
  // With SO_REUSEADDR, two can have bound their sockets to the same port. Only
  // one of them can listen.
  const auto result = run_with(
      random_place().publishing(port, 80),
      {.failing_calls = {{.call = {SYS_listen}, .error = EADDRINUSE}}});
  HINT(
      "bind() was successful, and listen() has failed: check() what each of "
      "the calls returns.");
  check_taken(result, port);
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("05: a port can be published again at once",
          "[05.7][points:2][again]") {
  const auto place = random_place();
  const auto port = random_port();
  const auto use_once = [&](const judge::Box& box) {
    const auto listener = net::network_of(box).listen(80);
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
    const auto box = net::start(place.publishing(port, 80));
    use_once(box);
    net::kill(box);
  }
  const auto again = net::start(place.publishing(port, 80));
  HINT(
      "A connection of before is in TIME_WAIT, and the port is refused for a "
      "minute: EADDRINUSE. SO_REUSEADDR, set before bind(), says that this "
      "does not matter.");
  REQUIRE_THAT(again.errors(), !judge::contains("in use"));
  use_once(again);
  CHECK(again.end(0) == exited(0));
}
