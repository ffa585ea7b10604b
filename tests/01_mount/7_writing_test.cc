// Judges steps 01.7 and 01.8, a tmpfs and a root that is read-only:
// lessons/01_mount/mount.h is the contract.

#include <sys/sysinfo.h>

#include "tests/01_mount/mount.h"

namespace mounts {
namespace {

// How many bytes the file system has room for.
unsigned long long size_of(const std::string& path) {
  struct statvfs there {};
  REQUIRE(::statvfs(path.c_str(), &there) == 0);
  return there.f_blocks * there.f_frsize;
}

// The program behind the steps, with a root that is a mount of the host's with
// these options.
Stopped with_restricted_root(const Options& options, unsigned long flags) {
  const auto root = judge::make_root_directory();
  REQUIRE(judge::guest().on_stage([&] {
    return ::mount(root.c_str(), root.c_str(), nullptr, MS_BIND, nullptr) == 0;
  }));
  restrict_on_host(root, flags);
  return {options, {{SYS_close_range}}, "01.8", root};
}

}  // namespace

// ---- 01.7: tmpfs ----

TEST_CASE("01: a tmpfs has the size that was asked for",
          "[01.7][points:2][tmpfs][size][relative]") {
  const auto kilobytes = 4 * judge::random_number(4, 4000);
  const auto size = std::to_string(kilobytes) + "k";
  const auto box = judge::start({"--tmpfs", "/mnt/new:size=" + size});
  (void)box.command();

  HINT(
      "The target is a relative path, \".\": the working directory is where "
      "the tmpfs is to be mounted.");
  const auto mount = mount_at(box.command(), "/mnt/new");
  CHECK(mount.type == "tmpfs");
  HINT(
      "The size is an option of the file system itself: the last argument of "
      "::mount() is text for it, like \"size=16384\".");
  CHECK(words(mount.super_options).contains("size=" + size));
}

TEST_CASE("01: a size is in bytes, however many there are",
          "[01.7][points:1][size][pages]") {
  const auto page = static_cast<unsigned long long>(::getpagesize());
  const auto some = static_cast<unsigned long long>(
      judge::random_number(100'000, 100'000'000));
  const std::vector<unsigned long long> sizes = {
      1, 1000, page + 1, some, (4ULL << 30) + some, 1ULL << 40};
  Options options;
  for (const auto size : sizes) {
    const auto text = std::to_string(size);
    options.insert(options.end(), {"--tmpfs", "/t" + text + ":size=" + text});
  }
  const auto box = judge::start(options);
  (void)box.command();

  for (const auto size : sizes) {
    const auto whole = (size + page - 1) / page * page;
    const auto found = size_of(inside(box, "/t" + std::to_string(size)));
    HINT(size << " bytes are asked for, which are rounded up to whole pages. "
                 "The kernel does so by itself, if it is told the number of "
                 "bytes. (And size=0 means that there is no limit.)");
    CHECK(found == whole);
  }
}

TEST_CASE("01: in a tmpfs there are no set-user-ID programs, devices, programs",
          "[01.7][points:1][nosuid][nodev][noexec]") {
  const auto box = judge::start({"--tmpfs", "/mnt:size=64k"});
  (void)box.command();
  const auto options = words(mount_at(box.command(), "/mnt").options);

  for (const std::string option : {"nosuid", "nodev", "noexec"}) {
    HINT(option << " is missing: it is one of the flags of ::mount().");
    CHECK(options.contains(option));
  }
}

TEST_CASE("01: a tmpfs without a size may take half of the memory",
          "[01.7][points:1][half]") {
  const auto box = judge::start({"--tmpfs", "/mnt"});
  CHECK(mount_at(box.command(), "/mnt").type == "tmpfs");

  struct sysinfo memory {};
  REQUIRE(::sysinfo(&memory) == 0);
  const auto size = size_of(inside(box, "/mnt"));
  const auto half =
      static_cast<unsigned long long>(memory.totalram) * memory.mem_unit / 2;
  const auto difference = std::max(size, half) - std::min(size, half);
  HINT(
      "Without a size, a tmpfs may take half of the host's memory. That is "
      "the kernel's rule, if no size is given to it.");
  CHECK(difference < half / 100);
}

TEST_CASE("01: a tmpfs is for all to write to", "[01.7][points:1][mode]") {
  const auto before = judge::Host::now();
  const auto box =
      judge::start({"--tmpfs", "/all", "--tmpfs", "/sized:size=64k"});

  for (const std::string target : {"/all", "/sized"}) {
    CHECK(box.ask("make " + target + "/file text") == "ok");
    HINT(
        "The mode of a tmpfs is 1777 by itself, like that of /tmp, whether it "
        "has a size or not.");
    CHECK((fs::status(inside(box, target)).permissions() & fs::perms::mask) ==
          (fs::perms::all | fs::perms::sticky_bit));
    CHECK(!fs::exists(box.root_path() + target + "/file"));
  }
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("01: a tmpfs that cannot be mounted is an error",
          "[01.7][points:1][errors]") {
  judge::How how;
  how.circumstances.failing_calls = {
      {{SYS_mount, MS_NOSUID | MS_NODEV | MS_NOEXEC, 3}, EPERM},
      {{SYS_fsopen}, EPERM}};
  const auto result = run_in(judge::make_root_directory(), {"--tmpfs", "/tmp"},
                             3, how.circumstances);
  if (result.ending == exited(125)) {
    CHECK(result.is_one_line());
    return;
  }
  HINT("mount() has failed, and the command has run without the tmpfs.");
  // It may have been mounted by another call.
  CHECK(
      mount_at(judge::start({"--tmpfs", "/tmp"}, how).command(), "/tmp").type ==
      "tmpfs");
}

// ---- 01.8: a root that is read-only ----

TEST_CASE("01: the root can be read-only", "[01.8][points:1][ro]") {
  const auto box = judge::start({"--read-only"});
  check_that_host_is_writable();

  HINT(
      "The root can be written to. Was the mount changed that is the root "
      "now?");
  CHECK(words(mount_at(box.command(), "/").options).contains("ro"));
  CHECK(box.ask("make /new text") == error(EROFS));
  CHECK(box.ask("make /etc/new text") == error(EROFS));

  HINT("Without --read-only, the root can be written to.");
  CHECK(judge::start({}).ask("make /etc/new text") == "ok");
}

TEST_CASE("01: a root that cannot be made read-only is an error",
          "[01.8][points:1][errors]") {
  judge::How how;
  how.circumstances.failing_calls = {{{SYS_mount_setattr}, EPERM}};
  const auto result = run_in(judge::make_root_directory(), {"--read-only"}, 3,
                             how.circumstances);
  if (result.ending == exited(125)) {
    CHECK(result.is_one_line());
    return;
  }
  HINT(
      "mount_setattr() has failed in make_root_read_only(), and the command "
      "has run with a root that it can write to.");
  const auto box = judge::start({"--read-only"}, how);
  // It may have been done by another call.
  CHECK(words(mount_at(box.command(), "/").options).contains("ro"));
}

TEST_CASE("01: other restrictions of the root stay",
          "[01.8][points:1][stay][only]") {
  const auto program =
      with_restricted_root({"--read-only"}, MS_NOSUID | MS_NODEV | MS_NOATIME);
  REQUIRE(program.is_held());

  const auto options = words(mount_at(program.process(), "/").options);
  for (const std::string option : {"ro", "nosuid", "nodev", "noatime"}) {
    HINT(
        "The root was nosuid, nodev and noatime, is to be read-only as well, "
        "and "
        << option
        << " is missing. mount() with MS_REMOUNT sets all options anew; "
           "mount_setattr() only those that it is given.");
    CHECK(options.contains(option));
  }
  HINT("The root has restrictions that it did not have, besides \"ro\".");
  CHECK(options == Set{"ro", "nosuid", "nodev", "noatime"});
}

TEST_CASE("01: a root that was not restricted is read-only, and no more",
          "[01.8][points:1][only]") {
  const auto box = judge::start({"--read-only"});
  check_that_host_is_writable();
  HINT(
      "Only \"ro\" was asked for. With nosuid, for example, the programs of "
      "the root that have a set-user-ID bit would not work any more.");
  CHECK(words(mount_at(box.command(), "/").options) == Set{"ro", "relatime"});
}

TEST_CASE("01: volumes in a read-only root can be written to",
          "[01.8][points:2][below]") {
  const auto source = make_source();
  const auto box = judge::start(
      {"--read-only", "--volume", source + ":/mnt", "--tmpfs", "/tmp"});
  check_that_host_is_writable();

  REQUIRE(box.ask("make /new text") == error(EROFS));
  HINT(
      "The root is read-only, and so is what is mounted in it: AT_RECURSIVE is "
      "one flag too many here.");
  CHECK(box.ask("make /mnt/new text") == "ok");
  CHECK(box.ask("make /tmp/new text") == "ok");
}

TEST_CASE("01: for the host, the root's directory is not read-only",
          "[01.8][points:1][idle][host]") {
  const auto box = judge::start({"--read-only"});
  check_that_host_is_writable();

  CHECK(std::ofstream(box.root_path() + "/made-outside").good());
}

}  // namespace mounts
