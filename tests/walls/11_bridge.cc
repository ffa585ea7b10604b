// Rows 11 and 13: a container on the bridge speaks for itself only, and a
// published port is free again when the program has gone.

#include <fmt/format.h>

#include <csignal>
#include <cstring>

#include "tests/judge/frame.h"
#include "tests/walls/attempt.h"

namespace {

using judge::Circumstances;
using judge::Network;
using walls::without;

const std::string kOwn = "10.85.3.4";
const std::string kNeighbours = "10.85.3.5";
const std::string kHost = "10.85.0.1";

std::uint16_t random_port() {
  return static_cast<std::uint16_t>(judge::random_number(20'000, 30'000));
}

// Sends datagrams out of the container, each of which says who it is from.
// Returns those that the host has got.
std::set<std::string> arrived(const Circumstances& circumstances) {
  const auto box = walls::start({"--ip", kOwn}, circumstances);
  const auto port = random_port();
  const auto listener = Network::host().listen_udp(port);
  const auto inside = Network::of(box.command().pid());
  const auto own = inside.links().at("eth0").hardware;
  const auto send = [&](const std::string& hardware, const std::string& source,
                        const std::string& word) {
    inside.send_frame(
        "eth0", to_frame(judge::Datagram{hardware, source, kHost, port, word}));
  };
  send(own, kNeighbours, "a neighbour's address");
  send(judge::random_hardware(), kOwn, "another hardware address");
  send(own, kOwn, "its own");

  std::set<std::string> words;
  while (!words.contains("its own")) {
    char word[64];
    const auto size = judge::receive(listener, word, sizeof word);
    if (size <= 0) break;
    words.emplace(word, static_cast<std::size_t>(size));
  }
  return words;
}

// Kills a program while clients hold all that its relay can carry. Does it let
// go of the port?
bool frees_port(Circumstances circumstances) {
  constexpr std::size_t kClients = 100;
  // It may have 100 descriptors. 20 are for other things, and each connection
  // needs two: lessons/05_net/given/relay.cc.
  circumstances.leaked_descriptors = {99};
  constexpr std::size_t kCarried = (100 - 20) / 2;
  const auto port = random_port();
  const auto host = Network::host();
  std::vector<Network::Call> calls;
  const auto box =
      walls::start({"-p", fmt::format("{}:80", port)}, circumstances);
  const auto listener = Network::of(box.command().pid()).listen(80);
  while (calls.size() < kClients) {
    calls.push_back(host.call("127.0.0.1", port));
    REQUIRE(calls.back().error.empty());
  }
  // The relay is to be busy already, and not still on its way to that.
  std::vector<judge::Caller> carried;
  while (carried.size() < kCarried) {
    auto caller = judge::answer(listener);
    REQUIRE(caller);
    carried.push_back(std::move(*caller));
  }
  box.send_signal(SIGKILL);
  return box.becomes_true([&] {
    return host.call("127.0.0.1", port).error == std::strerror(ECONNREFUSED);
  });
}

}  // namespace

TEST_CASE("11  held      a container on the bridge has one address") {
  CHECK(arrived({}) == std::set<std::string>{"its own"});
}

TEST_CASE("11  control   ... where its link is not bound, any") {
  CHECK(arrived(without("link_not_bound")).size() == 3);
}

TEST_CASE("13  held      a port is free when its program was killed") {
  const auto before = judge::Host::now();
  CHECK(frees_port({}));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("13  control   ... where a busy relay does not look, it is not") {
  CHECK_FALSE(frees_port(without("relay_looks_away")));
}
