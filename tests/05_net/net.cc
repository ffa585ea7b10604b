#include "tests/05_net/net.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>

#include <csignal>

namespace net {
namespace {

// The first addresses of a range are for gateways, ...
constexpr std::uint32_t kGateways = 3;

std::string to_text(std::uint32_t address) {
  const in_addr bytes{::htonl(address)};
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, &bytes, text, sizeof text);
}

std::uint32_t size_of(const Place& place) { return 1U << (32 - place.length); }

// ... and the others, but the very last one, for containers.
std::uint32_t random_host(const Place& place) {
  return static_cast<std::uint32_t>(
      judge::random_number(kGateways + 1, size_of(place) - 2L));
}

// Anywhere: neither in 127.0.0.0/8, nor where the judge's own networks are.
Place place_of_length(long shortest, long longest) {
  Place place;
  long first = 0;
  do {
    first = judge::random_number(1, 223);
  } while (first == 127 || first == 192);
  place.length = static_cast<unsigned>(judge::random_number(shortest, longest));
  const auto address = static_cast<std::uint32_t>(
      first << 24 | judge::random_number(0, (1 << 24) - 1));
  place.network = address & ~(size_of(place) - 1);
  place.gateway =
      place.nth(static_cast<std::uint32_t>(judge::random_number(1, kGateways)));
  place.ip = place.nth(random_host(place));
  return place;
}

// 192.168.X.0/24: where no container is.
Place place_of_neighbours() {
  Place place;
  place.length = 24;
  place.network = 192U << 24 | 168U << 16 |
                  static_cast<std::uint32_t>(judge::random_number(0, 250)) << 8;
  return place;
}

Options with_command(Options options) {
  options.insert(options.end(), {"--", judge::guest().probe(), "exit", "0"});
  return options;
}

}  // namespace

// ---- Places ----

std::string Place::nth(std::uint32_t n) const { return to_text(network + n); }

std::string Place::range() const { return fmt::format("{}/{}", ip, length); }

Options Place::with_ip() const { return {"--ip", range()}; }

Options Place::with_gateway() const {
  return {"--ip", range(), "--gateway", gateway};
}

Options Place::publishing(std::uint16_t host, std::uint16_t inside) const {
  return {"--ip", range(), "--publish", fmt::format("{}:{}", host, inside)};
}

Place Place::next() const {
  const auto half = size_of(*this) / 2;
  auto other = *this;
  for (;;) {
    const auto host = random_host(*this);
    other.ip = nth(host);
    in_addr own{};
    (void)::inet_pton(AF_INET, ip.c_str(), &own);
    const auto own_host = ::ntohl(own.s_addr) - network;
    const bool is_far = (host < half) != (own_host < half);
    if (own_host != host && (is_far || half <= 2 * kGateways)) return other;
  }
}

Place Place::beside() const {
  auto other = *this;
  other.network ^= size_of(*this);
  other.gateway = other.nth(1);
  other.ip = other.nth(kGateways + 1);
  return other;
}

Place random_small_place() { return place_of_length(25, 29); }
Place random_large_place() { return place_of_length(9, 22); }

Place random_place() {
  return judge::random_number(0, 1) == 0 ? random_small_place()
                                         : random_large_place();
}

Place place_apart_from(const Place& other) {
  for (;;) {
    auto place = random_place();
    if (place.network >> 24 != other.network >> 24) return place;
  }
}

std::uint16_t random_port() {
  return static_cast<std::uint16_t>(judge::random_number(1025, 30000));
}

// ---- The program ----

judge::Box start(const Options& options) {
  judge::How how;
  how.with_root = false;
  return judge::start(options, how);
}

Network network_of(const judge::Box& box) {
  return Network::of(box.command().pid());
}

judge::Result run_with(Options options,
                       const judge::Circumstances& circumstances) {
  return judge::run(with_command(std::move(options)), circumstances);
}

void check_refused(const judge::Result& result, const std::string& named) {
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT("The message names what it is about: " << named << ".");
  CHECK_THAT(result.errors, judge::contains(named));
}

void kill(const judge::Box& box) {
  const auto& command = box.command();
  box.send_signal(SIGKILL);
  (void)box.wait();
  HINT("The program was killed, and its command goes on.");
  CHECK(box.becomes_true([&] { return !command.exists(); }));
}

judge::Circumstances without_chance() {
  return {.failing_calls = {{.call = {SYS_getrandom}, .error = 0}}};
}

// Whoever sends a message calls one of the first two.
Stepwise::Stepwise(Options options, judge::Circumstances circumstances)
    : subject_(with_command(std::move(options)), [&] {
        circumstances.held_calls = {{SYS_sendto}, {SYS_sendmsg}, {SYS_execve}};
        return circumstances;
      }()) {}

bool Stepwise::goes_on_until(const std::function<bool()>& look) {
  for (;;) {
    if (is_held_) subject_.watch().release();
    is_held_ = false;
    judge::Deadline deadline;
    while (!is_held_ && !subject_.ending() && !deadline.passed()) {
      const auto step = subject_.unwritten_step();
      if (!step.empty()) throw judge::Waiting(step);
      std::vector<pollfd> call = {{subject_.watch().descriptor(), POLLIN, 0}};
      subject_.wait(deadline.milliseconds_left(), call);
      is_held_ = subject_.watch().receive() != 0;
    }
    if (!is_held_) return false;
    if (look()) return true;
  }
}

judge::Result Stepwise::end(const std::function<void()>& look) {
  (void)goes_on_until([&] {
    look();
    return false;
  });
  const auto& ending = subject_.ending();
  if (!ending) throw judge::Failed("the program has not ended");
  return {.ending = *ending,
          .output = subject_.output(),
          .errors = subject_.errors()};
}

std::optional<Network> Stepwise::inside() const {
  for (const auto& each : judge::descendants_of(subject_.pid())) {
    const auto kinds = judge::Process(each.pid).own_namespaces();
    if (kinds.contains("net")) return Network::of(each.pid);
  }
  return {};
}

void Stepwise::kill() {
  subject_.send_signal(SIGKILL);
  is_held_ = false;
  (void)subject_.wait_for_end();
}

// ---- The host and its neighbours ----

std::vector<std::string> new_links(
    const std::map<std::string, judge::Link>& before) {
  std::vector<std::string> names;
  for (const auto& [name, link] : Network::host().links()) {
    if (!before.contains(name)) names.push_back(name);
  }
  return names;
}

std::string containers_link() {
  for (const auto& [name, link] : Network::host().links()) {
    if (name.starts_with("veth-")) return name;
  }
  return "";
}

Neighbour::Neighbour(const Place& where)
    : place(where), near(where.nth(1)), far(where.nth(2)) {
  judge::lay_cable(near_end, far_end);
}

Neighbour::Neighbour() : Neighbour(place_of_neighbours()) {}

Neighbour::~Neighbour() { judge::remove_link("uplink"); }

}  // namespace net
