// Judges lesson 05, step 05.6: the host forwards packets while a container
// needs it, and no longer. lessons/05_net/given/forwarding.h

#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>

#include "tests/05_net/net.h"

namespace {

using net::exited;
using net::Network;
using net::random_place;
using net::run_with;

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

}  // namespace

TEST_CASE("05: the host forwards as long as a container needs it",
          "[05.6][points:1]") {
  REQUIRE(forwarding() == "0");
  const auto place = random_place();
  const auto one = net::start(place.with_gateway());
  (void)one.command();
  const auto two = net::start(place.next().with_gateway());
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
  net::check_refused(result, "ip_forward");
  CHECK_THAT(result.errors, judge::contains(std::strerror(EROFS)));
  HINT("Nothing of it is left, not even the note of what forwarding was.");
  CHECK(judge::Host::settled(before) == before);
  CHECK(::access(kForwardingBefore, F_OK) == -1);
}

TEST_CASE("05: what cannot be undone is told, and the rest is undone",
          "[05.6][points:1]") {
  const auto links = Network::host().links();
  const auto box = net::start(random_place().with_gateway());
  (void)box.command();
  ForwardingIsFixed fixed;
  HINT("The command was successful, and the host is not as it was.");
  CHECK(box.end(0) == exited(125));
  fixed.end();
  CHECK_THAT(box.errors(), judge::contains("ip_forward"));
  CHECK(std::count(box.errors().begin(), box.errors().end(), '\n') == 1);
  CHECK(net::new_links(links).empty());
  HINT("The next one that ends restores it.");
  CHECK(forwarding() == "1");
  CHECK(run_with(random_place().with_gateway()).ending == exited(0));
  CHECK(forwarding() == "0");
}

TEST_CASE("05: forwarding is restored without the note of what it was",
          "[05.6][points:1]") {
  const auto before = judge::Host::now();
  for (const std::string damage : {"removed", "emptied", "overwritten"}) {
    const auto box = net::start(random_place().with_gateway());
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
    const auto box = net::start(random_place().with_gateway());
    (void)box.command();
    std::ofstream(kForwardingBefore) << "x";
    HINT("What forwarding was cannot be known, and so not be restored.");
    net::check_refused(run_with(random_place().with_gateway()),
                       kForwardingBefore);
    net::kill(box);
    CHECK(box.becomes_true([] { return forwarding() == "0"; }));
  }
  CHECK(judge::Host::settled(before) == before);
}
