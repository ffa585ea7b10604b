#include "tests/judge/connection.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "lessons/kit/check.h"
#include "tests/judge/random.h"

namespace judge {
namespace {

using kit::check;
using kit::UniqueFd;

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

// ---- Sockets in a network ----

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

// ---- What they are used for ----

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

}  // namespace judge
