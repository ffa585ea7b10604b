#include "lessons/05_net/given/container_network.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/random.h>

#include <chrono>
#include <cstring>
#include <set>

#include "lessons/05_net/network.h"
#include "lessons/kit/check.h"
#include "lessons/kit/file.h"
#include "lessons/kit/run_folder.h"

using kit::check;
using kit::UniqueFd;

namespace container {
namespace {

using std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(2);
constexpr char kLinkPrefix[] = "veth";

UniqueFd open_network_namespace(pid_t pid) {
  return UniqueFd{check(
      ::open(fmt::format("/proc/{}/ns/net", pid).c_str(), O_RDONLY | O_CLOEXEC),
      "open the network namespace of process {}", pid)};
}

// What the host does with packets for an address.
struct Route {
  unsigned type = RTN_UNSPEC;
  unsigned length = 0;        // Of the range that the route is for.
  bool is_neighbour = false;  // There is no gateway on the way.
  std::string link;
};

std::string link_name(Netlink& host, int index) {
  Message message(RTM_GETLINK);
  ifinfomsg link{};
  link.ifi_index = index;
  message.put(link);
  try {
    const auto answer = host.ask(message, "look at a link");
    const auto name = find_attribute(
        std::string_view(answer).substr(sizeof link), IFLA_IFNAME);
    return std::string(name.substr(0, name.find('\0')));
  } catch (const std::system_error& error) {
    if (error.code().value() == ENODEV) return "";  // It has just gone.
    throw;
  }
}

std::optional<Route> find_route(Netlink& host, in_addr address) {
  Message message(RTM_GETROUTE);
  rtmsg question{};
  question.rtm_family = AF_INET;
  question.rtm_dst_len = 32;
  question.rtm_flags = RTM_F_FIB_MATCH;  // The route as it is in the table.
  message.put(question);
  message.add(RTA_DST, address);
  std::string answer;
  try {
    answer = host.ask(message, "look for a route");
  } catch (const std::system_error& error) {
    // There is none, or one that leads nowhere: ip-route(8) calls them
    // unreachable, prohibit and blackhole.
    switch (error.code().value()) {
      case ENETUNREACH:
      case EHOSTUNREACH:
      case EACCES:
      case EINVAL:
        return {};
    }
    throw;
  }
  rtmsg fixed{};
  std::memcpy(&fixed, answer.data(), std::min(answer.size(), sizeof fixed));
  const auto attributes =
      std::string_view(answer).substr(std::min(answer.size(), sizeof fixed));
  int index = 0;
  const auto link = find_attribute(attributes, RTA_OIF);
  std::memcpy(&index, link.data(), std::min(link.size(), sizeof index));
  const bool is_neighbour = find_attribute(attributes, RTA_GATEWAY).empty();
  return Route{fixed.rtm_type, fixed.rtm_dst_len, is_neighbour,
               link_name(host, index)};
}

// What an address is wanted for.
enum class Role { kGateway, kContainer };

// Would the address cut off the host itself, or one of its neighbours?
// Throws std::runtime_error if so. Returns true if it is free, and false if it
// is behind a link of ours: of a container that lives, or has just ended.
bool is_free(Netlink& host, in_addr address, Role role) {
  const auto route = find_route(host, address);
  if (!route) return true;
  const bool is_local = route->type != RTN_UNICAST;
  if (!is_local && !route->is_neighbour) return true;
  if (route->link.empty()) return false;  // It has gone just now. Ask again.
  if (route->length == 32 && route->link.starts_with(kLinkPrefix)) {
    // Containers may share a gateway: each link has it at its end.
    return is_local && role == Role::kGateway;
  }
  const std::string text = to_text(address);
  if (is_local) kit::fail("the address {} is this host's own", text);
  kit::fail("the address {} belongs to the network of {}", text, route->link);
}

// Wakes when something changes that has to do with addresses.
UniqueFd watch_changes() {
  UniqueFd fd{
      check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
                     NETLINK_ROUTE),
            "make a netlink socket")};
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE;
  check(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address),
               sizeof address),
        "watch the network");
  return fd;
}

// The kernel takes a moment to remove the link of a container that has ended.
// That its address is nobody else's, Tables has found out before.
void wait_until_free(Netlink& host, in_addr address, Role role) {
  const auto deadline = steady_clock::now() + kPatience;
  const UniqueFd changes = watch_changes();
  while (!is_free(host, address, role)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        deadline - steady_clock::now());
    if (left.count() <= 0) {
      kit::fail("the address {} is another container's", to_text(address));
    }
    pollfd event{changes.get(), POLLIN, 0};
    check(::poll(&event, 1, static_cast<int>(left.count())),
          "watch the network");
    char message[8192];
    while (::recv(changes.get(), message, sizeof message, 0) > 0) {
    }
  }
}

// The host's end has an address, too: the gateway, or if there is none, the
// first of the range that is free.
in_addr host_end(const NetworkSettings& settings) {
  if (settings.gateway) return *settings.gateway;
  const in_addr first = nth_address(*settings.range, 1);
  return first == settings.range->address ? nth_address(*settings.range, 2)
                                          : first;
}

// Containers of the same range think that they are neighbours. They are not,
// but the host answers for the others, and passes on what it gets.
void answer_for_others(const std::string& link) {
  const std::string settings = "/proc/sys/net/ipv4";
  kit::write_file(settings + "/conf/" + link + "/proxy_arp", "1");
  kit::write_file(settings + "/neigh/" + link + "/proxy_delay", "0");
}

std::vector<Relay::Port> listen_at_all(const NetworkSettings& settings) {
  std::vector<Relay::Port> ports;
  for (const auto& [host, inside] : settings.published) {
    ports.push_back(
        {listen_at(host), socket_address(settings.range->address, inside)});
  }
  return ports;
}

}  // namespace

void check_settings(const NetworkSettings& settings) {
  const auto& [range, gateway, published] = settings;
  if (!range) {
    if (gateway) kit::fail("a gateway is of no use without an address");
    if (!published.empty()) kit::fail("publishing needs an address");
    return;
  }
  for (const in_addr address :
       {range->address, gateway.value_or(range->address)}) {
    if (is_usable(address, *range)) continue;
    kit::fail("{} cannot be the address of a machine in {}/{}",
              to_text(address), to_text(network_of(*range)), range->length);
  }
  std::set<std::uint16_t> ports;
  for (const auto& port : published) {
    if (ports.insert(port.host).second) continue;
    kit::fail("port {} is published twice", port.host);
  }
  if (gateway && *gateway == range->address) {
    kit::fail("the gateway is somebody else than the container");
  }
}

AddressRange choose_address() {
  const AddressRange all = parse_range("10.85.0.0/16");
  Netlink host(NETLINK_ROUTE);
  for (int tries = 0; tries < 100; ++tries) {
    std::uint16_t number = 0;
    check(::getrandom(&number, sizeof number, 0), "get a random number");
    const AddressRange range{nth_address(all, number), all.length};
    const bool is_gateway = number == 1;
    if (is_gateway || !is_usable(range.address, range)) continue;
    if (!find_route(host, range.address)) return range;
  }
  kit::fail("find no free address in {}", to_text(all));
}

ContainerNetwork::ContainerNetwork(pid_t pid, const NetworkSettings& settings) {
  check_settings(settings);
  const UniqueFd name_space = open_network_namespace(pid);
  Netlink inside(NETLINK_ROUTE, name_space.get());
  Netlink outside(NETLINK_ROUTE);
  const in_addr here = settings.range ? host_end(settings) : in_addr{};
  if (settings.range) {
    const in_addr inner = settings.range->address;
    tables_.emplace(inner);
    wait_until_free(outside, inner, Role::kContainer);
    wait_until_free(outside, here, Role::kGateway);
  }

  raise_link(inside, "lo");  // Step 05.1
  if (!settings.range) return;

  // Never the same name twice: a link of before may not have gone yet.
  const std::string link = kit::unique_name(kLinkPrefix);
  make_veth_pair(outside, link, name_space.get());  // Step 05.2
  raise_link(outside, link);
  raise_link(inside, "eth0");

  const AddressRange& range = *settings.range;
  tables_->accept_only({hardware_address(inside, "eth0"), range.address},
                       link);                             // Step 05.3
  add_address(outside, link, here, {range.address, 32});  // Step 05.4
  add_address(inside, "eth0", range.address, range);
  if (settings.gateway) {
    add_default_route(inside, "eth0", *settings.gateway);  // Step 05.5
    tables_->masquerade(range);                            // Step 05.6
    answer_for_others(link);
    forwarding_.emplace(link);
  }
  if (!settings.published.empty()) {
    relay_.emplace(listen_at_all(settings));  // Step 05.7
  }
}

void ContainerNetwork::end() {
  relay_.reset();
  if (forwarding_) forwarding_->end();
}

}  // namespace container
