// Conversations between networks. The sockets for them are made by Network's
// listen(), listen_udp() and call(), in the namespace where they belong.
//
//   const auto listener = inside.listen(port);
//   const auto call = Network::host().call("10.0.5.2", port);
//   const auto caller = judge::answer(listener);
//   REQUIRE(caller);
//   CHECK(judge::can_talk(call.socket, caller->socket));

#pragma once

#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>

#include "lessons/kit/unique_fd.h"
#include "tests/judge/network.h"

namespace judge {

// The next caller at a listening socket, and the address that it seems to have.
// Nobody, after some seconds.
struct Caller {
  kit::UniqueFd socket;
  std::string address;
};
std::optional<Caller> answer(const kit::UniqueFd& listener);

// Waits some seconds for something to come, and receives it, as recv(2) does.
ssize_t receive(const kit::UniqueFd& socket, char* bytes, std::size_t size);

// Does what is sent at one end come out at the other, in both directions?
bool can_talk(const kit::UniqueFd& left, const kit::UniqueFd& right);

}  // namespace judge
