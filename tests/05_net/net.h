// What the cases of lesson 05 share: places for containers, and ways to start
// the program.
//
// Steps 1 to 5 are judged by what the kernel tells while the program sends its
// messages (judge::NetworkEvents), or while it is held between two of them
// (Stepwise). For if a later step is wrong, the program ends, and with it goes
// what the earlier ones have made.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/judge/judge.h"

namespace net {

using judge::exited;
using judge::Network;
using Options = std::vector<std::string>;

// A container's place, with an address that nobody can guess.
struct Place {
  std::uint32_t network = 0;  // The first address of the range,
  unsigned length = 0;        // and how many bits all of them share.
  std::string ip, gateway;

  // The address that is `n` after the first one.
  [[nodiscard]] std::string nth(std::uint32_t n) const;

  [[nodiscard]] std::string range() const;
  [[nodiscard]] Options with_ip() const;
  [[nodiscard]] Options with_gateway() const;
  [[nodiscard]] Options publishing(std::uint16_t host,
                                   std::uint16_t inside) const;

  // Another one in the same range, with the same gateway: as far away as that
  // allows.
  [[nodiscard]] Place next() const;

  // The range beside this one: all of its bits but the last are the same.
  [[nodiscard]] Place beside() const;
};

// Ranges are small or large: of the length 24, which one could take for a
// constant, there is none.
Place random_small_place();
Place random_large_place();
Place random_place();

// One in another range.
Place place_apart_from(const Place& other);

std::uint16_t random_port();

// Starts the program with these options. Its command is the probe, in the
// host's own root.
judge::Box start(const Options& options);

Network network_of(const judge::Box& box);

// Runs the program with a command that ends with 0 at once, if it is run at
// all.
judge::Result run_with(Options options,
                       const judge::Circumstances& circumstances = {});

void check_refused(const judge::Result& result, const std::string& named);

// Where the kernel says that it has made a random number, and has not: the
// program then gives its link the number 0.
judge::Circumstances without_chance();
inline constexpr char kLinkWithoutChance[] = "veth-00000000";

// The program, with a command that ends with 0 at once. It is held each time
// that it is about to send a message to the kernel, or to run the command.
class Stepwise {
 public:
  explicit Stepwise(Options options, judge::Circumstances circumstances = {});

  // Lets it go on until `look` returns true, asked at each of these moments,
  // and holds it there. False if it has ended before.
  bool goes_on_until(const std::function<bool()>& look);

  // Lets it go on to its end, `look`ing at each of these moments.
  judge::Result end(const std::function<void()>& look = [] {});

  // The container's network, once there is one.
  [[nodiscard]] std::optional<Network> inside() const;

  // Kills it, and waits until it has ended.
  void kill();

 private:
  judge::Subject subject_;
  bool is_held_ = false;
};

// The links of the host that were not there before.
std::vector<std::string> new_links(
    const std::map<std::string, judge::Link>& before);

// The host's end of the one container that there is, or "".
std::string containers_link();

// Kills the program, and waits until its command has ended, too.
//
// A socket that the judge has in a container keeps its network alive, and the
// one to the probe is such a socket: what is left can be seen without the Box.
void kill(const judge::Box& box);

// Another computer, behind a cable that ends in the host.
struct Neighbour {
  // Its place: the first addresses of a range.
  explicit Neighbour(const Place& where);
  Neighbour();  // Somewhere, where no container is.
  ~Neighbour();
  Neighbour(const Neighbour&) = delete;
  Neighbour& operator=(const Neighbour&) = delete;

  Place place;
  std::string near, far;  // The addresses of the two ends.
  Network host = Network::host();
  Network network = Network::make();
  judge::End near_end{host, "uplink", near, place.length};
  judge::End far_end{network, "eth0", far, place.length};
};

}  // namespace net
