// Judges step 01.4, a volume that is taken: lessons/01_mount/mount.h is the
// contract.
//
// The program is held before it changes the root. The volume is a descriptor
// then, and not in any tree.

#include "tests/01_mount/mount.h"

namespace mounts {
namespace {

// What a mount has to be as a volume, if its options are these.
Set as_volume(Set options, bool read_only) {
  options.insert({"nosuid", "nodev"});
  if (read_only) {
    options.erase("rw");
    options.insert("ro");
  }
  return options;
}

std::string text(const Set& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ",") + word;
  return text;
}

}  // namespace

TEST_CASE("01: a volume is a copy of a mount", "[01.4][points:1][copy]") {
  const auto before = judge::Host::now();
  const auto source = make_source();
  HINT(
      "take_volume() returns a mount that is not attached anywhere: "
      "::open_tree() with OPEN_TREE_CLONE makes a copy of the one that the "
      "source is in. Without that flag it opens the original, and "
      "mount_setattr() says EINVAL.");
  const Volume volume(source, ":/mnt");

  CHECK(content(volume.path() + "/file") == "of the host");
  HINT("Without \":ro\" a volume can be written to.");
  CHECK(volume.options().contains("rw"));
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("01: a volume is not attached anywhere yet",
          "[01.4][points:1][idle][loose]") {
  const auto source = make_source();
  const auto program = before_the_root({"--volume", source + ":/mnt"}, "01.4",
                                       judge::make_root_directory());
  REQUIRE(program.is_held());

  for (const auto& mount : program.process().mounts()) {
    HINT("The source is mounted on "
         << mount.target
         << " as well, below the old root, and will be unmounted with that. "
            "OPEN_TREE_CLONE makes a mount that is in no tree.");
    CHECK(mount.root != source);
  }
}

TEST_CASE("01: a file can be taken as a volume", "[01.4][points:1][file]") {
  const auto source = make_source() + "/file";
  HINT("The source is a file, and a bind mount can be of a file as well.");
  const Volume volume(source, ":/mnt");
  CHECK(content(volume.path()) == "of the host");
  CHECK(volume.options().contains("nodev"));
}

TEST_CASE("01: a link can be a source, and a relative path",
          "[01.4][points:1][links][relative][bytes]") {
  const auto link = "/judge/roots/" + judge::random_name();
  fs::create_directory_symlink(make_source(), link);
  {
    HINT(
        "The source is a symbolic link to a directory, and the directory is "
        "the volume: AT_SYMLINK_NOFOLLOW would take the link itself.");
    const Volume volume(link, ":/mnt");
    CHECK(content(volume.path() + "/file") == "of the host");
  }
  const InWorkingDirectory source;
  HINT(
      "The source is a relative path, with spaces and a quote in it: it begins "
      "in the working directory that the program was started in, and no shell "
      "is to read it.");
  const Volume volume(source.name(), ":/mnt");
  CHECK(content(volume.path() + "/file") == "of the host");
}

TEST_CASE("01: in a volume, set-user-ID programs and devices do not work",
          "[01.4][points:2][nosuid][nodev]") {
  const Volume volume(make_source(), ":/mnt");

  HINT(
      "Who can write to the source in the host could put a set-user-ID "
      "program there: MOUNT_ATTR_NOSUID.");
  CHECK(volume.options().contains("nosuid"));
  HINT(
      "A device node in the volume would be a way to the disks of the host: "
      "MOUNT_ATTR_NODEV.");
  CHECK(volume.options().contains("nodev"));
}

TEST_CASE("01: a read-only volume cannot be written to",
          "[01.4][points:2][ro]") {
  const auto source = make_source();
  const Volume volume(source, ":/mnt:ro");

  HINT(
      "The volume is to be read-only, and the kernel says \"rw\". A copy of a "
      "mount is as the original; what is to be different is set by a second "
      "call: mount_setattr() with MOUNT_ATTR_RDONLY.");
  CHECK(volume.options().contains("ro"));
  HINT("In the host, the same directory is not read-only.");
  CHECK(std::ofstream(source + "/new").good());
}

TEST_CASE("01: a volume has what is mounted below its source",
          "[01.4][points:1][below]") {
  const auto source = make_source();
  mount_on_host(source + "/sub");
  mount_on_host(source + "/sub/deep");
  const Volume volume(source, ":/mnt");

  HINT(
      "A file system is mounted below the source, and in the volume its "
      "directory is empty. open_tree() copies what is mounted below only with "
      "AT_RECURSIVE.");
  CHECK(content(volume.path() + "/sub/inner") == "below");
  CHECK(content(volume.path() + "/sub/deep/inner") == "below");
}

TEST_CASE("01: a read-only volume is read-only as a whole",
          "[01.4][points:1][ro][nosuid][nodev]") {
  const auto source = make_source();
  mount_on_host(source + "/sub");
  const Volume volume(source, ":/mnt:ro");
  const auto options = volume.options("/sub");

  HINT(
      "The volume is read-only, and the file system that is mounted below it "
      "is not: mount_setattr() takes those below, too, with AT_RECURSIVE.");
  CHECK(options.contains("ro"));
  HINT("What is mounted below the source is to be nosuid and nodev as well.");
  CHECK((options.contains("nosuid") && options.contains("nodev")));
}

TEST_CASE("01: other restrictions of a volume stay", "[01.4][points:1][stay]") {
  const auto source = make_source();
  mount_on_host(source + "/sub");
  restrict_on_host(source + "/sub", MS_NOEXEC | MS_RDONLY | MS_NOATIME);

  for (const std::string option : {":/mnt:ro", ":/mnt"}) {
    const Volume volume(source, option);
    const auto options = volume.options("/sub");
    HINT(
        "In the host, no programs run from there (noexec), and in the "
        "container they do. mount() with MS_REMOUNT sets all options anew; "
        "mount_setattr() only those that it is given.");
    CHECK(options.contains("noexec"));
    HINT(
        "What is read-only in the host is so in the container, whether the "
        "volume is asked for with \":ro\" or not: attr_clr is left empty.");
    CHECK(options.contains("ro"));
    HINT("In the host, this mount is noatime.");
    CHECK(options.contains("noatime"));
  }
}

TEST_CASE("01: a volume has no restrictions that nobody asked for",
          "[01.4][points:1][only]") {
  const auto source = make_source();
  mount_on_host(source);
  mount_on_host(source + "/sub");
  restrict_on_host(source + "/sub", MS_NODIRATIME);

  for (const std::string option : {":/mnt:ro", ":/mnt"}) {
    const Volume volume(source, option);
    for (const std::string name : {"", "/sub"}) {
      const auto wanted = as_volume(options_of(on_host(source + name)),
                                    /*read_only=*/option == ":/mnt:ro");
      HINT(
          "A volume is mounted as its source is, and nosuid and nodev; and ro, "
          "if that was asked for. Programs run from it, for example.");
      CHECK(text(volume.options(name)) == text(wanted));
    }
  }
}

TEST_CASE("01: the source stays as it is", "[01.4][points:1][idle][source]") {
  const auto source = make_source();
  mount_on_host(source);
  mount_on_host(source + "/sub");
  const auto before = judge::Host::now();
  const Volume volume(source, ":/mnt:ro");

  for (const std::string name : {"/new", "/sub/new"}) {
    HINT(
        "The source, which is a mount itself, can no longer be written to in "
        "the host. MS_REMOUNT without MS_BIND makes the file system "
        "read-only, for all who have it mounted.");
    CHECK(judge::guest().on_stage(
        [&] { return std::ofstream(source + name).good(); }));
  }
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("01: a volume that cannot be restricted is an error",
          "[01.4][points:1][errors]") {
  const auto result = run_in(judge::make_root_directory(),
                             {"--volume", make_source() + ":/mnt:ro"}, 3,
                             {.failing_calls = {{{SYS_mount_setattr}, EPERM}}});
  HINT(
      "mount_setattr() has failed, and the command has run with a volume that "
      "it can write to.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
}

TEST_CASE("01: a volume whose source is missing is an error",
          "[01.4][points:1][ENOENT][names]") {
  const auto before = judge::Host::now();
  const auto missing = "/judge/roots/" + judge::random_name();
  const auto root = judge::make_root_directory();
  const auto result = run_in(root, {"--volume", missing + ":/mnt"}, 3);

  HINT("Without its volume, the command must not run.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT("The message must name the source, and say ENOENT's text.");
  CHECK_THAT(result.errors, judge::contains(missing));
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENOENT)));
  CHECK(!fs::exists(missing));
  CHECK(judge::Host::settled(before) == before);
}

}  // namespace mounts
