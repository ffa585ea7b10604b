// 04_uts: runs a command with a host name and a domain name of its own.

#include <unistd.h>

#include "lessons/04_uts/hostname.h"
#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/options.h"
#include "lessons/kit/spawn.h"

namespace {

struct Request {
  std::optional<std::string> host_name;
  std::optional<std::string> domain_name;
  kit::Command command;
};

// That a name is too long is for the kernel to say.
std::string parse_name(const std::string& text) {
  if (text.empty()) kit::fail("a name has at least one byte");
  return text;
}

Request parse_request(int argc, char** argv) {
  Request request;
  kit::Options options("Runs COMMAND (/bin/sh) with names of its own.");
  options.add("--hostname", "NAME",
              "its host name, up to 64 bytes (the host's)", request.host_name,
              parse_name);
  options.add("--domainname", "NAME",
              "its domain name, up to 64 bytes (the host's)",
              request.domain_name, parse_name);
  request.command = options.parse(argc, argv);
  if (request.command.empty()) request.command = {"/bin/sh"};
  return request;
}

// In the child.
[[noreturn]] void become(const Request& request, int program) {
  kit::end_with(program);
  if (request.host_name) container::set_host_name(*request.host_name);
  if (request.domain_name) container::set_domain_name(*request.domain_name);
  kit::exec(request.command);
}

int run(const Request& request) {
  const kit::UniqueFd program = kit::open_pidfd(::getpid());

  clone_args args = kit::ordinary_child();
  container::ask_for_names_of_its_own(args);
  kit::Child child =
      kit::spawn(args, [&]() -> int { become(request, program.get()); });
  return child.wait();
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] { return run(parse_request(argc, argv)); });
}
