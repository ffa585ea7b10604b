// Judges step 03.5, root inside, and the program as a whole:
// lessons/03_user/user.h is the contract.

#include <sys/prctl.h>

#include "tests/03_user/user.h"

namespace users {

TEST_CASE("03: the command is user 0 and group 0 inside",
          "[03.5][points:3][user][group][good]") {
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
          "[03.5][points:1][keep]") {
  const auto group = static_cast<gid_t>(judge::random_number(2000, 60000));
  const auto box = start_as_student({}, {group});

  HINT(
      "Where setgroups says \"deny\", the call is EPERM, and that is no error: "
      "may_set_groups() says which it is.");
  CHECK(box.command().status("Groups") == std::to_string(group));
}

TEST_CASE("03: an ordinary user is root inside, with all capabilities",
          "[03.5][points:2][user]") {
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

TEST_CASE("03: becoming root changes nothing else",
          "[03.5][points:1][idle][only]") {
  const auto box = start_as_student({});
  const std::string none(16, '0');

  HINT(
      "The process has securebits, which stay over an exec: without the rules "
      "of the kernel for user 0, a command that gives up root keeps its "
      "capabilities.");
  CHECK(box.get("call " + std::to_string(SYS_prctl) + " " +
                std::to_string(PR_GET_SECUREBITS)) == "0");
  HINT("Inheritable and ambient capabilities were not asked for.");
  CHECK(box.command().status("CapInh") == none);
  CHECK(box.command().status("CapAmb") == none);
  HINT("With no_new_privs, a set-user-ID program inside changes no user.");
  CHECK(box.command().status("NoNewPrivs") == "0");
}

TEST_CASE("03: the caller's supplementary groups are left",
          "[03.5][points:2][leave]") {
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
          "[03.5][points:2][user][group]") {
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

TEST_CASE("03: the host's root can use it, too",
          "[03.5][points:1][user][group]") {
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

}  // namespace users
