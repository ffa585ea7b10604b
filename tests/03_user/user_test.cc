// Judges lesson 03: lessons/03_user/user.h is the contract.
//
// The program's child is the command, or will be. It can be looked at whether
// it waits for the program, at an unwritten step, or runs. All ids that the
// judge reads are those of the host: it looks from outside.

#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/judge/judge.h"

namespace {

using judge::exited;
using Words = std::vector<std::string>;

// The host's ordinary user, and what /etc/subuid and /etc/subgid lend to it.
constexpr long kStudent = 1000;
constexpr long kFirstLent = 100000;
constexpr long kLent = 65536;

const judge::Circumstances kAsStudent = {.student = true};

judge::Box start_as_student(const Words& options,
                            std::vector<gid_t> groups = {}) {
  judge::How how;
  how.circumstances = kAsStudent;
  how.circumstances.groups = std::move(groups);
  return judge::start(options, how);
}

// For cases that look at the child: it is still there if what comes after their
// step fails.
judge::Box start_and_hold(const Words& options,
                          const judge::Circumstances& circumstances = {}) {
  judge::How how;
  how.hold_end = true;
  how.circumstances = circumstances;
  return judge::start(options, how);
}

judge::Process child_of(pid_t program) {
  for (const auto& process : judge::descendants_of(program)) {
    if (process.parent == program) return judge::Process(process.pid);
  }
  throw judge::Failed("the program has no child");
}

judge::Process child_of(const judge::Box& box) {
  return child_of(box.program().pid());
}

// ---- Ranges ----------------------------------------------------------------

struct Range {
  long inside, outside, count;
};

std::string option(const Range& range) {
  return std::to_string(range.inside) + ":" + std::to_string(range.outside) +
         ":" + std::to_string(range.count);
}

// {"--map-uid", "0:100000:10", "--map-uid", ...}
Words options(const std::string& name, const std::vector<Range>& map) {
  Words words;
  for (const auto& range : map) {
    words.insert(words.end(), {name, option(range)});
  }
  return words;
}

Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// A map in the form of the kernel's file, with single spaces.
std::string text(const std::vector<Range>& map) {
  std::string lines;
  for (const auto& range : map) {
    lines += std::to_string(range.inside) + " " +
             std::to_string(range.outside) + " " + std::to_string(range.count) +
             "\n";
  }
  return lines;
}

std::string map_of(const judge::Process& process, const std::string& file) {
  std::string lines;
  for (const auto& line : judge::split(process.file(file), '\n')) {
    const auto fields = judge::split(line, ' ');
    for (const auto& field : fields) {
      lines += field + (&field == &fields.back() ? "\n" : " ");
    }
  }
  return lines;
}

// Some ranges that touch each other neither inside nor outside, the first of
// which begins with 0 inside. Outside, they are from `first` to `last`.
std::vector<Range> random_map(int ranges, long first, long last) {
  std::vector<Range> map;
  const long room = (last - first) / ranges;
  for (int i = 0; i < ranges; ++i) {
    const long count = judge::random_number(2, room / 2);
    const long lowest = first + i * room;
    // Outside in the opposite order of inside: no field follows from another.
    const long inside = i == 0 ? 0 : 1'000'000L * (ranges - i);
    map.push_back(
        {inside, judge::random_number(lowest, lowest + room / 2 - 1), count});
  }
  return map;
}

std::vector<Range> random_lent_map(int ranges) {
  return random_map(ranges, kFirstLent, kFirstLent + kLent);
}

std::string four(long id) {
  const auto text = std::to_string(id);
  return text + "\t" + text + "\t" + text + "\t" + text;
}

// ---- Programs that are watched ---------------------------------------------

// The status and the words of a program that must not start anything.
judge::Result run_without_child(const Words& arguments,
                                judge::Circumstances circumstances) {
  circumstances.held_calls = {{SYS_clone3}};
  judge::Subject program(arguments, circumstances);
  judge::Deadline deadline;
  while (!program.ending() && !deadline.passed()) {
    std::vector<pollfd> call = {{program.watch().descriptor(), POLLIN, 0}};
    program.wait(deadline.milliseconds_left(), call);
    if (program.watch().receive() != 0) {
      throw judge::Failed("the program has begun to start a child");
    }
  }
  if (!program.ending()) throw judge::Failed("the program has not ended");
  return {.ending = *program.ending(),
          .output = program.output(),
          .errors = program.errors()};
}

// Does the child sleep until the program lets it go on, and the program until
// somebody else has done something?
bool both_wait(const judge::Subject& program, const judge::Process& child) {
  // kit::Gate is a socket, on which the child waits to read.
  return judge::Process(program.pid()).sleeps() && child.sleeps() &&
         child.file("wchan").find("unix_stream") != std::string::npos;
}

// Holds who opens `file`, but not the program itself, until `look` has looked.
// False if it was opened by nobody else.
bool look_when_opened(judge::Subject& program, const std::string& file,
                      const std::function<void()>& look) {
  const judge::FileWatch watch(file, judge::FileWatch::For::kOpen);
  judge::Deadline deadline;
  bool opened = false;
  while (!opened && !program.ending() && !deadline.passed() &&
         program.unwritten_step().empty()) {
    std::vector<pollfd> held = {{watch.descriptor(), POLLIN, 0}};
    program.wait(deadline.milliseconds_left(), held);
    if (held[0].revents == 0) continue;
    watch.answer([&](pid_t pid) {
      if (pid == program.pid() || opened) return;
      opened = true;
      look();
    });
  }
  if (!program.unwritten_step().empty()) {
    throw judge::Waiting(program.unwritten_step());
  }
  return opened;
}

// A folder for PATH, with a newuidmap and a newgidmap that only end.
std::string make_false_programs(int status) {
  const auto folder = judge::make_root_directory();
  for (const auto* name : {"/newuidmap", "/newgidmap"}) {
    std::ofstream(folder + name) << "#!/bin/sh\nexit " << status << "\n";
    REQUIRE(::chmod((folder + name).c_str(), 0755) == 0);
  }
  return folder;
}

// Changes a setting of the host. False if the kernel has no such setting.
bool set(const std::string& name, const std::string& value) {
  const auto path = "sys/" + name;
  const kit::UniqueFd file{
      ::openat(judge::guest().proc(), path.c_str(), O_WRONLY | O_CLOEXEC)};
  if (!file) return false;
  return ::write(file.get(), value.data(), value.size()) != -1;
}

}  // namespace

// ---- What is given ---------------------------------------------------------

TEST_CASE("03: an unwritten step ends the program with 75", "[given]") {
  const auto root = judge::make_root_directory();
  const auto result = judge::run({"--root", root, "--", "/probe", "exit", "0"},
                                 {.hold_at_todo = false, .student = true});

  if (result.ending != exited(75)) {
    SUCCEED("All steps are written.");
    return;
  }
  HINT("A skeleton says which step is next, and nothing else.");
  CHECK(result.is_one_line());
}

TEST_CASE("03: options that are wrong are errors", "[given]") {
  for (const auto& wrong : std::vector<Words>{{"--no-such-option"},
                                              {"--map-uid"},
                                              {"--map-uid", ""},
                                              {"--map-uid", "0"},
                                              {"--map-uid", "0:1000"},
                                              {"--map-uid", "0:1000:"},
                                              {"--map-uid", ":1000:1"},
                                              {"--map-uid", "0::1"},
                                              {"--map-uid", "0:1000:1:1"},
                                              {"--map-uid", "0:-1:1"},
                                              {"--map-uid", "0:student:1"},
                                              {"--map-uid", "0:1000:0"},
                                              {"--map-uid", "0:1000:-1"},
                                              {"--map-uid", "4294967295:0:1"},
                                              {"--map-uid", "0:4294967290:6"},
                                              {"--map-uid", "0:0:4294967296"},
                                              {"--map-gid", "0:1000:0"}}) {
    const auto result = run_without_child(wrong, kAsStudent);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(wrong.front()));
  }
  CHECK(judge::run({"--help"}).ending == exited(0));
}

TEST_CASE("03: maps that the kernel would refuse are errors", "[given]") {
  const auto before = judge::Host::now();
  struct Refused {
    Words options;
    std::string reason;
  };
  const std::vector<Refused> all = {
      {options("--map-uid", {{0, 1000, 1}, {0, 100000, 9}}), "overlap inside"},
      {options("--map-uid", {{0, 100000, 9}, {9, 100008, 9}}),
       "overlap outside"},
      {options("--map-gid", {{5, 100000, 9}, {0, 100100, 6}}),
       "overlap inside"},
      {options("--map-uid", {{1, 1000, 1}}), "no 0 inside"},
      {options("--map-gid", {{1, 100000, 1}}), "no 0 inside"},
      // Others' ids: root's, the next user's, too many, half of them.
      {options("--map-uid", {{0, 0, 1}}), "/etc/subuid"},
      {options("--map-uid", {{0, 1001, 1}}), "--add-subuids 1001-1001 student"},
      {options("--map-uid", {{0, 1000, 2}}), "1000-1001"},
      {options("--map-uid", {{0, 99999, 2}}), "100000-165535"},
      {options("--map-uid", {{0, 165535, 2}}), "165535-165536"},
      {options("--map-uid", {{0, 1000, 1}, {1, 0, 1}}), "/etc/subuid"},
      {options("--map-gid", {{0, 5, 1}}), "/etc/subgid"},
  };
  for (const auto& [wrong, reason] : all) {
    const auto result = run_without_child(wrong, kAsStudent);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(reason));
  }

  std::vector<Range> long_map;
  for (long i = 0; i < 341; ++i) long_map.push_back({2 * i, 3 * i, 1});
  const auto result = run_without_child(options("--map-uid", long_map), {});
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains("341"));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("03: what the host forbids is explained", "[given]") {
  const Words command = {"--", judge::guest().probe(), "exit", "3"};
  if (set("user/max_user_namespaces", "0")) {
    for (const bool student : {false, true}) {
      const auto result = run_without_child(command, {.student = student});
      CHECK(result.ending == exited(125));
      CHECK(result.is_one_line());
      CHECK_THAT(result.errors, judge::contains("user.max_user_namespaces"));
    }
    REQUIRE(set("user/max_user_namespaces", "1000"));
  }
  if (set("kernel/unprivileged_userns_clone", "0")) {
    const auto result = run_without_child(command, kAsStudent);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors,
               judge::contains("kernel.unprivileged_userns_clone"));
    REQUIRE(set("kernel/unprivileged_userns_clone", "1"));
  }
}

TEST_CASE("03: that newuidmap is missing is explained", "[given]") {
  judge::Circumstances circumstances = kAsStudent;
  circumstances.variables = {"PATH=/" + judge::random_name()};
  const auto result = run_without_child(
      {"--map-uid", "0:100000:10", "--", judge::guest().probe()},
      circumstances);
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains("newuidmap"));
  CHECK_THAT(result.errors, judge::contains("uidmap"));
}

// ---- 03.1: the namespace ---------------------------------------------------

TEST_CASE("03: the child has a user namespace of its own", "[03.1][points:2]") {
  const auto box = start_and_hold({}, kAsStudent);
  HINT(
      "Without CLONE_NEWUSER in args.flags, clone3() makes no user namespace, "
      "and the kernel makes the other ones for nobody but root.");
  const auto child = child_of(box);

  HINT(
      "The child is in the host's user namespace, where nobody but root "
      "maps anything. clone3() makes a new one if CLONE_NEWUSER is in "
      "args.flags.");
  CHECK(child.own_namespaces().contains("user"));
  HINT(
      "The flags that were there must stay, and no other may come: add yours "
      "with |=.");
  CHECK(child.own_namespaces() == std::set<std::string>{"mnt", "user"});
}

TEST_CASE("03: the program stays where it is", "[03.1][points:1][idle]") {
  const auto box = start_and_hold({}, kAsStudent);

  HINT(
      "unshare(2) moves its caller. The program would be in the new namespace "
      "itself, as nobody, and from there cannot give it any id but one.");
  CHECK(box.program().own_namespaces().empty());
}

TEST_CASE("03: the namespace belongs to who has made it", "[03.1][points:1]") {
  const auto box = start_and_hold({}, kAsStudent);
  const auto path = std::to_string(child_of(box).pid()) + "/ns/user";
  const kit::UniqueFd users{
      ::openat(judge::guest().proc(), path.c_str(), O_RDONLY | O_CLOEXEC)};
  uid_t owner = 0;
  REQUIRE(::ioctl(users.get(), NS_GET_OWNER_UID, &owner) == 0);

  HINT("Any user may make one: no other rights than the caller's are needed.");
  CHECK(owner == kStudent);
}

// ---- 03.2: a map -----------------------------------------------------------

TEST_CASE("03: root inside is the caller outside", "[03.2][points:2]") {
  const auto box = start_and_hold({}, kAsStudent);

  HINT(
      "A line has the id inside, the id outside, and how many. Where it is "
      "missing, nobody inside has an id. Is it the file that is asked for?");
  CHECK(map_of(child_of(box), "uid_map") == text({{0, kStudent, 1}}));
}

TEST_CASE("03: another user's id can be the caller inside",
          "[03.2][points:1]") {
  // Root in the host may map anything, so here no map is refused.
  const std::vector<Range> map = {{0, judge::random_number(2000, 60000), 1}};
  const auto box = start_and_hold(options("--map-uid", map));

  HINT(
      "The order of a line is: inside, outside, count. The kernel has taken "
      "your map, and it means something else.");
  CHECK(map_of(child_of(box), "uid_map") == text(map));
}

TEST_CASE("03: a map has all its ranges", "[03.2][points:2]") {
  const auto map = random_map(static_cast<int>(judge::random_number(2, 5)),
                              200'000, 900'000);
  const auto box = start_and_hold(options("--map-uid", map));

  HINT(
      "Each range is a line, and all lines are one write(2). After that the "
      "map is closed for ever: a second write() is EPERM.");
  CHECK(map_of(child_of(box), "uid_map") == text(map));
}

TEST_CASE("03: a map of many ranges is one write", "[03.2][points:1]") {
  std::vector<Range> map;
  for (long i = 0; i < 300; ++i) map.push_back({2 * i, 3 * i + 9000, 1});
  const auto box = start_and_hold(options("--map-uid", map));

  HINT(
      "These are 300 ranges. A stream that writes when its buffer is full "
      "makes several writes of them, and the kernel takes the first.");
  CHECK(map_of(child_of(box), "uid_map") == text(map));
}

// ---- 03.3: groups ----------------------------------------------------------

TEST_CASE("03: groups are mapped for themselves", "[03.3][points:1]") {
  const auto users = random_map(2, 200'000, 300'000);
  const auto groups = random_map(3, 400'000, 500'000);
  const auto box = start_and_hold(options("--map-uid", users) +
                                  options("--map-gid", groups));
  const auto child = child_of(box);

  HINT("gid_map has the map of groups, and uid_map that of users.");
  CHECK(map_of(child, "gid_map") == text(groups));
  CHECK(map_of(child, "uid_map") == text(users));
}

TEST_CASE("03: an ordinary user maps the own group, and promises",
          "[03.3][points:2]") {
  const auto box = start_and_hold({}, kAsStudent);
  const auto child = child_of(box);

  HINT(
      "The kernel lets an ordinary user write gid_map only after \"deny\" was "
      "written to /proc/CHILD/setgroups; until then it is EPERM. Afterwards it "
      "is too late for the promise.");
  CHECK(map_of(child, "gid_map") == text({{0, kStudent, 1}}));
  CHECK(judge::trimmed(child.file("setgroups")) == "deny");
  HINT("The map of users must not be touched by this.");
  CHECK(map_of(child, "uid_map") == text({{0, kStudent, 1}}));
}

TEST_CASE("03: who may map any group promises nothing", "[03.3][points:2]") {
  const auto box = start_and_hold({"--map-gid", "0:300000:1000"});

  HINT(
      "setgroups says \"deny\", for good: now nobody in the container can "
      "change supplementary groups, and su, sshd or apt fail there. The "
      "promise is only for those who have no CAP_SETGID.");
  CHECK(judge::trimmed(child_of(box).file("setgroups")) == "allow");
}

// ---- 03.4: lent ids --------------------------------------------------------

TEST_CASE("03: ids that are lent are mapped by newuidmap and newgidmap",
          "[03.4][points:3]") {
  const auto users =
      random_lent_map(static_cast<int>(judge::random_number(2, 4)));
  const auto groups =
      random_lent_map(static_cast<int>(judge::random_number(2, 4)));
  const auto box = start_and_hold(
      options("--map-uid", users) + options("--map-gid", groups), kAsStudent);
  const auto child = child_of(box);

  HINT(
      "The kernel does not know /etc/subuid: an ordinary user who writes this "
      "map gets EPERM. newuidmap belongs to root, reads that file and writes "
      "the map: CHILD, then three words for each range.");
  CHECK(map_of(child, "uid_map") == text(users));
  HINT("The same for groups, by newgidmap: `program` says which is meant.");
  CHECK(map_of(child, "gid_map") == text(groups));
  HINT("newgidmap needs no promise for groups that are lent.");
  CHECK(judge::trimmed(child.file("setgroups")) == "allow");
}

TEST_CASE("03: root inside is the caller, and all others are lent",
          "[03.4][points:1]") {
  // What rootless Podman and Docker do by default.
  const long count = judge::random_number(1, kLent);
  const std::vector<Range> map = {{0, kStudent, 1}, {1, kFirstLent, count}};
  const auto box = start_and_hold(
      options("--map-uid", map) + options("--map-gid", map), kAsStudent);
  const auto child = child_of(box);

  CHECK(map_of(child, "uid_map") == text(map));
  CHECK(map_of(child, "gid_map") == text(map));
}

TEST_CASE("03: nothing goes on before newuidmap has done its work",
          "[03.4][points:2]") {
  const auto root = judge::make_root_directory();
  judge::Subject program(
      {"--map-uid", "0:100000:10", "--map-gid", "0:100000:10", "--root", root,
       "--", "/probe", "exit", "7"},
      kAsStudent);
  const auto waits = [&] {
    const auto child = child_of(program.pid());
    judge::Deadline deadline;
    while (!deadline.passed() && !program.ending() && child.exists()) {
      if (both_wait(program, child)) return true;
      program.wait(20);
    }
    return false;
  };

  // newuidmap is about to read what is lent, and is kept from it.
  bool waited = false;
  std::string uid_map = "?";
  const bool held = look_when_opened(program, "/etc/subuid", [&] {
    waited = waits();
    if (waited) uid_map = map_of(child_of(program.pid()), "uid_map");
  });
  HINT("newuidmap does not run. Its name is in `program`.");
  REQUIRE(held);
  HINT(
      "newuidmap had only just started, and the program went on: the command "
      "runs, or fails, without an id. Wait for newuidmap's end.");
  CHECK(waited);
  CHECK(uid_map.empty());
  CHECK(program.wait_for_end() == exited(7));
}

TEST_CASE("03: that newuidmap has failed is an error", "[03.4][points:2]") {
  const int status = static_cast<int>(judge::random_number(2, 99));
  judge::Circumstances circumstances = kAsStudent;
  circumstances.variables = {"PATH=" + make_false_programs(status) +
                             ":/usr/bin:/bin"};
  const auto root = judge::make_root_directory();
  const auto result = judge::run(
      {"--map-uid", "0:100000:10", "--root", root, "--", "/probe", "exit", "3"},
      circumstances);

  HINT("No id was mapped, so the command must not run.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT(
      "newuidmap ended with a status that is not 0. If nobody looks at it, the "
      "next step fails, and the reader searches in the wrong place.");
  CHECK_THAT(result.errors, judge::contains("newuidmap"));
  CHECK_THAT(result.errors, judge::contains(std::to_string(status)));
}

// ---- 03.5: root inside -----------------------------------------------------

TEST_CASE("03: the command is user 0 and group 0 inside", "[03.5][points:3]") {
  const auto users = random_lent_map(1);
  const auto groups = random_lent_map(1);
  const auto box = start_as_student(options("--map-uid", users) +
                                    options("--map-gid", groups));

  HINT(
      "The real, effective, saved and file system user, with their numbers "
      "outside. 1000 has none inside, and shows as 65534 there: a process does "
      "not become root because there is one. ::setresuid() sets three of them, "
      "and the fourth goes along.");
  CHECK(box.command().status("Uid") == four(users[0].outside));
  HINT("The same for the group: ::setresgid().");
  CHECK(box.command().status("Gid") == four(groups[0].outside));
}

TEST_CASE("03: who has promised to keep the groups keeps them",
          "[03.5][points:1]") {
  const auto group = static_cast<gid_t>(judge::random_number(2000, 60000));
  const auto box = start_as_student({}, {group});

  HINT(
      "Where setgroups says \"deny\", the call is EPERM, and that is no error: "
      "may_set_groups() says which it is.");
  CHECK(box.command().status("Groups") == std::to_string(group));
}

TEST_CASE("03: an ordinary user is root inside, with all capabilities",
          "[03.5][points:2]") {
  const auto all = judge::Process(1).status("CapBnd");
  for (const auto& options :
       std::vector<Words>{{}, options("--map-uid", random_lent_map(1))}) {
    const auto box = start_as_student(options);
    HINT("Just before the command starts, its process has every capability.");
    CHECK(judge::field_in(box.at_exec().status, "CapPrm") == all);
    HINT(
        "execve() gives capabilities to user 0 of the namespace, and takes "
        "them from everybody else. Who is the command?");
    CHECK(box.command().status("CapEff") == all);
    CHECK(box.command().status("CapPrm") == all);
  }
}

TEST_CASE("03: the caller's supplementary groups are left",
          "[03.5][points:2]") {
  const std::vector<gid_t> groups = {
      static_cast<gid_t>(judge::random_number(2000, 60000)), 0};
  judge::How as_root;
  as_root.circumstances.groups = groups;
  const Words map = {"--map-uid", "0:100000:10", "--map-gid", "0:100000:10"};

  HINT(
      "The caller's supplementary groups open files to the command that are "
      "not the container's business. setgroups(2) with an empty list.");
  CHECK(start_as_student(map, groups).command().status("Groups") == "");
  HINT("The same for root.");
  CHECK(judge::start(map, as_root).command().status("Groups") == "");
}

TEST_CASE("03: a file of root's inside is the caller's outside",
          "[03.5][points:2]") {
  const auto owner_of = [](const judge::Box& box, const std::string& path) {
    struct stat file {};
    REQUIRE(::stat((box.root_path() + path).c_str(), &file) == 0);
    return std::pair(static_cast<long>(file.st_uid),
                     static_cast<long>(file.st_gid));
  };
  const auto make_file = [](const judge::Box& box) {
    REQUIRE(::chmod((box.root_path() + "/tmp").c_str(), 01777) == 0);
    REQUIRE(box.get("make /tmp/file x") == "");
  };
  {
    const auto box = start_as_student({});
    make_file(box);
    CHECK(owner_of(box, "/tmp/file") == std::pair(kStudent, kStudent));
    HINT("There is no other id inside to give a file to.");
    CHECK(box.ask("chown /tmp/file 1") == "error " + std::to_string(EINVAL));
  }
  const auto users = random_lent_map(1);
  const auto groups = random_lent_map(1);
  const auto box = start_as_student(options("--map-uid", users) +
                                    options("--map-gid", groups));
  make_file(box);
  CHECK(owner_of(box, "/tmp/file") ==
        std::pair(users[0].outside, groups[0].outside));
  CHECK(box.ask("chown /tmp/file 1") == "ok");
  CHECK(owner_of(box, "/tmp/file").first == users[0].outside + 1);
}

TEST_CASE("03: root inside is nobody outside", "[03.5][points:1]") {
  const auto before = judge::Host::now();
  {
    const auto box = start_as_student({});
    const auto secret = box.root_path() + "/secret";
    std::ofstream(secret) << judge::random_name();
    REQUIRE(::chmod(secret.c_str(), 0600) == 0);

    HINT("The host's root owns this file, and nobody else may read it.");
    CHECK(box.ask("read /secret") == "error " + std::to_string(EACCES));
    CHECK(box.ask("mknod /tmp/null") != "ok");
    HINT("In mounts of its own, root inside may mount.");
    CHECK(box.ask("mount tmpfs /tmp") == "ok");
    CHECK(judge::Host::now().mounts == before.mounts);
  }
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("03: the host's root can use it, too", "[03.5][points:1]") {
  const auto before = judge::Host::now();
  const auto map = random_map(1, 200'000, 300'000);
  {
    const auto box =
        judge::start(options("--map-uid", map) + options("--map-gid", map));
    CHECK(box.command().status("Uid") == four(map[0].outside));
    CHECK(box.command().status("Gid") == four(map[0].outside));
    const auto status = static_cast<int>(judge::random_number(1, 120));
    CHECK(box.end(status) == exited(status));
  }
  const auto box = judge::start({});
  HINT(
      "Without an option, 0 inside is 0 outside, in a namespace all the same.");
  CHECK(box.command().status("Uid") == four(0));
  CHECK(box.command().own_namespaces() == std::set<std::string>{"mnt", "user"});
  CHECK(box.end(0) == exited(0));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("03: the command's end is the program's", "[03.5][points:1]") {
  const auto before = judge::Host::now();
  const auto root = judge::make_root_directory();
  const auto run = [&](const Words& command) {
    return judge::run(Words{"--root", root, "--"} + command, kAsStudent);
  };
  const auto status = static_cast<int>(judge::random_number(1, 120));
  CHECK(run({"/probe", "exit", std::to_string(status)}).ending ==
        exited(status));
  CHECK(run({"/probe", "kill", "15"}).ending == exited(128 + SIGTERM));
  CHECK(run({"/" + judge::random_name()}).ending == exited(127));
  CHECK(run({"/etc"}).ending == exited(126));
  const auto missing = "/judge/roots/" + judge::random_name();
  const auto result = judge::run({"--root", missing}, kAsStudent);
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(missing));
  std::filesystem::remove_all(root);
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("03: nothing is left of a program that is killed",
          "[03.5][points:1]") {
  const auto before = judge::Host::now();
  for (const auto& options :
       std::vector<Words>{{}, options("--map-uid", random_lent_map(1))}) {
    const auto box = start_as_student(options);
    box.send_signal(SIGKILL);
    CHECK(box.wait().signal == SIGKILL);
    CHECK(judge::Host::settled(before).processes == before.processes);
  }
}

TEST_CASE("03: an ordinary user has a default root with a shell",
          "[03.5][points:1]") {
  const auto before = judge::Host::now();
  for (const auto& options :
       std::vector<Words>{{}, options("--map-uid", random_lent_map(1))}) {
    const auto status = std::to_string(judge::random_number(1, 70));
    const auto result = judge::run(
        options + Words{"--", "sh", "-c",
                        "test $(id -u) = 0 && : > /dev/null && exit " + status},
        kAsStudent);
    CHECK(result.ending == exited(std::stoi(status)));
  }
  CHECK(judge::Host::settled(before) == before);
}
