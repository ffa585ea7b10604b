// Step 14.4: users, names, the root, and the way back.

#include "tests/14_container/container.h"

using namespace container_judge;

TEST_CASE("14: the container is in its root, and nothing of the host is",
          "[14.4][points:4][root][outside][sys][private]") {
  const auto before = judge::Host::now();
  HINT(
      "change_root() of lesson 01 makes the root another one. Before that, "
      "make_mounts_private() sees to it that it can.");
  const auto box = start_container({});
  const auto process = box.becoming();

  HINT("change_root() of lesson 01 changes the root. Is it called?");
  CHECK((process.root() == box.root()));
  Set of_the_host;
  for (const auto& mount : process.mounts()) {
    for (const auto* target : {"/judge", "/run", "/sys/kernel/security"}) {
      if (mount.target == target) of_the_host.insert(target);
    }
  }
  HINT(
      "In the container's mount table there are mounts of the host. "
      "drop_old_root() of lesson 01 takes the old root away, and all below.");
  CHECK(of_the_host == Set{});
  HINT("mount_sys() mounts /sys, after change_root().");
  CHECK(has(mount_at(process, "/sys").options, "ro"));
  HINT(
      "What the container mounts has reached the host: "
      "make_mounts_private() comes before everything that mounts.");
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("14: the command is a process of its own, and sees only those",
          "[14.4][points:2][proc]") {
  const auto box = start_container({});

  HINT("mount_proc() of lesson 02 mounts a /proc for the container.");
  CHECK(mount_at(box.becoming(), "/proc").type == "proc");
  HINT("The init is process 1, its command is another one.");
  CHECK(judge::split(box.command().status("NSpid"), '\t').back() != "1");
  CHECK(judge::split(init_of(box).status("NSpid"), '\t').back() == "1");
  Set numbers;
  for (const auto& name : judge::split(box.get("list /proc"), '\n')) {
    if (std::isdigit(static_cast<unsigned char>(name[0])) != 0) {
      numbers.insert(name);
    }
  }
  HINT("In /proc there are more processes than the init and the command.");
  CHECK(numbers.size() == 2);
}

TEST_CASE("14: the container has its names", "[14.4][points:2][name][domain]") {
  const auto before = judge::Host::now();
  const auto name = judge::random_name();
  const auto domain = judge::random_name();
  const auto box =
      start_container({"--hostname", name, "--domainname", domain});

  HINT("set_host_name() of lesson 04 sets settings.host_name.");
  CHECK(box.becoming().host_name() == name);
  HINT("set_domain_name() of lesson 04 sets settings.domain_name.");
  CHECK(box.becoming().domain_name() == domain);
  CHECK(judge::Host::now().names == before.names);
}

TEST_CASE("14: the container's name is its host name",
          "[14.4][points:1][name]") {
  const auto name = judge::random_name();
  const auto box = start_container({"--name", name});
  HINT("Without --hostname, settings.host_name is the container's name.");
  CHECK(box.becoming().host_name() == name);
}

TEST_CASE("14: the container sees its cgroup, and cannot change it",
          "[14.4][points:2][cgroup]") {
  const auto pids = text(judge::random_number(20, 500));
  const auto box = start_container({"--pids-limit", pids});

  HINT("enter_cgroup_namespace() of lesson 06 makes the cgroup namespace.");
  REQUIRE(box.becoming().own_namespaces().contains("cgroup"));
  HINT(
      "/sys/fs/cgroup is to show the container's own cgroup: "
      "enter_cgroup_namespace() mounts it, in the place that mount_sys() makes "
      "for it. So it comes after that, and after change_root().");
  CHECK(mount_at(box.becoming(), "/sys/fs/cgroup").type == "cgroup2");
  CHECK(box.get("read /sys/fs/cgroup/pids.max") == pids + "\n");
  CHECK(box.get("read /proc/self/cgroup") == "0::/\n");
  CHECK(box.ask("write /sys/fs/cgroup/pids.max max") == error(EROFS));
}

TEST_CASE("14: without --root, its root is busybox in memory",
          "[14.4][points:1][root]") {
  const auto before = judge::Host::now();
  const auto status = text(judge::random_number(1, 70));
  const auto result =
      judge::run({"run", "--", "sh", "-c", "echo $$ >/made && exit " + status});
  HINT(
      "change_root() of lesson 01 gets what provide_root() returns, and not "
      "settings.root: that is not set without --root.");
  CHECK(result.ending == exited(std::stoi(status)));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: root inside is nobody outside", "[14.4][points:2][users]") {
  HINT(
      "With --userns auto, two calls have their place: become_root_inside() of "
      "lesson 03 is the first, for nobody may do what follows; and "
      "mount_proc() comes before drop_old_root(), for in a user namespace a "
      "/proc can be mounted only while another one is to be seen.");
  const auto box = start_container({"--userns", "auto"});
  const auto init = init_of(box);
  const auto first =
      judge::split(judge::trimmed(init.file("uid_map")), ' ').at(1);
  HINT(
      "become_root_inside() of lesson 03 makes the init user 0 of its "
      "namespace, which is another one outside.");
  CHECK(init.status("Uid") == fmt::format("{0}\t{0}\t{0}\t{0}", first));
  CHECK(box.command().status("Gid") ==
        fmt::format("{0}\t{0}\t{0}\t{0}", first));
  CHECK(mount_at(box.command(), "/proc").type == "proc");
  CHECK(box.get("read /proc/self/cgroup") == "0::/\n");
}

TEST_CASE("14: nothing gets in that was open", "[14.4][points:2][closed]") {
  judge::How how;
  how.circumstances.leaked_descriptors = {3, 9, 200, 40'000};
  const auto box = start_container({}, how);
  HINT(
      "The init keeps descriptors open with which the program was started, or "
      "that it has opened itself: the container can see them in /proc/1/fd. "
      "protect_init() of lesson 02 closes them, whatever their numbers are.");
  CHECK(init_of(box).descriptors_beside(box.command().pid()) ==
        std::map<int, std::string>{});
  CHECK(box.at_exec().kept_descriptors.size() == 3);
  CHECK(box.command().descriptors().size() == 4);  // And the probe's socket.
}

TEST_CASE("14: nobody in the container can look into its init",
          "[14.4][points:2][dumpable]") {
  for (const auto& options : std::vector<Options>{{}, {"--userns", "auto"}}) {
    const auto box = start_container(options);
    HINT(
        "The init is dumpable: root in the container may open what is in "
        "/proc/1. protect_init() of lesson 02 changes that.");
    CHECK_FALSE(init_of(box).can_be_looked_into());
    CHECK(box.command().can_be_looked_into());
  }
}

TEST_CASE("14: there is no way out", "[14.4][points:1][outside]") {
  const auto box = start_container({});
  HINT("The escape of lesson 00 ends at the container's own root.");
  (void)box.ask("escape");
  CHECK(box.ask("list /judge") == error(ENOENT));
}

TEST_CASE("14: nothing is left of a program that is killed",
          "[14.4][points:1][ends]") {
  for (const auto& options : std::vector<Options>{
           {"--memory", "32m"}, {"--userns", "auto"}, {"--ip", "10.85.3.4"}}) {
    const auto before = judge::Host::now();
    {
      const auto box = start_container(options);
      (void)box.get("orphans 3");
      box.send_signal(SIGKILL);
      CHECK(box.wait().signal == SIGKILL);
    }
    CHECK(judge::Host::settled(before) == before);
  }
}

// The keepers of lessons 05 and 06 would end the container as well. They are
// the second line: here, they are stopped.
TEST_CASE("14: the kernel ends the init with the program",
          "[14.4][points:2][ends]") {
  for (const auto& options : std::vector<Options>{{}, {"--userns", "auto"}}) {
    const auto before = judge::Host::now();
    {
      const auto box = start_container(options);
      std::vector<pid_t> keepers;
      for (const auto& child : judge::descendants_of(box.program().pid())) {
        if (child.name == "keeper") keepers.push_back(child.pid);
      }
      for (const pid_t keeper : keepers) ::kill(keeper, SIGSTOP);
      box.send_signal(SIGKILL);
      const bool ended =
          box.becomes_true([&] { return !box.command().exists(); });
      for (const pid_t keeper : keepers) ::kill(keeper, SIGCONT);
      HINT(
          "end_with() of lesson 02 has the kernel end the init when the "
          "program ends. It counts from then on, until the init changes its "
          "user: so it comes after become_root_inside().");
      CHECK(ended);
    }
    CHECK(judge::Host::settled(before) == before);
  }
}
