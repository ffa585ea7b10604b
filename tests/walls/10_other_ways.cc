// Row 10: a rule on a call's arguments holds for the other way to make it, too:
// socketcall(2), which only 32-bit programs have.

#include <fmt/format.h>
#include <sys/socket.h>

#include <cerrno>

#include "tests/walls/attempt.h"

namespace {

constexpr int kSocketCall = 102;  // In the table of 32-bit x86.
constexpr int kMakeSocket = 1;    // SYS_SOCKET: linux/net.h.

std::string make_socket(const judge::Box& box, int family) {
  const auto words =
      box.get(fmt::format("words {} {} 0", family, int{SOCK_SEQPACKET}));
  return box.ask(
      fmt::format("call32 {} {} {}", kSocketCall, kMakeSocket, words));
}

// How many sockets the command has more after it has tried to make one.
std::size_t new_sockets(const judge::Box& box) {
  const auto before = box.command().descriptors().size();
  (void)make_socket(box, AF_UNIX);
  return box.command().descriptors().size() - before;
}

// Has the filter stopped it? The kernel may know no such sockets: then, what it
// says of them is the witness that they were asked for.
bool is_stopped(const judge::Box& box, int family) {
  const auto answer = make_socket(box, family);
  return answer == "error " + std::to_string(ENOSYS) ||
         answer == "error " + std::to_string(EPERM);
}

}  // namespace

TEST_CASE("10  held      no socket by the 32-bit socketcall") {
  for (const auto& options :
       std::vector<walls::Options>{{}, {"--userns", "auto"}}) {
    const auto box = walls::start(options);
    CHECK(is_stopped(box, AF_VSOCK));
    CHECK(is_stopped(box, AF_ALG));
    CHECK(new_sockets(box) == 0);
  }
}

TEST_CASE("10  control   ... without the filter, the kernel is asked") {
  const auto box = walls::start({"--security-opt", "seccomp=unconfined"});
  CHECK_FALSE(is_stopped(box, AF_VSOCK));
  CHECK_FALSE(is_stopped(box, AF_ALG));
  CHECK(new_sockets(box) == 1);
}
