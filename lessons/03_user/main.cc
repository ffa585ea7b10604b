// 03_user: runs a command as root of a user namespace of its own. For ordinary
// users.

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include "lessons/03_user/given/restrictions.h"
#include "lessons/03_user/user.h"
#include "lessons/kit/check.h"
#include "lessons/kit/default_root.h"
#include "lessons/kit/gate.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/options.h"
#include "lessons/kit/spawn.h"

namespace {

namespace fs = std::filesystem;

struct Request {
  std::optional<fs::path> root;
  container::IdMaps maps;
  kit::Command command;
};

Request parse_request(int argc, char** argv) {
  Request request;
  auto& maps = request.maps;
  kit::Options options(
      "Runs COMMAND (/bin/sh) as root of a user namespace of its own.");
  options.add_list("--map-uid", "IN:OUT:COUNT",
                   "COUNT users, from IN on inside, from OUT on outside\n"
                   "(0 is who calls); may be repeated",
                   maps.users, container::parse_id_range);
  options.add_list("--map-gid", "IN:OUT:COUNT",
                   "the same for groups (0 is the caller's group)", maps.groups,
                   container::parse_id_range);
  options.add("--root", "DIR", "its root (a root with busybox)", request.root,
              [](const auto& text) { return fs::path(text); });
  request.command = options.parse(argc, argv);
  if (request.command.empty()) request.command = {"/bin/sh"};
  if (maps.users.empty()) maps.users = container::default_maps().users;
  if (maps.groups.empty()) maps.groups = container::default_maps().groups;
  return request;
}

// A root as in lesson 00, with the host's /proc and /dev in it: root of a
// user namespace may not make devices, nor, before lesson 02, a /proc.
//
// The working directory is that root. By its path it may not be reached any
// more: that of the default root leads through a folder of the caller's alone.
void enter_root() {
  kit::check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr),
             "make the mounts private");
  for (const std::string folder : {"/proc", "/dev"}) {
    const std::string target = "." + folder;
    if (!fs::is_directory(target)) continue;
    kit::check(::mount(folder.c_str(), target.c_str(), nullptr,
                       MS_BIND | MS_REC, nullptr),
               "mount {} at {}", folder, target);
  }
  kit::check(::chroot("."), "change the root to the working directory");
  kit::check(::chdir("/"), "change the directory to the new root");
}

// Who: the command, until it is the command. program: a pidfd of the parent.
[[noreturn]] void become(const Request& request, const fs::path& root,
                         int program) {
  kit::check(::chdir(root.c_str()), "enter the root {}", root.native());
  container::become_root_inside();
  // Not before: who changes its ids is no longer told of its parent's end.
  kit::end_with(program);
  enter_root();
  kit::exec(request.command);
}

int run(const Request& request) {
  container::check_user_namespaces();
  container::check_maps(request.maps);
  const fs::path root = request.root ? *request.root : kit::default_root();
  const kit::UniqueFd program = kit::open_pidfd(::getpid());
  kit::Gate mapped;

  clone_args args = kit::ordinary_child();
  args.flags |= CLONE_NEWNS;  // For enter_root(). It belongs to the new users.
  container::ask_for_users_of_its_own(args);
  kit::Child child = kit::spawn(args, [&]() -> int {
    mapped.wait();
    become(request, root, program.get());
  });
  container::map_ids(child.pid(), request.maps);
  mapped.open();
  return child.wait();
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] { return run(parse_request(argc, argv)); });
}
