// 05_net: runs a command with a network of its own.

#include <sched.h>
#include <sys/prctl.h>

#include <csignal>

#include "lessons/05_net/given/container_network.h"
#include "lessons/kit/check.h"
#include "lessons/kit/gate.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/options.h"
#include "lessons/kit/spawn.h"

namespace {

struct Request {
  container::NetworkSettings network;
  kit::Command command;
};

Request parse_request(int argc, char** argv) {
  Request request;
  auto& network = request.network;
  kit::Options options(
      "Runs COMMAND (/bin/sh) with a network of its own: a loopback and, with "
      "--ip, a\nlink eth0 to the host.");
  options.add("--ip", "ADDR/LEN",
              "the address of eth0, and the length of its network's\n"
              "part, like 10.0.5.2/24 (no link)",
              network.range, container::parse_range);
  options.add("--gateway", "ADDR",
              "the host's address there, like 10.0.5.1, and the\n"
              "way to everywhere else (no way)",
              network.gateway, container::parse_address);
  options.add_list("--publish", "HOST:CONTAINER",
                   "let the host's TCP port HOST lead to the\n"
                   "container's port CONTAINER; may be repeated",
                   network.published, container::parse_published_port);
  request.command = options.parse(argc, argv);
  container::check_settings(network);
  if (request.command.empty()) request.command = {"/bin/sh"};
  return request;
}

// Who: process 1 of a PID namespace. When it ends, the kernel ends all others
// in there, so that nobody keeps the network alive. Lesson 02 makes more of it.
int run_init(const kit::Command& command, kit::Gate& ready, kit::Gate& go) {
  kit::check(::prctl(PR_SET_PDEATHSIG, SIGKILL), "ask to end with the parent");
  sigset_t all;
  ::sigfillset(&all);  // A process 1 loses the signals that it does not block.
  kit::check(::sigprocmask(SIG_BLOCK, &all, nullptr), "block signals");
  ready.open();
  go.wait();
  return kit::spawn({}, [&]() -> int { kit::exec(command); }).wait();
}

int run(const Request& request) {
  kit::Gate ready;
  kit::Gate go;
  clone_args args = kit::ordinary_child();
  args.flags |= CLONE_NEWNET | CLONE_NEWPID;
  kit::Child init =
      kit::spawn(args, [&] { return run_init(request.command, ready, go); });
  ready.wait();
  container::ContainerNetwork network(init.pid(), request.network);
  go.open();
  const int status = init.wait();
  network.end();
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] { return run(parse_request(argc, argv)); });
}
