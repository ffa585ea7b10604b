#include "tests/judge/network_events.h"

#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

#include "lessons/kit/check.h"
#include "tests/judge/netlink.h"
#include "tests/judge/network_message.h"

namespace judge {

using kit::check;

NetworkEvents::NetworkEvents() : socket_(netlink::open(NETLINK_ROUTE)) {
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

const NetworkHistory& NetworkEvents::here() const {
  receive();
  return here_;
}

const NetworkHistory& NetworkEvents::inside() const {
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
    auto& history = where == -1 ? here_ : inside_;
    int error = 0;
    netlink::take_messages(bytes, size, error, [&](const nlmsghdr& message) {
      remember(message, where, history);
    });
  }
}

void NetworkEvents::remember(const nlmsghdr& message, int where,
                             NetworkHistory& history) const {
  const auto name = [&](int index) { return names_[{where, index}]; };
  if (message.nlmsg_type == RTM_NEWLINK) {
    const auto [link_name, link] = parse_link(message);
    names_[{where, link.index}] = link_name;
    auto& past = history.links[link_name];
    past.kinds.insert(link.kind);
    past.up |= link.up;
    past.carrier |= link.carrier;
  } else if (message.nlmsg_type == RTM_NEWADDR) {
    const auto [index, text] = parse_address(message);
    history.links[name(index)].addresses.insert(text);
  } else if (message.nlmsg_type == RTM_NEWROUTE) {
    const auto route = parse_route(message, name);
    if (route) history.routes.insert(*route);
  }
}

LinkHistory NetworkHistory::link(const std::string& name) const {
  const auto found = links.find(name);
  return found == links.end() ? LinkHistory{} : found->second;
}

}  // namespace judge
