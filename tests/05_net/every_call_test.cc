// Judges lesson 05: each system call of its program fails, once.

#include "tests/judge/every_call.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "tests/judge/judge.h"

namespace {

using judge::Line;
using judge::MadeCall;

judge::EveryCall every_call() {
  const auto network = fmt::format("10.{}.{}.", judge::random_number(1, 250),
                                   judge::random_number(0, 250));
  const auto port = judge::random_number(20000, 30000);
  return judge::EveryCall(
      {.options = {"--ip", network + "2/24", "--gateway", network + "1",
                   "--publish", fmt::format("{}:80", port)},
       .with_root = false});
}

bool listens(const MadeCall& call) {
  return (call.is({SYS_socket}) && call.option() == AF_INET) ||
         (call.is({SYS_setsockopt}) && call.option() == SO_REUSEADDR) ||
         (call.is({SYS_bind, SYS_listen}) && !call.by_child);
}

}  // namespace

TEST_CASE("05: every call that listens fails once", "[05.7][points:1][idle]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. A port at which nobody listens is not "
      "published.");
  CHECK(every_call().complaints(listens, Line::kSaysError) == "");
}
