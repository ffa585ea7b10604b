#include "tests/judge/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/if_link.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "lessons/kit/check.h"
#include "tests/judge/deadline.h"
#include "tests/judge/machine.h"
#include "tests/judge/random.h"

namespace judge {
namespace {

using kit::check;
using kit::UniqueFd;

UniqueFd open_network(const std::string& process) {
  const auto path = process + "/ns/net";
  return UniqueFd{
      check(::openat(machine().proc(), path.c_str(), O_RDONLY | O_CLOEXEC),
            "open the network namespace of {}", process)};
}

// ---- Netlink, by hand ------------------------------------------------------
// The lessons have a better way to write this; the judge does not rely on it.

// A message, or an attribute, or several: everything begins at a 4th byte.
std::string padded(std::string bytes) {
  bytes.resize(NLMSG_ALIGN(bytes.size()));
  return bytes;
}

template <typename Struct>
std::string raw(const Struct& value) {
  return padded({reinterpret_cast<const char*>(&value), sizeof value});
}

std::string attribute(int type, const std::string& value) {
  nlattr header{};
  header.nla_type = static_cast<std::uint16_t>(type);
  header.nla_len = static_cast<std::uint16_t>(sizeof header + value.size());
  return padded(raw(header) + value);
}

std::string text_attribute(int type, const std::string& text) {
  return attribute(type, text + '\0');
}

UniqueFd netlink(int protocol) {
  return UniqueFd{check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol),
                        "make a netlink socket")};
}

void send_message(const UniqueFd& socket, int type, int flags,
                  const std::string& content) {
  nlmsghdr header{};
  header.nlmsg_len = static_cast<std::uint32_t>(sizeof header + content.size());
  header.nlmsg_type = static_cast<std::uint16_t>(type);
  header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
  const auto bytes = raw(header) + content;
  check(::send(socket.get(), bytes.data(), bytes.size(), 0), "send a message");
}

using Take = std::function<void(const nlmsghdr&)>;

// Calls `take` for the messages in `bytes`. Returns true at the last one of an
// answer; then `error` is what the kernel says.
bool take_messages(char* bytes, ssize_t size, int& error, const Take& take) {
  auto left = static_cast<unsigned>(size);
  for (auto* message = reinterpret_cast<nlmsghdr*>(bytes);
       NLMSG_OK(message, left); message = NLMSG_NEXT(message, left)) {
    if (message->nlmsg_type == NLMSG_DONE) return true;
    if (message->nlmsg_type == NLMSG_ERROR) {
      error = -static_cast<nlmsgerr*>(NLMSG_DATA(message))->error;
      return true;
    }
    take(*message);
  }
  return false;
}

void exchange(int protocol, int type, int flags, const std::string& content,
              const Take& take) {
  const auto socket = netlink(protocol);
  send_message(socket, type, flags, content);
  alignas(nlmsghdr) static char bytes[64 << 10];
  for (int error = 0;;) {
    const auto size = check(::recv(socket.get(), bytes, sizeof bytes, 0),
                            "receive a message");
    if (!take_messages(bytes, size, error, take)) continue;
    errno = error;
    check(error == 0 ? 0 : -1, "ask the kernel about the network");
    return;
  }
}

void request(int type, int flags, const std::string& content) {
  exchange(NETLINK_ROUTE, type, NLM_F_ACK | flags, content,
           [](const nlmsghdr&) {});
}

void dump(int protocol, int type, const std::string& content,
          const Take& take) {
  exchange(protocol, type, NLM_F_DUMP, content, take);
}

// The attributes behind the fixed part of a message, by type.
using Attributes = std::map<int, std::string>;

Attributes parse_attributes(const char* bytes, std::size_t size) {
  Attributes result;
  auto left = static_cast<int>(size);
  for (const auto* each = reinterpret_cast<const rtattr*>(bytes);
       RTA_OK(each, left); each = RTA_NEXT(each, left)) {
    result[each->rta_type & NLA_TYPE_MASK] = {
        static_cast<const char*>(RTA_DATA(each)), RTA_PAYLOAD(each)};
  }
  return result;
}

template <typename Fixed>
std::pair<Fixed, Attributes> parse(const nlmsghdr& message) {
  Fixed fixed{};
  const auto* data = static_cast<const char*>(NLMSG_DATA(&message));
  std::memcpy(&fixed, data, sizeof fixed);
  return {fixed, parse_attributes(data + NLMSG_ALIGN(sizeof fixed),
                                  message.nlmsg_len - NLMSG_HDRLEN -
                                      NLMSG_ALIGN(sizeof fixed))};
}

std::string text_of(const Attributes& attributes, int type) {
  const auto found = attributes.find(type);
  return found == attributes.end() ? "" : found->second.c_str();
}

int number_of(const Attributes& attributes, int type) {
  int number = 0;
  const auto found = attributes.find(type);
  if (found != attributes.end() && found->second.size() == sizeof number) {
    std::memcpy(&number, found->second.data(), sizeof number);
  }
  return number;
}

std::string bytes_of(const Attributes& attributes, int type) {
  const auto found = attributes.find(type);
  return found == attributes.end() ? "" : found->second;
}

std::string address_of(const Attributes& attributes, int type) {
  const auto found = attributes.find(type);
  if (found == attributes.end() || found->second.size() != 4) return "";
  char text[INET_ADDRSTRLEN];
  return ::inet_ntop(AF_INET, found->second.data(), text, sizeof text);
}

// ---- What the messages say -------------------------------------------------

std::pair<std::string, Link> parse_link(const nlmsghdr& message) {
  const auto [fixed, attributes] = parse<ifinfomsg>(message);
  Link link;
  link.index = fixed.ifi_index;
  link.up = (fixed.ifi_flags & IFF_UP) != 0;
  link.carrier = (fixed.ifi_flags & IFF_RUNNING) != 0;
  link.hardware = bytes_of(attributes, IFLA_ADDRESS);
  link.peer = number_of(attributes, IFLA_LINK);
  const auto info = attributes.find(IFLA_LINKINFO);
  if (info != attributes.end()) {
    link.kind =
        text_of(parse_attributes(info->second.data(), info->second.size()),
                IFLA_INFO_KIND);
  }
  return {text_of(attributes, IFLA_IFNAME), link};
}

struct FoundAddress {
  int index = 0;
  std::string text;
};

FoundAddress parse_address(const nlmsghdr& message) {
  const auto [fixed, attributes] = parse<ifaddrmsg>(message);
  const auto own = address_of(attributes, IFA_LOCAL);
  const auto other = address_of(attributes, IFA_ADDRESS);
  auto text = fmt::format("{}/{}", other, fixed.ifa_prefixlen);
  if (own != other) text = own + " to " + text;
  return {static_cast<int>(fixed.ifa_index), text};
}

// As ip(8) words it; "" if it is not of the main table.
std::string parse_route(const nlmsghdr& message,
                        const std::function<std::string(int)>& name) {
  const auto [fixed, attributes] = parse<rtmsg>(message);
  if (fixed.rtm_family != AF_INET || fixed.rtm_table != RT_TABLE_MAIN) {
    return "";
  }
  std::string text = "default";
  if (fixed.rtm_dst_len != 0) {
    text = address_of(attributes, RTA_DST);
    if (fixed.rtm_dst_len != 32) text += fmt::format("/{}", fixed.rtm_dst_len);
  }
  const auto gateway = address_of(attributes, RTA_GATEWAY);
  if (!gateway.empty()) text += " via " + gateway;
  return text + " dev " + name(number_of(attributes, RTA_OIF));
}

sockaddr_in socket_address(const std::string& address, std::uint16_t port) {
  sockaddr_in result{};
  result.sin_family = AF_INET;
  result.sin_port = ::htons(port);
  if (!address.empty() &&
      ::inet_pton(AF_INET, address.c_str(), &result.sin_addr) != 1) {
    throw std::invalid_argument(address + " is not an address");
  }
  return result;
}

const sockaddr* generic(const sockaddr_in& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

// How long something may take that takes no time.
constexpr int kMilliseconds = 4000;

bool wait_for(int fd, short what) {
  pollfd event{fd, what, 0};
  return ::poll(&event, 1, kMilliseconds) == 1;
}

UniqueFd tcp_socket() {
  return UniqueFd{
      check(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
            "make a socket")};
}

void set_up_end(const End& end) {
  const auto index = static_cast<int>(::if_nametoindex(end.link.c_str()));
  add_second_address(end, end.address);
  ifinfomsg link{};
  link.ifi_index = index;
  link.ifi_flags = IFF_UP;
  link.ifi_change = IFF_UP;
  request(RTM_NEWLINK, 0, raw(link));
}

// Sends a word from one socket to another.
bool passes(const UniqueFd& from, const UniqueFd& to) {
  const auto word = random_name();
  if (::send(from.get(), word.data(), word.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(word.size())) {
    return false;
  }
  std::string heard;
  while (heard.size() < word.size() && wait_for(to.get(), POLLIN)) {
    char bytes[64];
    const auto size = ::recv(to.get(), bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    heard.append(bytes, static_cast<std::size_t>(size));
  }
  return heard == word;
}

}  // namespace

// ---- Network ---------------------------------------------------------------

Network Network::machine() { return Network{open_network("1")}; }

Network Network::of(pid_t pid) {
  return Network{open_network(std::to_string(pid))};
}

Network Network::make() {
  const auto home = open_network("self");
  check(::unshare(CLONE_NEWNET), "make a network namespace");
  auto made = open_network("self");
  check(::setns(home.get(), CLONE_NEWNET), "come back from there");
  return Network{std::move(made)};
}

void Network::run(const std::function<void()>& task) const {
  const auto home = open_network("self");
  check(::setns(fd_.get(), CLONE_NEWNET), "enter a network namespace");
  std::exception_ptr problem;
  try {
    task();
  } catch (...) {
    problem = std::current_exception();
  }
  check(::setns(home.get(), CLONE_NEWNET), "come back from there");
  if (problem) std::rethrow_exception(problem);
}

std::map<std::string, Link> Network::links() const {
  std::map<std::string, Link> links;
  std::map<int, std::string> names;
  run([&] {
    dump(NETLINK_ROUTE, RTM_GETLINK, raw(ifinfomsg{}), [&](const auto& each) {
      const auto [name, link] = parse_link(each);
      links[name] = link;
      names[link.index] = name;
    });
    ifaddrmsg family{};
    family.ifa_family = AF_INET;
    dump(NETLINK_ROUTE, RTM_GETADDR, raw(family), [&](const auto& each) {
      const auto [index, text] = parse_address(each);
      links[names[index]].addresses.insert(text);
    });
  });
  return links;
}

std::set<std::string> Network::routes() const {
  std::map<int, std::string> names;
  for (const auto& [name, link] : links()) names[link.index] = name;
  std::set<std::string> routes;
  rtmsg family{};
  family.rtm_family = AF_INET;
  run([&] {
    dump(NETLINK_ROUTE, RTM_GETROUTE, raw(family), [&](const auto& each) {
      const auto text =
          parse_route(each, [&](int index) { return names[index]; });
      if (!text.empty()) routes.insert(text);
    });
  });
  return routes;
}

std::map<std::string, std::string> Network::neighbours(
    const std::string& link) const {
  std::map<std::string, std::string> found;
  run([&] {
    const auto index = static_cast<int>(::if_nametoindex(link.c_str()));
    ndmsg family{};
    family.ndm_family = AF_INET;
    dump(NETLINK_ROUTE, RTM_GETNEIGH, raw(family), [&](const auto& each) {
      const auto [fixed, attributes] = parse<ndmsg>(each);
      const auto hardware = bytes_of(attributes, NDA_LLADDR);
      if (fixed.ndm_ifindex != index || hardware.empty()) return;
      found[address_of(attributes, NDA_DST)] = hardware;
    });
  });
  return found;
}

std::set<std::string> Network::tables() const {
  std::set<std::string> tables;
  run([&] {
    const auto type = (NFNL_SUBSYS_NFTABLES << 8) | NFT_MSG_GETTABLE;
    dump(NETLINK_NETFILTER, type, raw(nfgenmsg{}), [&](const auto& each) {
      const auto [fixed, attributes] = parse<nfgenmsg>(each);
      const std::string family = fixed.nfgen_family == AF_INET
                                     ? "ip"
                                     : std::to_string(fixed.nfgen_family);
      tables.insert(family + " " + text_of(attributes, NFTA_TABLE_NAME));
    });
  });
  return tables;
}

UniqueFd Network::listen(std::uint16_t port) const {
  UniqueFd listener;
  run([&] {
    listener = tcp_socket();
    const auto all = socket_address("", port);
    check(::bind(listener.get(), generic(all), sizeof all), "take port {}",
          port);
    check(::listen(listener.get(), 16), "listen at port {}", port);
  });
  return listener;
}

UniqueFd Network::listen_udp(std::uint16_t port) const {
  UniqueFd socket;
  run([&] {
    // An IPv6 socket takes IPv4, too, unless IPV6_V6ONLY is set: ipv6(7).
    socket.reset(check(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0),
                       "make a socket"));
    sockaddr_in6 all{};
    all.sin6_family = AF_INET6;
    all.sin6_port = ::htons(port);
    check(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&all),
                 sizeof all),
          "take port {}", port);
  });
  return socket;
}

void Network::send_frame(const std::string& link,
                         const std::string& frame) const {
  // Each processor has a queue of its own for what a veth has received.
  cpu_set_t before;
  check(::sched_getaffinity(0, sizeof before, &before), "ask for processors");
  cpu_set_t first;
  CPU_ZERO(&first);
  for (int cpu = 0; CPU_COUNT(&first) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &first);
  }
  check(::sched_setaffinity(0, sizeof first, &first), "stay on a processor");
  run([&] {
    const UniqueFd socket{check(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0),
                                "make a raw socket")};
    sockaddr_ll where{};
    where.sll_family = AF_PACKET;
    where.sll_ifindex = static_cast<int>(::if_nametoindex(link.c_str()));
    check(::sendto(socket.get(), frame.data(), frame.size(), 0,
                   reinterpret_cast<const sockaddr*>(&where), sizeof where),
          "send a frame through {}", link);
  });
  check(::sched_setaffinity(0, sizeof before, &before), "go on elsewhere");
}

Network::Call Network::call(const std::string& address, std::uint16_t port,
                            const std::string& own) const {
  Call call;
  run([&] {
    call.socket = tcp_socket();
    const int fd = call.socket.get();
    const auto from = socket_address(own, 0);
    check(::bind(fd, generic(from), sizeof from), "call from {}", own);
    const auto to = socket_address(address, port);
    int error = 0;
    if (::connect(fd, generic(to), sizeof to) == -1) error = errno;
    if (error == EINPROGRESS) {
      socklen_t size = sizeof error;
      error = ETIMEDOUT;
      if (wait_for(fd, POLLOUT)) {
        ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
      }
    }
    if (error == 0) return;
    call.socket.reset();
    call.error = std::strerror(error);
  });
  return call;
}

void lay_cable(const End& here, const End& there) {
  UniqueFd other;
  there.network.run([&] { other = open_network("self"); });
  const auto peer = raw(ifinfomsg{}) + text_attribute(IFLA_IFNAME, there.link) +
                    attribute(IFLA_NET_NS_FD, raw(other.get()));
  const auto info = text_attribute(IFLA_INFO_KIND, "veth") +
                    attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, peer));
  here.network.run([&] {
    request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
            raw(ifinfomsg{}) + text_attribute(IFLA_IFNAME, here.link) +
                attribute(IFLA_LINKINFO, info));
    set_up_end(here);
  });
  there.network.run([&] { set_up_end(there); });
}

void add_second_address(const End& end, const std::string& address) {
  end.network.run([&] {
    ifaddrmsg fixed{};
    fixed.ifa_family = AF_INET;
    fixed.ifa_prefixlen = static_cast<unsigned char>(end.length);
    fixed.ifa_index = ::if_nametoindex(end.link.c_str());
    const auto bytes = raw(socket_address(address, 0).sin_addr);
    request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
            raw(fixed) + attribute(IFA_LOCAL, bytes) +
                attribute(IFA_ADDRESS, bytes));
  });
}

void remove_link(const std::string& name) {
  ifinfomsg link{};
  link.ifi_index = static_cast<int>(::if_nametoindex(name.c_str()));
  if (link.ifi_index != 0) request(RTM_DELLINK, 0, raw(link));
}

std::optional<Caller> answer(const UniqueFd& listener) {
  if (!wait_for(listener.get(), POLLIN)) return {};
  sockaddr_in peer{};
  socklen_t size = sizeof peer;
  UniqueFd socket{::accept4(listener.get(), reinterpret_cast<sockaddr*>(&peer),
                            &size, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (!socket) return {};
  char text[INET_ADDRSTRLEN];
  return Caller{std::move(socket),
                ::inet_ntop(AF_INET, &peer.sin_addr, text, sizeof text)};
}

ssize_t receive(const UniqueFd& socket, char* bytes, std::size_t size) {
  (void)wait_for(socket.get(), POLLIN);
  return ::recv(socket.get(), bytes, size, MSG_DONTWAIT);
}

bool can_talk(const UniqueFd& left, const UniqueFd& right) {
  return passes(left, right) && passes(right, left);
}

// ---- NetworkEvents ---------------------------------------------------------

NetworkEvents::NetworkEvents() : socket_(netlink(NETLINK_ROUTE)) {
  const int yes = 1;
  const int size = 1 << 20;
  check(::setsockopt(socket_.get(), SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, &yes,
                     sizeof yes),
        "listen to all namespaces");
  check(::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &size,
                     sizeof size),
        "make room for events");
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE;
  check(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
               sizeof address),
        "listen to the kernel");
}

const std::set<std::string>& NetworkEvents::here() const {
  receive();
  return here_;
}

const std::set<std::string>& NetworkEvents::inside() const {
  receive();
  return inside_;
}

void NetworkEvents::receive() const {
  alignas(nlmsghdr) static char bytes[64 << 10];
  for (;;) {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    iovec part{bytes, sizeof bytes};
    msghdr envelope{};
    envelope.msg_iov = &part;
    envelope.msg_iovlen = 1;
    envelope.msg_control = control;
    envelope.msg_controllen = sizeof control;
    const auto size = ::recvmsg(socket_.get(), &envelope, MSG_DONTWAIT);
    if (size <= 0) return;

    int where = -1;
    for (auto* each = CMSG_FIRSTHDR(&envelope); each != nullptr;
         each = CMSG_NXTHDR(&envelope, each)) {
      if (each->cmsg_level == SOL_NETLINK &&
          each->cmsg_type == NETLINK_LISTEN_ALL_NSID) {
        std::memcpy(&where, CMSG_DATA(each), sizeof where);
      }
    }
    auto& facts = where == -1 ? here_ : inside_;
    const auto name = [&](int index) { return names_[{where, index}]; };
    int error = 0;
    take_messages(bytes, size, error, [&](const nlmsghdr& message) {
      if (message.nlmsg_type == RTM_NEWLINK) {
        const auto [link_name, link] = parse_link(message);
        names_[{where, link.index}] = link_name;
        facts.insert(link_name + " is a " + link.kind);
        if (link.up) facts.insert(link_name + " is up");
        if (link.carrier) facts.insert(link_name + " has a carrier");
      } else if (message.nlmsg_type == RTM_NEWADDR) {
        const auto [index, text] = parse_address(message);
        facts.insert(name(index) + " has " + text);
      } else if (message.nlmsg_type == RTM_NEWROUTE) {
        const auto text = parse_route(message, name);
        if (!text.empty()) facts.insert(text);
      }
    });
  }
}

}  // namespace judge
