// 07_caps: runs a command with few of root's rights.

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>

#include "lessons/07_caps/capabilities.h"
#include "lessons/kit/check.h"
#include "lessons/kit/default_root.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/options.h"

namespace {

struct Request {
  std::optional<std::filesystem::path> root;
  container::Changes changes;
  container::User user;
  kit::Command command;
};

Request parse_request(int argc, char** argv) {
  Request request;
  std::optional<container::User> user;
  kit::Options options(
      "Runs COMMAND (/bin/sh) with Docker's fourteen capabilities, or those "
      "that are asked for.");
  options.add("--root", "DIR", "its root (a root with busybox)", request.root,
              [](const auto& text) { return std::filesystem::path(text); });
  options.add_list("--cap-drop", "NAME",
                   "without this one, like CHOWN, or ALL; may be repeated",
                   request.changes.dropped, container::parse_capability);
  options.add_list("--cap-add", "NAME",
                   "with this one, like SYS_TIME, or ALL; may be repeated",
                   request.changes.added, container::parse_capability);
  options.add("--user", "UID[:GID]",
              "as this user (0), who has only what --cap-add names", user,
              container::parse_user);
  request.command = options.parse(argc, argv);
  if (request.command.empty()) request.command = {"/bin/sh"};
  request.user = user.value_or(container::User{});
  return request;
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

int run(const Request& request) {
  const auto sets = container::choose_sets(request.changes, request.user);
  enter_root(request.root ? *request.root : kit::default_root());

  container::limit_bounding_set(sets.bounding);
  container::become_user(request.user);
  container::set_capabilities(sets);
  container::raise_ambient(sets.ambient);
  container::forbid_new_privileges();
  kit::exec(request.command);
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] { return run(parse_request(argc, argv)); });
}
