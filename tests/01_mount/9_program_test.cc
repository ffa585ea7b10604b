// Judges what is given of lesson 01: at the end, for a wrong step can do harm.

#include <csignal>

#include "tests/01_mount/mount.h"

namespace mounts {

TEST_CASE("01: an unwritten step ends the program with 75", "[given]") {
  const auto source = make_source();
  const auto result = run_in(judge::make_root_directory(),
                             {"--volume", source + ":/mnt", "--tmpfs", "/tmp"},
                             0, {.hold_at_todo = false});

  if (result.ending != exited(75)) {
    SUCCEED("All steps are written.");
    return;
  }
  HINT("A skeleton says which step is next, and nothing else.");
  CHECK(result.is_one_line());
}

TEST_CASE("01: options that are wrong are errors", "[given]") {
  const auto before = judge::Host::now();
  const auto root = judge::make_root_directory();
  for (const auto& options :
       std::vector<Options>{{"--no-such-option"},
                            {"--volume", "/tmp"},
                            {"--volume", ":/mnt"},
                            {"--volume", "/tmp:"},
                            {"--volume", "/tmp:mnt"},
                            {"--volume", "/tmp:/"},
                            {"--volume", "/tmp:/mnt/.."},
                            {"--volume", "/tmp:/mnt:rx"},
                            {"--volume", "/tmp:/mnt:ro:ro"},
                            {"--tmpfs", ""},
                            {"--tmpfs", "mnt"},
                            {"--tmpfs", "/"},
                            {"--tmpfs", "/mnt:"},
                            {"--tmpfs", "/mnt:size=0"},
                            {"--tmpfs", "/mnt:size=12q"},
                            {"--tmpfs", "/mnt:mode=777"},
                            {"--tmpfs", "/mnt", "--tmpfs", "/mnt"},
                            {"--tmpfs", "/mnt", "--volume", "/tmp:/tmp/../mnt"},
                            {"--read-only=no"},
                            {"--read-only", "--read-only"},
                            {"--root", "/tmp"}}) {
    HINT("The words: " << options.front() << " "
                       << (options.size() > 1 ? options[1] : ""));
    const auto result = run_in(root, options);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
  }
  CHECK(judge::Host::now() == before);
  CHECK(judge::run({"--help"}).ending == exited(0));
}

TEST_CASE("01: an ordinary user may not make the namespace", "[given]") {
  const auto result =
      run_in(judge::make_root_directory(), {}, 3, {.student = true});
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(EPERM)));
}

TEST_CASE("01: the command has a mount namespace of its own, and no other",
          "[given]") {
  const auto box = judge::start({});
  CHECK(box.prepared().own_namespaces == std::set<std::string>{"mnt"});
}

TEST_CASE("01: no descriptor of the host gets in", "[given]") {
  const auto source = make_source();
  judge::How how;
  how.circumstances.leaked_descriptors = {3, 77};
  const auto box = judge::start({"--volume", source + ":/mnt"}, how);

  auto kept = box.at_exec().kept_descriptors;
  for (const int fd : {0, 1, 2}) kept.erase(fd);
  CHECK(kept.empty());
}

TEST_CASE("01: the default root has a shell", "[given]") {
  const auto before = judge::Host::now();
  const auto status = std::to_string(judge::random_number(1, 70));
  const auto result =
      judge::run({"--tmpfs", "/tmp", "--", "sh", "-c", "exit " + status});
  CHECK(result.ending == exited(std::stoi(status)));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("01: a killed program leaves nothing", "[given]") {
  const auto before = judge::Host::now();
  const auto source = make_source();
  const auto box =
      judge::start({"--volume", source + ":/mnt", "--tmpfs", "/tmp"});
  (void)box.command();

  box.send_signal(SIGKILL);
  CHECK(box.wait().signal == SIGKILL);
  CHECK(judge::Host::settled(before) == before);
}

// ---- Where links of the root lead the targets ----

TEST_CASE("01: a target that a link with a slash at its end promises",
          "[given]") {
  const auto root = judge::make_root_directory();
  fs::create_symlink("real/", root + "/link");
  const auto result =
      run_in(root, {"--volume", make_source() + ":/link/x/"}, 9);
  CHECK(result.ending == exited(9));
  CHECK(fs::is_directory(root + "/real/x"));
}

TEST_CASE("01: a link leads into what is mounted after it, by its name",
          "[given]") {
  const auto root = judge::make_root_directory();
  fs::create_symlink("/tmp/a/b/c", root + "/link");
  const Stopped program(
      {"--volume", make_source() + ":/link", "--tmpfs", "/tmp/a/b"},
      {{SYS_close_range}}, "01.8", root);
  REQUIRE(program.is_held());

  HINT("The volume is covered by the tmpfs.");
  CHECK(content("/proc/" + std::to_string(program.process().pid()) +
                "/root/tmp/a/b/c/file") == "of the host");
}

TEST_CASE("01: no mount covers another one, and none is the kernel's",
          "[given]") {
  const auto before = judge::Host::now();
  const auto source = make_source();
  const auto root = judge::make_root_directory();
  fs::create_symlink("/etc", root + "/link");
  fs::create_symlink("/proc/sys", root + "/kernel");
  REQUIRE(judge::guest().on_stage([&] {
    return ::mount("proc", (root + "/proc").c_str(), "proc", 0, nullptr) == 0;
  }));

  struct Refused {
    Options options;
    Names named;
  };
  for (const auto& [options, named] : std::vector<Refused>{
           {{"--volume", source + ":/etc/x", "--tmpfs", "/link"},
            {"/link", "/etc/x"}},
           {{"--tmpfs", "/link", "--tmpfs", "/etc"}, {"/link", "/etc"}},
           {{"--volume", source + ":/kernel"}, {"/kernel", "kernel's"}},
           {{"--volume", source + ":/probe"}, {source, "/probe", "directory"}},
           {{"--volume", source + "/file:/tmp"},
            {source + "/file", "/tmp", "directory"}},
           {{"--tmpfs", "/probe"}, {"/probe", std::strerror(ENOTDIR)}}}) {
    const auto result = run_in(root, options, 3);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    for (const auto& name : named) {
      CHECK_THAT(result.errors, judge::contains(name));
    }
  }
  (void)judge::guest().on_stage(
      [&] { return ::umount2((root + "/proc").c_str(), 0) == 0; });
  CHECK(judge::Host::settled(before) == before);
}

}  // namespace mounts
