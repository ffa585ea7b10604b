// Judges lesson 01: lessons/01_mount/mount.h is the contract.
//
// As in lesson 00, one process makes itself the container and becomes the
// command. What is mounted in it, the kernel says in its mountinfo. The judge
// also goes into its mount namespace and looks from the top: a process does not
// see the mounts outside of its root, but they are there.

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "tests/judge/judge.h"

namespace {

namespace fs = std::filesystem;
using judge::exited;
using Options = std::vector<std::string>;
using Names = std::vector<std::string>;

std::string error(int number) { return "error " + std::to_string(number); }

// Runs the program with this root, and a command that ends with `status`.
judge::Result run_in(const std::string& root, Options options, int status = 0,
                     const judge::Circumstances& circumstances = {}) {
  options.insert(options.end(), {"--root", root, "--", "/probe", "exit",
                                 std::to_string(status)});
  return judge::run(options, circumstances);
}

// A directory of the host, to be a volume. Removed after the case.
std::string make_source() {
  const auto path = "/judge/roots/" + judge::random_name();
  fs::create_directory(path);
  std::ofstream(path + "/file") << "of the host";
  return path;
}

std::string content(const std::string& path) {
  return judge::read_file(AT_FDCWD, path).value_or("(no " + path + ")");
}

// Mounts a tmpfs where programs see it, with a file "inner".
void mount_on_host(const std::string& path) {
  REQUIRE(judge::guest().on_stage([&] {
    ::mkdir(path.c_str(), 0755);
    return ::mount("none", path.c_str(), "tmpfs", 0, nullptr) == 0 &&
           (std::ofstream(path + "/inner") << "below").flush().good();
  }));
}

// Gives a mount that programs see these restrictions, MS_RDONLY and the like.
void restrict_on_host(const std::string& path, unsigned long flags) {
  REQUIRE(judge::guest().on_stage([&] {
    return ::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_BIND | flags,
                   nullptr) == 0;
  }));
}

// All mounts of the process's namespace, seen from the top of it.
std::vector<judge::Mount> namespace_mounts(const judge::Process& process) {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  const kit::UniqueFd reader{ends[0]};
  kit::UniqueFd writer{ends[1]};
  const auto path = std::to_string(process.pid()) + "/ns/mnt";
  const int proc = judge::guest().proc();
  const kit::UniqueFd there{::openat(proc, path.c_str(), O_RDONLY | O_CLOEXEC)};
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setns(there.get(), CLONE_NEWNS) == -1) ::_exit(1);
    // "self" is this child, in whatever namespace it is.
    const auto text = judge::read_file(proc, "self/mountinfo").value_or("");
    (void)!::write(writer.get(), text.data(), text.size());
    ::_exit(0);
  }
  writer.reset();
  std::string text;
  char bytes[4096];
  for (ssize_t size = 1; size > 0;) {
    size = ::read(reader.get(), bytes, sizeof bytes);
    if (size > 0) text.append(bytes, static_cast<std::size_t>(size));
  }
  ::waitpid(child, nullptr, 0);
  return judge::parse_mounts(text);
}

Names targets(const std::vector<judge::Mount>& mounts) {
  Names names;
  for (const auto& mount : mounts) names.push_back(mount.target);
  std::sort(names.begin(), names.end());
  return names;
}

// What is mounted on `target` in the running container.
judge::Mount mount_at(const judge::Box& box, const std::string& target) {
  for (const auto& mount : box.command().mounts()) {
    if (mount.target == target) return mount;
  }
  throw judge::Failed("in the container, nothing is mounted on " + target);
}

// A path on which the judge can get to a file of the container.
std::string inside(const judge::Box& box, const std::string& path) {
  return "/proc/" + std::to_string(box.command().pid()) + "/root" + path;
}

// The options of a mount: {"rw", "nosuid", "relatime"}.
std::set<std::string> words(const std::string& options) {
  const auto parts = judge::split(options, ',');
  return {parts.begin(), parts.end()};
}

// The program, stopped just before it makes a system call for the first time;
// or at a step that is not written, if it comes to one after `step`.
class Stopped {
 public:
  Stopped(const Options& options, int call, const std::string& step,
          const std::string& root = judge::make_root_directory())
      : root_(root),
        subject_(arguments(options), {.held_calls = {judge::Call{call}}}) {
    judge::Deadline deadline;
    while (!held_ && !subject_.ending() && !deadline.passed() &&
           subject_.unwritten_step().empty()) {
      std::vector<pollfd> call_made = {
          {subject_.watch().descriptor(), POLLIN, 0}};
      subject_.wait(deadline.milliseconds_left(), call_made);
      held_ = subject_.watch().receive() != 0;
    }
    const auto& unwritten = subject_.unwritten_step();
    if (!unwritten.empty() && unwritten <= step) {
      throw judge::Waiting(unwritten);
    }
    held_ = held_ || !unwritten.empty();
  }

  // False if the program has ended, and made no such call.
  [[nodiscard]] bool is_held() const { return held_; }

  [[nodiscard]] judge::Process process() const {
    return judge::Process(subject_.pid());
  }

  // The root directory that it was given.
  [[nodiscard]] judge::FileId root() const {
    return judge::file_id(AT_FDCWD, root_).value();
  }

 private:
  [[nodiscard]] Options arguments(Options options) const {
    options.insert(options.end(),
                   {"--root", root_, "--", "/probe", "exit", "0"});
    return options;
  }

  std::string root_;
  judge::Subject subject_;
  bool held_ = false;
};

// The program after step 01.2, whatever becomes of step 01.3.
std::unique_ptr<Stopped> change_root(
    const std::string& root = judge::make_root_directory()) {
  // If it does not unmount the old root, there is a call behind the steps.
  for (const int call : {SYS_umount2, SYS_close_range}) {
    auto program = std::make_unique<Stopped>(Options{}, call, "01.2", root);
    if (program->is_held()) return program;
  }
  throw judge::Failed("the program has ended before it had changed the root");
}

// A volume that the program has taken and not attached yet.
class Volume {
 public:
  // option: what follows the source, ":/mnt:ro".
  Volume(const std::string& source, const std::string& option)
      : program_({"--volume", source + option}, SYS_move_mount, "01.4") {
    if (!program_.is_held()) {
      throw judge::Failed("the program has ended before it had a volume");
    }
    const auto process = program_.process();
    for (const auto& [fd, what] : process.descriptors()) {
      const auto path = "/proc/" + std::to_string(process.pid()) + "/fd/" +
                        std::to_string(fd);
      const auto id = judge::file_id(AT_FDCWD, path);
      if (id == judge::file_id(AT_FDCWD, source)) path_ = path;
    }
    if (path_.empty()) {
      throw judge::Failed("the program has not opened " + source);
    }
  }

  // A path on which the judge can get into the volume, in its mount.
  [[nodiscard]] const std::string& path() const { return path_; }

  // The options of the mount of a file in it: {"ro", "nosuid"}.
  [[nodiscard]] std::set<std::string> options(
      const std::string& name = "") const {
    struct statvfs file {};
    if (::statvfs((path_ + name).c_str(), &file) == -1) return {"(missing)"};
    const auto has = [&](unsigned long flag) {
      return (file.f_flag & flag) != 0;
    };
    std::set<std::string> words = {has(ST_RDONLY) ? "ro" : "rw"};
    if (has(ST_NOSUID)) words.insert("nosuid");
    if (has(ST_NODEV)) words.insert("nodev");
    if (has(ST_NOEXEC)) words.insert("noexec");
    return words;
  }

 private:
  Stopped program_;
  std::string path_;
};

// A program that makes the whole file system read-only, and not only its mount
// of it, leaves a guest in which nothing can be judged any more. So put that
// right, and say so.
void check_that_host_is_writable() {
  const auto file = "/judge/roots/" + judge::random_name();
  const bool writable = std::ofstream(file).good();
  if (!writable) {
    // Not in the judge's own namespace, whose mounts nobody is to touch.
    REQUIRE(judge::guest().on_stage([] {
      return ::mount(nullptr, "/", nullptr, MS_REMOUNT, nullptr) == 0;
    }));
  }
  HINT(
      "The host itself cannot write to its file system any more: all of it "
      "was made read-only, and not just this mount of it. With mount(), "
      "MS_REMOUNT needs MS_BIND for that.");
  REQUIRE(writable);
}

}  // namespace

// ---- 01.1: private ----

TEST_CASE("01: the mounts are private before anything else",
          "[01.1][points:2][idle]") {
  const auto before = judge::Host::now();
  const Stopped program({}, SYS_pivot_root, "01.1");

  HINT(
      "What is mounted for the container is mounted in the host as well. "
      "The host's mounts are shared, and so are their copies in a new mount "
      "namespace: mounts propagate from one to the other. Were they made "
      "private, before anything else?");
  REQUIRE(judge::Host::now().mounts == before.mounts);

  if (!program.is_held()) return;  // Without pivot_root() it is 01.2's turn.
  for (const auto& mount : program.process().mounts()) {
    const auto which = mount.text() + ": \"" + mount.propagation + "\"";
    HINT(which << ". \"shared:N\" is a mount whose changes reach the host. "
                  "Every mount has a propagation of its own: to set that of "
                  "\"/\" alone is not enough, MS_REC takes those below it, "
                  "too.");
    REQUIRE_THAT(mount.propagation, !judge::contains("shared"));
    HINT(which << ". \"master:N\" is a mount that still follows the host's: "
                  "what is mounted there appears in the container. MS_PRIVATE "
                  "is asked for, and not MS_SLAVE.");
    REQUIRE(mount.propagation.empty());
  }
}

TEST_CASE("01: while it runs, the host's mounts are as before",
          "[01.1][points:1][idle]") {
  const auto before = judge::Host::now();
  const auto box = judge::start({});

  HINT(
      "What was mounted or unmounted for the container was so in the host, "
      "too.");
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("01: and afterwards, too", "[01.1][points:1][idle]") {
  const auto before = judge::Host::now();
  (void)run_in(judge::make_root_directory(), {});

  HINT(
      "What the program has mounted or unmounted has done the same in the "
      "host.");
  CHECK(judge::Host::settled(before) == before);
}

// ---- 01.2: the root ----

TEST_CASE("01: the root directory is the one that was asked for",
          "[01.2][points:2]") {
  HINT(
      "If pivot_root() says EINVAL or EBUSY, is the new root a mount? A "
      "directory becomes one when it is mounted onto itself (MS_BIND), and the "
      "mounts must be private.");
  const auto program = change_root();

  HINT("The root is still the host's.");
  CHECK(program->process().root() == program->root());
}

TEST_CASE("01: the working directory is inside the root", "[01.2][points:1]") {
  const auto program = change_root();
  const auto process = program->process();

  HINT(
      "The working directory is still outside, where relative paths reach the "
      "host's files. A ::chdir() to the new root brings it in.");
  CHECK(process.working_directory() == program->root());
  HINT(
      "The working directory is not in the new mount, but in the directory "
      "below that: enter it after the bind mount.");
  CHECK(process.working_directory_path() == "/");
}

TEST_CASE("01: the mount namespace has another root, not only the process",
          "[01.2][points:2]") {
  const auto program = change_root();
  const auto mounts = targets(program->process().mounts());

  HINT(
      "At \"/\" there have to be two mounts, the new root and, over it, the "
      "old one: pivot_root(\".\", \".\") exchanges the root of the mount "
      "namespace and puts the old one there. chroot() would move the process, "
      "and leave the mounts as they are.");
  CHECK(std::count(mounts.begin(), mounts.end(), "/") == 2);
}

TEST_CASE("01: what is mounted below the root is there, too",
          "[01.2][points:1]") {
  const auto root = judge::make_root_directory();
  mount_on_host(root + "/mnt");
  const auto program = change_root(root);
  const auto inside = "/proc/" + std::to_string(program->process().pid());

  HINT(
      "A file system is mounted below the new root, and in the container its "
      "directory is empty: a bind mount takes along what is mounted below only "
      "with MS_REC.");
  CHECK(content(inside + "/root/mnt/inner") == "below");
}

TEST_CASE("01: a root that is not there is an error", "[01.2][points:1]") {
  const auto before = judge::Host::now();
  const auto missing = "/judge/roots/" + judge::random_name();
  // The probe is at this path in the host. It must not run there.
  const auto result =
      judge::run({"--root", missing, "--", judge::guest().probe(), "exit",
                  std::to_string(judge::random_number(1, 70))});

  HINT(
      "If the root cannot be entered, the process is still in the host's. "
      "The command must not run then: check() every call.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT("The message must name the root, and say ENOENT's text.");
  CHECK_THAT(result.errors, judge::contains(missing));
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENOENT)));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("01: a root that is a file is an error", "[01.2][points:1]") {
  const auto before = judge::Host::now();
  const auto file = judge::make_root_directory() + "/probe";
  const auto result = run_in(file, {}, 3);

  HINT("A file can be mounted onto itself as well: it is chdir() that fails.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(file));
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENOTDIR)));
  CHECK(judge::Host::settled(before) == before);
}

// ---- 01.3: the old root ----

TEST_CASE("01: nothing of the old root is left", "[01.3][points:2]") {
  const auto box = judge::start({});

  HINT(
      "If umount2() says EBUSY: the old root is in use, if only by this "
      "program. MNT_DETACH unmounts it all the same.");
  const auto& command = box.command();
  HINT(
      "The host's mounts are still below the container's root: they can be "
      "seen, and entered. The old root must be unmounted.");
  REQUIRE(targets(command.mounts()) == Names{"/"});
  HINT(
      "In the container's mount namespace, outside of the process's root, the "
      "host's mounts are still there. What was unmounted was another one.");
  CHECK(targets(namespace_mounts(command)) == Names{"/"});
}

TEST_CASE("01: an old root that stays is an error", "[01.3][points:1]") {
  const auto result = run_in(judge::make_root_directory(), {}, 3,
                             {.failing_calls = {{{SYS_umount2}, EPERM}}});
  HINT(
      "umount2() has failed, and the command has run with the old root still "
      "mounted.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
}

TEST_CASE("01: the escape of lesson 00 does not lead out", "[01.3][points:2]") {
  const auto box = judge::start({});
  (void)box.get("escape");

  HINT(
      "A second chroot() and some \"..\" lead out of the root: there is "
      "something above it to climb to. With pivot_root(), and the old root "
      "unmounted, there is nothing.");
  CHECK(box.command().root() == box.root());
  CHECK(box.get("stat /escape").size() > 0);
}

TEST_CASE("01: the command is in its root, and its status is the program's",
          "[01.3][points:1]") {
  const auto before = judge::Host::now();
  const auto box = judge::start({});
  REQUIRE(box.command().root() == box.root());
  CHECK(box.get("cwd") == "/");
  CHECK(box.ask("make /made-inside text") == "ok");
  CHECK(content(box.root_path() + "/made-inside") == "text");

  const auto status = static_cast<int>(judge::random_number(1, 120));
  CHECK(box.end(status) == exited(status));
  CHECK(judge::Host::settled(before) == before);
}

// ---- 01.4: a volume, taken ----

TEST_CASE("01: a volume is a copy of a mount", "[01.4][points:1]") {
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

TEST_CASE("01: a link to a directory can be a volume, too",
          "[01.4][points:1]") {
  const auto link = "/judge/roots/" + judge::random_name();
  fs::create_directory_symlink(make_source(), link);
  HINT(
      "The source is a symbolic link to a directory, and the directory is the "
      "volume: AT_SYMLINK_NOFOLLOW would take the link itself.");
  const Volume volume(link, ":/mnt");
  CHECK(content(volume.path() + "/file") == "of the host");
}

TEST_CASE("01: in a volume, set-user-ID programs and devices do not work",
          "[01.4][points:2]") {
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

TEST_CASE("01: a read-only volume cannot be written to", "[01.4][points:2]") {
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

TEST_CASE("01: other restrictions of a volume stay", "[01.4][points:1]") {
  const auto source = make_source();
  mount_on_host(source + "/sub");
  restrict_on_host(source + "/sub", MS_NOEXEC | MS_RDONLY);

  for (const std::string option : {":/mnt:ro", ":/mnt"}) {
    const Volume volume(source, option);
    HINT(
        "In the host, no programs run from there (noexec), and in the "
        "container they do. mount() with MS_REMOUNT sets all options anew; "
        "mount_setattr() only those that it is given.");
    CHECK(volume.options("/sub").contains("noexec"));
    HINT(
        "What is read-only in the host is so in the container, whether the "
        "volume is asked for with \":ro\" or not: attr_clr is left empty.");
    CHECK(volume.options("/sub").contains("ro"));
  }
}

TEST_CASE("01: a volume has what is mounted below its source",
          "[01.4][points:1]") {
  const auto source = make_source();
  mount_on_host(source + "/sub");
  const Volume volume(source, ":/mnt");

  HINT(
      "A file system is mounted below the source, and in the volume its "
      "directory is empty. open_tree() copies what is mounted below only with "
      "AT_RECURSIVE.");
  CHECK(content(volume.path() + "/sub/inner") == "below");
}

TEST_CASE("01: a volume that cannot be restricted is an error",
          "[01.4][points:1]") {
  const auto result = run_in(judge::make_root_directory(),
                             {"--volume", make_source() + ":/mnt:ro"}, 3,
                             {.failing_calls = {{{SYS_mount_setattr}, EPERM}}});
  HINT(
      "mount_setattr() has failed, and the command has run with a volume that "
      "it can write to.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
}

TEST_CASE("01: a read-only volume is read-only as a whole",
          "[01.4][points:1]") {
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

TEST_CASE("01: a volume whose source is missing is an error",
          "[01.4][points:1]") {
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

// ---- 01.5: where it is to be mounted ----

TEST_CASE("01: a magic link does not lead a target out", "[01.5][points:2]") {
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
    Options arguments = {"--root", root};
    arguments.insert(arguments.end(), more.begin(), more.end());
    arguments.insert(arguments.end(), {"--", "/probe", "exit", "0"});
    const auto result = judge::run(arguments, circumstances);
    HINT(
        "The root has a link to /proc/self/fd/9, a magic link: it leads to "
        "what the descriptor stands for, out of the root. openat2(2) refuses "
        "it with RESOLVE_NO_MAGICLINKS.");
    CHECK(!fs::exists(outside + "/made"));
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(std::strerror(ELOOP)));
  }
  CHECK(judge::Host::settled(before) == before);
}

// ---- 01.6: a volume, attached ----

TEST_CASE("01: a volume that does not fit its target is an error",
          "[01.6][points:1]") {
  const auto root = judge::make_root_directory();
  const auto result = run_in(root, {"--volume", make_source() + ":/probe"}, 3);
  HINT(
      "The volume is a directory and its target is a file. move_mount() has "
      "failed, and the command has run without the volume.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
}

TEST_CASE("01: a volume shares files with the host", "[01.6][points:2]") {
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

// What follows needs a volume that is mounted, to be seen where it is.

TEST_CASE("01: a target that is a link out of the root does not get out",
          "[01.5][points:2]") {
  const auto before = judge::Host::now();
  const auto source = make_source();
  const auto root = judge::make_root_directory();
  // Both lead to a directory that is in the host, and in the root as well.
  fs::create_directory_symlink("../../../../../../etc", root + "/link");
  fs::create_directory_symlink("/tmp", root + "/absolute");
  fs::copy_file(root + "/probe", source + "/probe");
  const auto status = static_cast<int>(judge::random_number(1, 100));

  for (const std::string link : {"/link", "/absolute"}) {
    const auto where = link == "/link" ? "/etc" : "/tmp";
    const auto result = judge::run(
        {"--root", root, "--volume", source + ":" + link, "--",
         where + std::string("/probe"), "exit", std::to_string(status)});
    HINT("The target is a symbolic link, which leads to "
         << where
         << " in the root. The volume must be there. With RESOLVE_IN_ROOT, "
         << "absolute links are followed from the root; without O_NOFOLLOW, "
         << "so is one at the end of the path.");
    CHECK(result.ending == exited(status));
  }
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("01: a target that a link promises is made in the root",
          "[01.5][points:1]") {
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

TEST_CASE("01: a target is not opened for reading", "[01.5][points:1][idle]") {
  const auto source = make_source();
  const auto root = judge::make_root_directory();
  REQUIRE(::mkfifo((root + "/pipe").c_str(), 0600) == 0);
  HINT(
      "The target is a named pipe, and open() waits for somebody who writes to "
      "it. With O_PATH, a descriptor is a mere place.");
  const auto result =
      judge::run({"--root", root, "--volume", source + "/file:/pipe", "--",
                  "/probe", "exit", "8"});
  CHECK(result.ending == exited(8));
}

TEST_CASE("01: a target in a volume", "[01.5][points:1]") {
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

TEST_CASE("01: writing to a read-only volume gets EROFS", "[01.6][points:1]") {
  const auto source = make_source();
  const auto box = judge::start({"--volume", source + ":/mnt:ro"});

  REQUIRE(box.ask("read /mnt/file") == "ok of the host");
  HINT("EROFS is the kernel's word for a read-only file system.");
  CHECK(box.ask("make /mnt/new text") == error(EROFS));
  CHECK(box.ask("write /mnt/file text") == error(EROFS));
}

TEST_CASE("01: a file can be a volume, too", "[01.6][points:1]") {
  const auto source = make_source() + "/file";
  const auto box = judge::start(
      {"--volume", source + ":/etc/one:ro", "--volume", source + ":/two"});

  CHECK(box.ask("read /etc/one") == "ok of the host");
  CHECK(box.ask("write /etc/one text") == error(EROFS));
  CHECK(box.ask("write /two text") == "ok");
  CHECK(content(source).starts_with("text"));
}

// ---- 01.7: tmpfs ----

TEST_CASE("01: a tmpfs has the size that was asked for", "[01.7][points:2]") {
  const auto kilobytes = 4 * judge::random_number(4, 4000);
  const auto size = std::to_string(kilobytes) + "k";
  const auto box = judge::start({"--tmpfs", "/mnt/new:size=" + size});
  (void)box.command();

  const auto mount = mount_at(box, "/mnt/new");
  CHECK(mount.type == "tmpfs");
  HINT(
      "The size is an option of the file system itself: the last argument of "
      "::mount() is text for it, like \"size=16384\".");
  CHECK(words(mount.super_options).contains("size=" + size));
}

TEST_CASE("01: in a tmpfs there are no set-user-ID programs, devices, programs",
          "[01.7][points:1]") {
  const auto box = judge::start({"--tmpfs", "/mnt:size=64k"});
  (void)box.command();
  const auto options = words(mount_at(box, "/mnt").options);

  for (const std::string option : {"nosuid", "nodev", "noexec"}) {
    HINT(option << " is missing: it is one of the flags of ::mount().");
    CHECK(options.contains(option));
  }
}

TEST_CASE("01: a tmpfs without a size may take half of the memory",
          "[01.7][points:1]") {
  const auto box = judge::start({"--tmpfs", "/mnt"});
  (void)box.command();
  CHECK(mount_at(box, "/mnt").type == "tmpfs");

  struct statvfs there {};
  REQUIRE(::statvfs(inside(box, "/mnt").c_str(), &there) == 0);
  struct sysinfo memory {};
  REQUIRE(::sysinfo(&memory) == 0);
  const auto size = there.f_blocks * there.f_frsize;
  const auto half = memory.totalram * memory.mem_unit / 2;
  const auto difference = std::max(size, half) - std::min(size, half);
  HINT(
      "Without a size, a tmpfs may take half of the host's memory. That is "
      "the kernel's rule, if no size is given to it.");
  CHECK(difference < half / 100);
}

TEST_CASE("01: a tmpfs is for all to write to", "[01.7][points:1]") {
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

// ---- 01.8: a root that is read-only ----

TEST_CASE("01: the root can be read-only", "[01.8][points:1]") {
  const auto box = judge::start({"--read-only"});
  check_that_host_is_writable();

  HINT(
      "The root can be written to. Was the mount changed that is the root "
      "now?");
  CHECK(words(mount_at(box, "/").options).contains("ro"));
  CHECK(box.ask("make /new text") == error(EROFS));
  CHECK(box.ask("make /etc/new text") == error(EROFS));

  HINT("Without --read-only, the root can be written to.");
  CHECK(judge::start({}).ask("make /etc/new text") == "ok");
}

TEST_CASE("01: a root that cannot be made read-only is an error",
          "[01.8][points:1]") {
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
  (void)box.command();
  // It may have been done by another call.
  CHECK(words(mount_at(box, "/").options).contains("ro"));
}

TEST_CASE("01: other restrictions of the root stay", "[01.8][points:1]") {
  const auto root = judge::make_root_directory();
  REQUIRE(judge::guest().on_stage([&] {
    return ::mount(root.c_str(), root.c_str(), nullptr, MS_BIND, nullptr) == 0;
  }));
  restrict_on_host(root, MS_NOSUID | MS_NODEV);
  // Behind the steps there is a call, just before the command.
  const Stopped program({"--read-only"}, SYS_close_range, "01.8", root);
  REQUIRE(program.is_held());

  for (const auto& mount : program.process().mounts()) {
    if (mount.target != "/") continue;
    for (const std::string option : {"ro", "nosuid", "nodev"}) {
      HINT("The root was nosuid and nodev, is to be read-only as well, and "
           << option
           << " is missing. mount() with MS_REMOUNT sets all options anew; "
              "mount_setattr() only those that it is given.");
      CHECK(words(mount.options).contains(option));
    }
  }
}

TEST_CASE("01: volumes in a read-only root can be written to",
          "[01.8][points:2]") {
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
          "[01.8][points:1][idle]") {
  const auto box = judge::start({"--read-only"});
  check_that_host_is_writable();

  CHECK(std::ofstream(box.root_path() + "/made-outside").good());
}

// ---- What is given: at the end, for a wrong step can do harm ----

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

TEST_CASE("01: a link to a directory is a root, too", "[given]") {
  const auto link = "/judge/roots/" + judge::random_name();
  fs::create_directory_symlink(judge::make_root_directory(), link);
  CHECK(run_in(link, {}, 42).ending == exited(42));
}

TEST_CASE("01: the host's root is no root for a container", "[given]") {
  const auto before = judge::Host::now();
  const auto result =
      judge::run({"--root", "/", "--", judge::guest().probe(), "exit", "3"});
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK(judge::Host::settled(before) == before);
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
