// 01_mount: runs a command in a mount namespace with another root.

#include <sched.h>
#include <unistd.h>

#include "lessons/01_mount/given/volumes.h"
#include "lessons/01_mount/mount.h"
#include "lessons/kit/check.h"
#include "lessons/kit/default_root.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/options.h"

namespace {

struct Request {
  std::filesystem::path root;
  std::vector<container::Mount> mounts;
  bool read_only = false;
  kit::Command command;
};

Request parse_request(int argc, char** argv) {
  Request request;
  std::optional<std::filesystem::path> root;
  kit::Options options("Runs COMMAND (/bin/sh) with mounts of its own.");
  options.add("--root", "DIR", "its root (a root with busybox)", root,
              [](const auto& text) { return std::filesystem::path(text); });
  options.add_list("--volume", "SRC:DST[:ro]",
                   "the host's file or directory SRC, at DST;\n"
                   "ro: read-only; may be repeated",
                   request.mounts, container::parse_volume);
  options.add_list("--tmpfs", "DST[:size=N]",
                   "an empty file system in memory, at DST, for N\n"
                   "bytes, or like 64m; may be repeated",
                   request.mounts, container::parse_tmpfs);
  options.add_flag("--read-only", "the root itself is read-only",
                   request.read_only);
  request.command = options.parse(argc, argv);
  if (request.command.empty()) request.command = {"/bin/sh"};
  container::sort_mounts(request.mounts);
  request.root = root ? *root : kit::default_root();
  return request;
}

int run(Request request) {
  kit::check(::unshare(CLONE_NEWNS), "make a mount namespace");
  container::make_mounts_private();
  container::open_volumes(request.mounts);
  container::change_root(request.root);
  container::drop_old_root();
  container::place_mounts(request.mounts);
  if (request.read_only) container::make_root_read_only();

  // A descriptor of the old root would still be a way there: lesson 00.
  kit::check(::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC), "close descriptors");
  kit::exec(request.command);
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] { return run(parse_request(argc, argv)); });
}
