// 08_seccomp: runs a command with a filter of its system calls.

#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <optional>

#include "lessons/08_seccomp/given/default/default.h"
#include "lessons/08_seccomp/given/profile.h"
#include "lessons/kit/check.h"
#include "lessons/kit/default_root.h"
#include "lessons/kit/file.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/options.h"

namespace {

// A container has Docker's capabilities: what a profile makes of those is used
// here, though this program keeps all that it has.
constexpr std::uint64_t kDockersCapabilities = 0xa80425fb;

struct Request {
  std::optional<std::filesystem::path> root;
  std::optional<std::string> profile;
  std::vector<std::string> denied;
  kit::Command command;
};

std::string parse_call(const std::string& name) {
  if (::seccomp_syscall_resolve_name(name.c_str()) == __NR_SCMP_ERROR) {
    kit::fail("\"{}\" is not a system call: syscalls(2) has their names", name);
  }
  return name;
}

Request parse_request(int argc, char** argv) {
  Request request;
  kit::Options options(
      "Runs COMMAND (/bin/sh) with a filter of its system calls.");
  options.add("--profile", "FILE",
              "what is allowed, in Docker's format (much as\n"
              "Docker's). Calls that libseccomp does not know are\n"
              "left out",
              request.profile, [](const auto& text) { return text; });
  options.add_list("--deny", "SYSCALL",
                   "refuse this call (EPERM), like mkdir; may be repeated",
                   request.denied, parse_call);
  options.add("--root", "DIR", "its root (a root with busybox)", request.root,
              [](const auto& text) { return std::filesystem::path(text); });
  request.command = options.parse(argc, argv);
  if (request.command.empty()) request.command = {"/bin/sh"};
  return request;
}

// The policy with a rule for each call that is denied, and no other for it.
container::Filter filter_with_denials(const Request& request) {
  const auto place = container::here(kDockersCapabilities);
  container::Policy policy =
      request.profile
          ? container::read_profile(
                *request.profile,
                kit::read_file(*request.profile, container::kMaxProfile), place)
          : container::read_profile("profile.json", container::kDefaultProfile,
                                    place);
  for (const auto& call : request.denied) {
    std::erase_if(policy.rules,
                  [&](const auto& rule) { return rule.call == call; });
    policy.rules.push_back({call, SCMP_ACT_ERRNO(EPERM), {}});
  }
  return container::compile(policy);
}

// A root as in lesson 00, with a /proc to look at. Lessons 01 and 02 make
// better ones.
void enter_root(const std::filesystem::path& root) {
  kit::check(::unshare(CLONE_NEWNS), "make a mount namespace");
  kit::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr),
             "make the mounts private");
  kit::check(::chroot(root.c_str()), "change the root to {}", root.native());
  kit::check(::chdir("/"), "change the directory to the new root");
  if (std::filesystem::is_directory("/proc")) {
    kit::check(::mount("proc", "/proc", "proc",
                       MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr),
               "mount /proc");
  }
}

// Nobody can say anything any more once it has happened.
void warn_if_it_kills(const container::Filter& filter) {
  const auto verdict = container::ask(filter, SYS_execve);
  if (!container::kills(verdict)) return;
  fmt::print(stderr,
             "{}: the filter kills who calls execve: no command can "
             "start\n",
             program_invocation_short_name);
}

int run(const Request& request) {
  const container::Filter filter =
      request.denied.empty()
          ? container::choose_filter(request.profile, kDockersCapabilities)
          : filter_with_denials(request);
  enter_root(request.root ? *request.root : kit::default_root());

  // All that can be done before is done before: the filter may not let us.
  const std::string program = kit::find_program(request.command.front());
  const auto words = kit::c_strings(request.command);
  warn_if_it_kills(filter);
  container::install_filter(filter);
  ::execve(program.c_str(), words.data(), ::environ);
  const int error = errno;
  if (error == ENOENT) kit::exec(request.command);  // Says what is missing.
  throw kit::Exit(kit::kNotExecutable,
                  fmt::format("run {}: {} (does the filter allow execve?)",
                              program, std::generic_category().message(error)));
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] { return run(parse_request(argc, argv)); });
}
