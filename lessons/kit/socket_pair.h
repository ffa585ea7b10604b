// Two sockets that are connected with each other.

#pragma once

#include <sys/socket.h>

#include <utility>

#include "lessons/kit/check.h"
#include "lessons/kit/unique_fd.h"

namespace kit {

// For a process and its child, where nothing more to read means that the other
// side has ended. So it is SOCK_STREAM: with SOCK_SEQPACKET, recv(2) can return
// 0 although a message is there, if that comes and the other side closes at the
// moment in which recv() looks at the one and then at the other (Linux 6.1,
// unix_dgram_recvmsg() and __skb_wait_for_more_packets()).
inline std::pair<UniqueFd, UniqueFd> make_socket_pair() {
  int ends[2];
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
        "make a pair of sockets");
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

}  // namespace kit
