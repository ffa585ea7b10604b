// Step 14.4: what is mounted in the container.

#include "tests/14_container/modes.h"

using namespace container_judge;

TEST_CASE("14: a volume that is not there is an error",
          "[14.4][points:1][throws]") {
  const auto before = judge::Host::now();
  const auto missing = "/" + judge::random_name();
  const auto result = run_container({"-v", missing + ":/data"}, {"/probe"});
  HINT("open_volumes() of lesson 01 looks for the sources of volumes.");
  CHECK(result.ending == exited(125));
  HINT("A volume that is not there is to be an error, and is left out.");
  CHECK_THAT(result.errors, judge::contains(missing));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: volumes and tmpfs", "[14.4][points:2][mounts]") {
  const auto source = make_source();
  const auto before = judge::Host::now();
  HINT(
      "open_volumes() of lesson 01 comes before the old root is dropped, "
      "place_mounts() after that, and protect_init() behind both: until then, "
      "volumes are descriptors.");
  const auto box =
      start_container({"--volume", source + ":/data", "-v",
                       source + ":/fixed:ro", "--tmpfs", "/scratch:size=64k"});
  HINT(
      "open_volumes() of lesson 01 comes before the old root is dropped, "
      "place_mounts() after that, and protect_init() behind both: until then, "
      "volumes are descriptors.");
  CHECK(box.get("read /data/file") == "of the host");
  CHECK(box.ask("make /fixed/new x") == error(EROFS));
  CHECK(box.ask("make /data/new x") == "ok");
  CHECK(fs::exists(source + "/new"));
  CHECK(mount_at(box.command(), "/scratch").type == "tmpfs");
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("14: a read-only root", "[14.4][points:1][read-only][targets]") {
  const auto box = start_container({"--read-only", "--tmpfs", "/tmp"});
  HINT("make_root_read_only() of lesson 01 is the last thing that is mounted.");
  CHECK(box.ask("make /new x") == error(EROFS));
  CHECK(box.ask("make /tmp/new x") == "ok");

  const auto source = make_source();
  HINT(
      "What is not there of a target has to be made, and the root is read-only "
      "already: make_root_read_only() has come before place_mounts().");
  const auto made = start_container(
      {"--read-only", "-v", source + ":/new/one", "--tmpfs", "/new/other"});
  CHECK(made.get("read /new/one/file") == "of the host");
  CHECK(made.ask("make /new/x x") == error(EROFS));

  HINT("It is read-only with settings.read_only_root, and not without.");
  CHECK(start_container({}).ask("make /new x") == "ok");
}

TEST_CASE("14: devices of its own", "[14.4][points:1][dev]") {
  const auto box = start_container({});
  HINT("/dev is made by place_mounts() of lesson 01 and by complete_dev().");
  CHECK(mount_at(box.becoming(), "/dev").type == "tmpfs");
  HINT("complete_dev() adds terminals and links to /dev. Is it called?");
  CHECK_THAT(box.get("list /dev"), judge::contains("pts"));
  CHECK(mount_at(box.becoming(), "/dev/pts").type == "devpts");
  HINT(
      "Devices work that are mounted after forbid_devices(), by complete_dev() "
      "and before.");
  CHECK(box.ask("write /dev/null x") == "ok");
  CHECK(box.ask("write /dev/full x") == error(ENOSPC));
  CHECK(box.get("list /dev/pts") == ".\n..\nptmx\n");
}

TEST_CASE("14: no other device works", "[14.4][points:2][devices]") {
  const auto box = start_container({});
  REQUIRE(box.ask("mknod /tmp/device") == "ok");
  HINT(
      "Root of the container has made a device file in its root, and has "
      "opened it. It could have been the host's disk. Is forbid_devices() "
      "called?");
  CHECK(box.ask("read /tmp/device") == error(EACCES));
}

TEST_CASE("14: what the kernel tells about the host is hidden",
          "[14.4][points:2][hidden][shown]") {
  for (const auto& options : std::vector<Options>{{}, {"--userns", "auto"}}) {
    const auto box = start_container(options);
    HINT(
        "hide_kernel_files() covers files of /proc and /sys. Is it called, "
        "with users of its own and without?");
    CHECK(box.get("read /proc/interrupts").empty());
    CHECK(box.get("list /sys/firmware") == ".\n..\n");
  }

  const auto box = start_container({});
  HINT("What could change the host is read-only, by the same function.");
  CHECK(box.ask("write /proc/sys/kernel/core_pattern |/probe") == error(EROFS));
  CHECK(box.ask("write /proc/sysrq-trigger h") == error(EROFS));
  CHECK(box.ask("write /sys/kernel/mm/ksm/run 0") == error(EROFS));

  HINT(
      "With --privileged, settings.hides_kernel_files is false: nothing is "
      "hidden then.");
  CHECK_FALSE(
      start_container({"--privileged"}).get("read /proc/interrupts").empty());
}

TEST_CASE("14: the root, the mounts and the init in every mode",
          "[14.4][points:4][idle][mounts][targets][hidden][shown][read-only]"
          "[sys][cgroup][private][closed][dumpable][users]"
          "[name][domain][devices]") {
  check_in_all_modes("14.4");
}
