// Steps 14.2 and 14.3: the start, and what is prepared from outside.

#include <linux/rtnetlink.h>
#include <net/if.h>

#include "tests/14_container/modes.h"
#include "tests/judge/netlink.h"

using namespace container_judge;

TEST_CASE("14: the init starts in its cgroup, with namespaces of its own",
          "[14.2][points:3][cgroup][always][network][only][caller]") {
  const auto pids = text(judge::random_number(20, 500));
  const Prepared container({"--pids-limit", pids}, "14.2");
  const auto init = container.init();
  const auto own = init.own_namespaces();

  HINT(
      "The init is not in the container's cgroup. start_in_cgroup() of lesson "
      "06 is to be called before the start.");
  CHECK_THAT(init.cgroup().path(), judge::contains("/container-kit/"));
  HINT("The limits must be there before the init is.");
  CHECK(init.cgroup().file("pids.max") == pids);
  HINT(
      "ask_for_processes_of_its_own() of lesson 02 asks for a PID namespace "
      "and for mounts of its own. Without CLONE_NEWNS, all that the container "
      "mounts is mounted in the host.");
  CHECK(own.contains("mnt"));
  HINT("The same function asks for the PID namespace.");
  CHECK(own.contains("pid"));
  HINT("ask_for_names_of_its_own() of lesson 04 asks for a UTS namespace.");
  CHECK(own.contains("uts"));
  HINT("CLONE_NEWIPC: messages and shared memory of its own.");
  CHECK(own.contains("ipc"));
  HINT("CLONE_NEWNET: a network of its own, unless --network is host.");
  CHECK(own.contains("net"));
  HINT("Without --userns auto, users are those of the host.");
  CHECK_FALSE(own.contains("user"));
  HINT(
      "There are namespaces that were not asked for. That of cgroups is made "
      "later, by step 14.4.");
  CHECK(own == Set{"ipc", "mnt", "net", "pid", "uts"});
  HINT(
      "The program itself has left namespaces of the host, by unshare(2) or "
      "setns(2): it stays outside, and asks for them for its child.");
  CHECK(container.program().own_namespaces() == Set{});
}

TEST_CASE("14: the host's network, if that is asked for",
          "[14.2][points:1][always][network][only]") {
  const Prepared container({"--network", "host"}, "14.2");
  HINT("With has_own_network false, CLONE_NEWNET is left out.");
  CHECK_FALSE(container.init().own_namespaces().contains("net"));
  HINT("All others are its own, whatever the network is.");
  CHECK(container.init().own_namespaces() == Set{"ipc", "mnt", "pid", "uts"});
}

TEST_CASE("14: users of its own, if they are asked for",
          "[14.2][points:1][always][users][only]") {
  HINT("With id_maps, ask_for_users_of_its_own() of lesson 03 is called.");
  const Prepared container({"--userns", "auto"}, "14.2");
  const auto own = container.init().own_namespaces();
  HINT("With id_maps, ask_for_users_of_its_own() of lesson 03 is called.");
  CHECK(own.contains("user"));
  HINT("Users of its own are one namespace more, and none less.");
  CHECK(own == Set{"ipc", "mnt", "net", "pid", "user", "uts"});
}

TEST_CASE("14: the loopback is on before the init goes on",
          "[14.3][points:1][loopback]") {
  for (const auto& options : std::vector<Options>{{}, {"--userns", "auto"}}) {
    const Prepared container(options, "14.3");
    const auto links = Network::of(container.init().pid()).links();

    HINT(
        "A Network is made for a container without a link, too (lesson 05), "
        "with users of its own or without.");
    CHECK(links.at("lo").up);
    HINT("Without --network bridge, there is no link to the host.");
    CHECK(links.size() == 1);
  }
}

TEST_CASE("14: its network is complete before the init goes on",
          "[14.3][points:2][link]") {
  const auto address = fmt::format("10.85.{}.{}", judge::random_number(1, 250),
                                   judge::random_number(1, 250));
  const Prepared container({"--ip", address}, "14.3");
  const auto inside = Network::of(container.init().pid());
  const auto links = inside.links();

  HINT("A Network of lesson 05 makes the link. Has it settings.network?");
  REQUIRE(links.contains("eth0"));
  CHECK(links.at("eth0").addresses == Set{address + "/16"});
  CHECK(links.at("eth0").up);
  CHECK(inside.routes().contains({"default", "10.85.0.1", "eth0"}));
}

TEST_CASE("14: its users have ids before the init goes on",
          "[14.3][points:2][ids]") {
  const Prepared container({"--userns", "auto"}, "14.3");
  const auto init = container.init();

  for (const auto* map : {"uid_map", "gid_map"}) {
    const auto parts = judge::split(judge::trimmed(init.file(map)), ' ');
    HINT("The " << map << " is empty. map_ids() of lesson 03 writes it.");
    REQUIRE(parts.size() == 3);
    CHECK(parts[0] == "0");
    CHECK(std::stoul(parts[1]) >= 524'288);
    CHECK(parts[2] == "65536");
  }
}

TEST_CASE("14: namespaces in every mode",
          "[14.2][points:2][idle][always][network][users][only][cgroup]") {
  check_in_all_modes("14.2");
}

TEST_CASE("14: ids and network in every mode",
          "[14.3][points:2][idle][ids][loopback][link]") {
  check_in_all_modes("14.3");
}

// A host whose loopback is switched off, as long as this lives.
class NoLoopback {
 public:
  NoLoopback() { set(0); }
  ~NoLoopback() { set(IFF_UP); }
  NoLoopback(const NoLoopback&) = delete;
  NoLoopback& operator=(const NoLoopback&) = delete;

 private:
  static void set(unsigned flags) {
    Network::host().run([flags] {
      ifinfomsg link{};
      link.ifi_index = 1;
      link.ifi_flags = flags;
      link.ifi_change = IFF_UP;
      judge::netlink::request(RTM_NEWLINK, 0, judge::netlink::raw(link));
    });
  }
};

TEST_CASE("14: the host's network stays as it is", "[14.3][points:1][host]") {
  const NoLoopback off;
  const Prepared container({"--network", "host"}, "14.3");
  HINT(
      "The host's loopback was off, and somebody has switched it on. With "
      "has_own_network false, no ContainerNetwork is made: nullptr is "
      "returned.");
  CHECK_FALSE(Network::host().links().at("lo").up);
}

TEST_CASE("14: a network that cannot be made is an error",
          "[14.3][points:1][throws]") {
  const auto port =
      static_cast<std::uint16_t>(judge::random_number(20'000, 30'000));
  const auto listener = Network::host().listen(port);
  const auto before = judge::Host::now();
  const auto result = run_container({"-p", fmt::format("{}:80", port)},
                                    {"/probe", "exit", "0"});
  HINT(
      "The host's port is one that somebody else has, and the command has run "
      "all the same. What ContainerNetwork throws ends the program.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK(judge::Host::settled(before) == before);
}
