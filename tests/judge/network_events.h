// What has happened to links, addresses and routes, though it is over.
//
//   const judge::NetworkEvents events;
//   ... start a container ...
//   CHECK(events.inside().link("eth0").carrier);

#pragma once

#include <linux/netlink.h>

#include <map>
#include <set>
#include <string>
#include <utility>

#include "lessons/kit/unique_fd.h"
#include "tests/judge/network.h"

namespace judge {

// What a link has been and had, each at some moment.
struct LinkHistory {
  std::set<std::string> kinds;
  bool up = false;
  bool carrier = false;
  std::set<std::string> addresses;  // As in Link.
};

struct NetworkHistory {
  std::map<std::string, LinkHistory> links;
  std::set<Route> routes;

  // That of the link `name`; an empty one if there was no such link.
  [[nodiscard]] LinkHistory link(const std::string& name) const;
};

// What the kernel tells about links, addresses and routes while this exists: in
// the guest, and in every namespace that is at the other end of one of its
// links. So what was there can be judged although it has gone again: a program
// that fails in a later step takes everything with it.
class NetworkEvents {
 public:
  NetworkEvents();

  [[nodiscard]] const NetworkHistory& here() const;
  [[nodiscard]] const NetworkHistory& inside() const;

  // For poll(2): readable when there is something new.
  [[nodiscard]] int descriptor() const { return socket_.get(); }

 private:
  void receive() const;
  void remember(const nlmsghdr& message, int where,
                NetworkHistory& history) const;

  kit::UniqueFd socket_;
  // By namespace (-1: the guest's) and index.
  mutable std::map<std::pair<int, int>, std::string> names_;
  mutable NetworkHistory here_, inside_;
};

}  // namespace judge
