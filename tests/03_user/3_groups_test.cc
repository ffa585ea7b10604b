// Judges steps 03.3 and 03.4, groups and lent ids: lessons/03_user/user.h is
// the contract.

#include <linux/capability.h>
#include <sys/mount.h>

#include "tests/03_user/user.h"

namespace users {
namespace {

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

// A folder for PATH, with a newuidmap and a newgidmap that do this in a shell.
std::string make_programs(const std::string& script) {
  const auto folder = judge::make_root_directory();
  REQUIRE(::chmod(folder.c_str(), 0777) == 0);
  for (const auto* name : {"/newuidmap", "/newgidmap"}) {
    std::ofstream(folder + name) << "#!/bin/sh\n" << script << "\n";
    REQUIRE(::chmod((folder + name).c_str(), 0755) == 0);
  }
  return folder;
}

judge::Circumstances with_programs(const std::string& folder) {
  judge::Circumstances circumstances = kAsStudent;
  circumstances.variables = {"PATH=" + folder + ":/usr/bin:/bin"};
  return circumstances;
}

// Runs the program with newuidmap replaced by this script.
judge::Result run_with_newuidmap(const std::string& script) {
  const auto root = judge::make_root_directory();
  return judge::run(
      {"--map-uid", "0:100000:10", "--root", root, "--", "/probe", "exit", "3"},
      with_programs(make_programs(script)));
}

// What is lent to the student, in place of what these files say.
void lend_on_host(const std::string& lines) {
  const auto lent = "/judge/roots/" + judge::random_name();
  std::ofstream(lent) << lines;
  for (const auto* file : {"/etc/subuid", "/etc/subgid"}) {
    REQUIRE(judge::guest().on_stage([&] {
      return ::mount(lent.c_str(), file, nullptr, MS_BIND, nullptr) == 0;
    }));
  }
}

}  // namespace

// ---- 03.3: groups ----

TEST_CASE("03: groups are mapped for themselves", "[03.3][points:1][map]") {
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
          "[03.3][points:2][map][promise]") {
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

TEST_CASE("03: who may map any group promises nothing",
          "[03.3][points:2][free]") {
  const auto box = start_and_hold({"--map-gid", "0:300000:1000"});

  HINT(
      "setgroups says \"deny\", for good: now nobody in the container can "
      "change supplementary groups, and su, sshd or apt fail there. The "
      "promise is only for those who have no CAP_SETGID.");
  CHECK(judge::trimmed(child_of(box).file("setgroups")) == "allow");
}

TEST_CASE("03: it is CAP_SETGID that counts, and not who has it",
          "[03.3][points:2][promise][free]") {
  struct Caller {
    judge::Circumstances circumstances;
    std::vector<Range> groups;
    std::string setgroups;
    std::string hint;
  };
  const long some = judge::random_number(200'000, 900'000);
  for (const auto& [circumstances, groups, setgroups, hint] :
       std::vector<Caller>{
           {{.student = true, .student_capabilities = 1ULL << CAP_SETGID},
            {{0, some, 10}},
            "allow",
            "The caller is user 1000, and has CAP_SETGID"},
           {{.student = true, .student_capabilities = 1ULL << CAP_SETUID},
            {{0, kStudent, 1}},
            "deny",
            "The caller is user 1000, and has CAP_SETUID, and not CAP_SETGID"},
           {{.lost_capabilities = 1ULL << CAP_SETGID},
            {{0, 0, 1}},
            "deny",
            "The caller is root, but without CAP_SETGID"}}) {
    const auto box =
        start_and_hold(options("--map-gid", groups), circumstances);
    const auto child = child_of(box);
    HINT(hint << ": has_capability() tells. Who has it promises nothing; who "
                 "has not must promise, or the map is EPERM.");
    CHECK(judge::trimmed(child.file("setgroups")) == setgroups);
    HINT(hint << ": the map of groups is not as it was asked for.");
    CHECK(map_of(child, "gid_map") == text(groups));
  }
}

TEST_CASE("03: in a namespace where groups cannot be changed",
          "[03.3][points:1][free]") {
  // A user namespace, of which the student is root, denies setgroups: those
  // that are made in it do so, too.
  judge::Circumstances nested = kAsStudent;
  nested.program = "/usr/bin/unshare";
  const auto box =
      start_and_hold({"-U", "-r", judge::guest().program()}, nested);

  HINT(
      "The caller has CAP_SETGID in a user namespace that denies setgroups(2). "
      "To write \"allow\" is EPERM there. Who has the capability writes "
      "nothing to that file.");
  CHECK(map_of(child_of(box), "gid_map") == text({{0, kStudent, 1}}));
}

// ---- 03.4: lent ids ----

TEST_CASE("03: ids that are lent are mapped by newuidmap and newgidmap",
          "[03.4][points:3][map][words]") {
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
          "[03.4][points:1][map][words]") {
  // What rootless Podman and Docker do by default.
  const long count = judge::random_number(1, kLent);
  const std::vector<Range> map = {{0, kStudent, 1}, {1, kFirstLent, count}};
  const auto box = start_and_hold(
      options("--map-uid", map) + options("--map-gid", map), kAsStudent);
  const auto child = child_of(box);

  CHECK(map_of(child, "uid_map") == text(map));
  CHECK(map_of(child, "gid_map") == text(map));
}

TEST_CASE("03: ids that are lent can be large ones",
          "[03.4][points:1][words]") {
  const long first = 3'000'000'000 + judge::random_number(0, 1'000'000);
  lend_on_host("student:" + std::to_string(first) + ":1000\n");
  const std::vector<Range> map = {{0, first + 5, 900}};
  const auto box = start_and_hold(
      options("--map-uid", map) + options("--map-gid", map), kAsStudent);

  HINT("Ids from 2147483648 on are no negative numbers: std::uint32_t.");
  CHECK(map_of(child_of(box), "uid_map") == text(map));
}

TEST_CASE("03: nothing goes on before newuidmap has done its work",
          "[03.4][points:2][waits]") {
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

TEST_CASE("03: a newuidmap that is stopped has not ended",
          "[03.4][points:1][waits]") {
  const auto folder = make_programs(
      "( until grep -q stopped /proc/$$/status; do :; done; kill -CONT $$ ) &\n"
      "kill -STOP $$\n"
      "exec /usr/bin/$(basename $0) \"$@\"");
  const auto map = random_lent_map(1);
  const auto box =
      start_and_hold(options("--map-uid", map) + options("--map-gid", map),
                     with_programs(folder));

  HINT(
      "newuidmap was stopped for a moment (SIGSTOP), and the program took that "
      "for its end: waitpid(2) tells of it only with WUNTRACED.");
  CHECK(map_of(child_of(box), "uid_map") == text(map));
}

TEST_CASE("03: newuidmap is looked for in PATH", "[03.4][points:1][PATH]") {
  const auto folder =
      make_programs(": > $0.called; exec /usr/bin/$(basename $0) \"$@\"");
  const auto map = random_lent_map(1);
  const auto box =
      start_and_hold(options("--map-uid", map) + options("--map-gid", map),
                     with_programs(folder));

  HINT(
      "There is a newuidmap in the first folder of PATH, and it was not run. "
      "Where the program is differs from one system to the next: kit::exec() "
      "looks in PATH.");
  CHECK(std::filesystem::exists(folder + "/newuidmap.called"));
  CHECK(map_of(child_of(box), "uid_map") == text(map));
}

TEST_CASE("03: that newuidmap has failed is an error",
          "[03.4][points:2][status][signal][names]") {
  const auto some = std::to_string(judge::random_number(2, 99));
  for (const auto& script : Words{"exit " + some, "exit 1", "exit 126",
                                  "exit 127", "exit 255", "kill -9 $$"}) {
    const auto result = run_with_newuidmap(script);
    HINT("No id was mapped, so the command must not run.");
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    HINT("newuidmap did this: \""
         << script
         << "\". That is no success: its status is not 0, or a signal has "
            "ended it. If nobody looks at it, the next step fails, and the "
            "reader searches in the wrong place. The message must say that it "
            "was newuidmap.");
    CHECK_THAT(result.errors, judge::contains("newuidmap"));
  }
}

TEST_CASE("03: what newuidmap has to say is not lost",
          "[03.4][points:1][says]") {
  const auto word = judge::random_name();
  const auto result = run_with_newuidmap("echo " + word + " >&2; exit 1");
  CHECK(result.ending == exited(125));
  HINT(
      "newuidmap has said on standard error why it has failed, and that was "
      "thrown away.");
  CHECK_THAT(result.errors, judge::contains(word));
}

}  // namespace users
