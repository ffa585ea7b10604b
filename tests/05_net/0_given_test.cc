// Judges lesson 05: lessons/05_net/network.h is the contract. What is given,
// and what the program as a whole does.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>
#include <cstring>

#include "tests/05_net/net.h"

namespace {

using net::exited;
using net::Options;

}  // namespace

TEST_CASE("05: an unwritten step ends the program with 75", "[given]") {
  const auto result = net::run_with(net::random_place().with_gateway(),
                                    {.hold_at_todo = false});

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
    const auto result = net::run_with(options);
    INFO(fmt::format("The words: {}", fmt::join(options, " ")));
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
  }
  CHECK(judge::Host::settled(before) == before);
  CHECK(judge::run({"--help"}).ending == exited(0));
}

TEST_CASE("05: an ordinary user may not make a network", "[given]") {
  net::check_refused(net::run_with({}, {.student = true}),
                     std::strerror(EPERM));
}
