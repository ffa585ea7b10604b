// Judges steps 01.5 and 01.6, a target and the volume on it:
// lessons/01_mount/mount.h is the contract.

#include "tests/01_mount/mount.h"

namespace mounts {

// ---- 01.5: where it is to be mounted ----

TEST_CASE("01: a magic link does not lead a target out",
          "[01.5][points:2][ELOOP]") {
  const auto source = make_source();
  const auto outside = make_source();
  const auto root = judge::make_root_directory();
  // In the container's /proc, it leads to what descriptor 9 stands for: the
  // host's root, which a careless caller has left open.
  fs::create_directory_symlink("/proc/self/fd/9" + outside, root + "/w");
  judge::Circumstances circumstances;
  circumstances.leaked_descriptors = {9};
  REQUIRE(judge::guest().on_stage([&] {
    const auto proc = root + "/proc";
    ::mkdir(proc.c_str(), 0755);
    return ::mount("proc", proc.c_str(), "proc", 0, nullptr) == 0;
  }));

  const auto before = judge::Host::now();
  for (const Options& more :
       {Options{"--volume", source + ":/w/made"},
        Options{"--volume", source + "/file:/w/made"},
        Options{"--tmpfs", "/w/made"}, Options{"--tmpfs", "/w"}}) {
    const auto result = run_in(root, more, 0, circumstances);
    HINT(
        "The root has a link to /proc/self/fd/9, a magic link: it leads to "
        "what the descriptor stands for, out of the root. openat2(2) refuses "
        "it with RESOLVE_NO_MAGICLINKS.");
    CHECK(!fs::exists(outside + "/made"));
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    HINT(
        "The path was refused for another reason than its magic link. Other "
        "links are followed, absolute ones as well: from the root "
        "(RESOLVE_IN_ROOT).");
    CHECK_THAT(result.errors, judge::contains(std::strerror(ELOOP)));
  }
  CHECK(judge::Host::settled(before) == before);
}

// ---- 01.6: a volume, attached ----

TEST_CASE("01: a volume that cannot be attached is an error",
          "[01.6][points:1][errors]") {
  for (const int number : {EPERM, EINVAL}) {
    const auto result = run_in(judge::make_root_directory(),
                               {"--volume", make_source() + ":/mnt"}, 3,
                               {.failing_calls = {{{SYS_move_mount}, number}}});
    HINT(
        "move_mount() has failed, and the command has run without the "
        "volume.");
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(std::strerror(number)));
  }
}

TEST_CASE("01: a volume shares files with the host",
          "[01.6][points:2][mounts]") {
  const auto before = judge::Host::now();
  const auto source = make_source();
  const auto target = "/" + judge::random_name() + "/deep";
  const auto box = judge::start({"--volume", source + ":" + target});

  HINT(
      "move_mount() has to mount the volume, and check() to look whether it "
      "has.");
  REQUIRE(box.ask("read " + target + "/file") == "ok of the host");
  CHECK(box.ask("make " + target + "/new from inside") == "ok");
  CHECK(content(source + "/new") == "from inside");
  std::ofstream(source + "/later") << "from outside";
  CHECK(box.ask("read " + target + "/later") == "ok from outside");
  CHECK(targets(box.command().mounts()) == Names{"/", target});
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("01: a file can be a volume, too", "[01.6][points:1][file]") {
  const auto source = make_source() + "/file";
  const auto box = judge::start(
      {"--volume", source + ":/etc/one:ro", "--volume", source + ":/two"});

  HINT("The volume is a file, and so is its target.");
  REQUIRE(box.ask("read /etc/one") == "ok of the host");
  CHECK(box.ask("write /etc/one text") == error(EROFS));
  CHECK(box.ask("write /two text") == "ok");
  CHECK(content(source).starts_with("text"));
}

// ---- 01.5 again: this needs a volume that is mounted, to be seen there ----

TEST_CASE("01: a target that is a link out of the root does not get out",
          "[01.5][points:2][links][up]") {
  const auto before = judge::Host::now();
  const auto source = make_source();
  const auto root = judge::make_root_directory();
  fs::copy_file(root + "/probe", source + "/probe");
  // All lead to a directory that is in the host, and in the root as well.
  fs::create_directory_symlink("../../../../../../etc", root + "/link");
  fs::create_directory_symlink("/tmp", root + "/absolute");
  fs::create_directory(root + "/etc/below");
  fs::create_directory_symlink("link", root + "/chain");
  const auto status = static_cast<int>(judge::random_number(1, 100));

  for (const auto& [target, where] :
       std::vector<std::pair<std::string, std::string>>{
           {"/link", "/etc"},
           {"/absolute", "/tmp"},
           {"/chain/below", "/etc/below"}}) {
    const auto result = judge::run(
        {"--root", root, "--volume", source + ":" + target, "--",
         where + std::string("/probe"), "exit", std::to_string(status)});
    HINT("The target is "
         << target << ", and by a symbolic link it leads to " << where
         << " in the root. The volume must be there. With RESOLVE_IN_ROOT, "
         << "absolute links are followed from the root; without O_NOFOLLOW, "
         << "so is one at the end of the path.");
    CHECK(result.ending == exited(status));
  }
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("01: a target that a link promises is made in the root",
          "[01.5][points:1][links][up]") {
  const auto source = make_source();
  const auto root = judge::make_root_directory();
  const auto name = judge::random_name();
  fs::create_symlink("../../../../" + name + "/zone", root + "/localtime");
  const auto result =
      judge::run({"--root", root, "--volume", source + "/file:/localtime", "--",
                  "/probe", "exit", "7"});
  CHECK(result.ending == exited(7));
  CHECK(fs::exists(root + "/" + name + "/zone"));
  CHECK(!fs::exists("/" + name));
}

TEST_CASE("01: a target is not opened for reading",
          "[01.5][points:1][idle][place]") {
  const auto source = make_source();
  const auto root = judge::make_root_directory();
  REQUIRE(::mkfifo((root + "/pipe").c_str(), 0600) == 0);
  REQUIRE(::mknod((root + "/socket").c_str(), S_IFSOCK | 0600, 0) == 0);
  HINT(
      "The target is a named pipe, and open() waits for somebody who writes to "
      "it. With O_PATH, a descriptor is a mere place.");
  CHECK(run_in(root, {"--volume", source + "/file:/pipe"}, 8).ending ==
        exited(8));
  HINT(
      "The target is a socket, which open() refuses (ENXIO). With O_PATH, a "
      "descriptor is a mere place.");
  CHECK(run_in(root, {"--volume", source + "/file:/socket"}, 8).ending ==
        exited(8));
}

TEST_CASE("01: a target in a volume", "[01.5][points:1][mounts]") {
  const auto outer = make_source();
  const auto inner = make_source();
  std::ofstream(inner + "/file") << "of the inner";
  HINT(
      "One volume is to be mounted in another one, which is mounted first. So "
      "the path of its target leads through a mount (RESOLVE_NO_XDEV would "
      "forbid that).");
  const auto box = judge::start(
      {"--volume", inner + ":/mnt/a/b", "--volume", outer + ":/mnt"});

  CHECK(box.ask("read /mnt/file") == "ok of the host");
  CHECK(box.ask("read /mnt/a/b/file") == "ok of the inner");
}

// ---- 01.6 again ----

TEST_CASE("01: writing to a read-only volume gets EROFS",
          "[01.6][points:1][mounts]") {
  const auto source = make_source();
  const auto box = judge::start({"--volume", source + ":/mnt:ro"});

  REQUIRE(box.ask("read /mnt/file") == "ok of the host");
  HINT("EROFS is the kernel's word for a read-only file system.");
  CHECK(box.ask("make /mnt/new text") == error(EROFS));
  CHECK(box.ask("write /mnt/file text") == error(EROFS));
}

}  // namespace mounts
