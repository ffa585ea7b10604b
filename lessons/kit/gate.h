// Keeps a child waiting until its parent has prepared it.

#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <tuple>

#include "lessons/kit/check.h"
#include "lessons/kit/socket_pair.h"
#include "lessons/kit/unique_fd.h"

namespace kit {

// Holds a child back until its parent has prepared it.
//
//   Gate gate;
//   Child child = spawn({}, [&] { gate.wait(); ...; });
//   write_id_maps(child.pid());
//   gate.open();
class Gate {
 public:
  Gate() { std::tie(child_s_, parent_s_) = make_socket_pair(); }

  // In the parent, once the child may go on. That it has ended meanwhile is no
  // error here: Child::wait() says how. (A pipe would kill us: SIGPIPE.)
  void open() {
    child_s_.reset();
    const auto sent = ::send(parent_s_.get(), "", 1, MSG_NOSIGNAL);
    if (sent == -1 && errno != EPIPE) check(sent, "open the gate");
    parent_s_.reset();
  }

  // In the child. Reading nothing means that the parent died, so stop too.
  void wait() {
    parent_s_.reset();  // Our own copy would keep the socket open for ever.
    char byte = 0;
    if (check(::read(child_s_.get(), &byte, 1), "wait for the parent") == 0) {
      fail("the parent ended before it opened the gate");
    }
  }

 private:
  UniqueFd child_s_;
  UniqueFd parent_s_;
};

}  // namespace kit
