// Judges lesson 14: lessons/14_container/container.h is the contract.
//
// What the steps of lessons 00 and 06 do is judged there. Here it is that they
// are called, all of them, in an order that works.

#include <cerrno>
#include <csignal>

#include "tests/judge/judge.h"

namespace {

using judge::exited;
using Options = std::vector<std::string>;

std::string text(long number) { return std::to_string(number); }

// The cgroup of the one container that there is, also if nothing is in it.
judge::Cgroup container_cgroup() {
  const auto cgroups = judge::cgroups_below("/container-kit");
  HINT("There is no cgroup. Does prepare_cgroup() make a Cgroup?");
  REQUIRE_FALSE(cgroups.empty());
  return judge::Cgroup{cgroups.back()};
}

// Starts a container with these options. Its command is the probe.
judge::Box start_container(Options options, const judge::How& how = {}) {
  options.insert(options.begin(), "run");
  return judge::start(options, how);
}

// Runs a container, in a root with the probe, to its end.
judge::Result run_container(const Options& options, const Options& command) {
  Options arguments = {"run", "--root", judge::make_root_directory()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back("--");
  arguments.insert(arguments.end(), command.begin(), command.end());
  return judge::run(arguments);
}

}  // namespace

// ---- What is given ----

TEST_CASE("14: options that are wrong are errors", "[given]") {
  const auto before = judge::Host::now();
  for (const auto& arguments :
       std::vector<Options>{{},
                            {"walk"},
                            {"run", "--no-such-option"},
                            {"run", "--pids-limit", "x"},
                            {"run", "--pids-limit", "-1"},
                            {"run", "--memory", "99999999999999999999"},
                            {"run", "--cpus", "0"},
                            {"run", "--memory", "8m", "--memory", "9m"},
                            {"run", "--root", "/no/such/root"},
                            {"run", "--root", "/etc/passwd"}}) {
    const auto result = judge::run(arguments);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
  }
  CHECK(judge::run({"--help"}).ending == exited(0));
  CHECK(judge::run({"run", "--help"}).ending == exited(0));
  CHECK(judge::Host::settled(before) == before);
}

// ---- 14.1: the cgroup ----

TEST_CASE("14: the container has a cgroup with its limits",
          "[14.1][points:3]") {
  const auto pids = text(judge::random_number(5, 500));
  const auto megabytes = judge::random_number(24, 200);
  judge::How how;
  how.hold_removal = true;
  const auto box = start_container({"--pids-limit", pids, "--memory",
                                    text(megabytes) + "m", "--cpus", "0.5"},
                                   how);
  const auto cgroup = container_cgroup();

  HINT(
      "limit_pids_and_memory() of lesson 06 sets what --pids-limit and "
      "--memory "
      "ask for. Is it called, with the path of the cgroup?");
  CHECK(cgroup.file("pids.max") == pids);
  HINT("The same for --memory.");
  CHECK(cgroup.file("memory.max") == text(megabytes << 20));
  HINT("limit_cpu_and_io() of lesson 06 sets what --cpus asks for.");
  CHECK(cgroup.file("cpu.max") == "50000 100000");
}

// First of all: a container without its command has nothing to be looked at.
TEST_CASE("14: the command runs, and its status is the program's",
          "[14.3][points:2]") {
  const int status = static_cast<int>(judge::random_number(1, 99));
  const auto ended = run_container({}, {"/probe", "exit", text(status)});
  HINT(
      "The command is to be run in its root: enter_root() of lesson 00 goes "
      "there, as the last thing that needs the machine's files, and become() "
      "makes the process the command.");
  CHECK(ended.ending == exited(status));
}

// ---- 14.2: the start ----

TEST_CASE("14: the container starts in its cgroup, with mounts of its own",
          "[14.2][points:3]") {
  judge::How how;
  how.slow_cgroups = true;
  const auto box = start_container({"--pids-limit", "20"}, how);

  HINT(
      "At the moment of its exec the command was not in the container's "
      "cgroup. start_in_cgroup() of lesson 06 is to be called before the "
      "start.");
  CHECK_THAT(box.at_exec().cgroup, judge::contains("/container-kit/"));
  HINT("The limits must be there before the command is.");
  CHECK(box.at_exec().limits.at("pids.max") == "20");
  HINT(
      "CLONE_NEWNS in clone_args::flags gives the container mounts of its own. "
      "Without it, enter_cgroup_namespace() changes the machine's.");
  CHECK(box.at_exec().own_namespaces.contains("mnt"));
}

// ---- 14.3: the container ----

TEST_CASE("14: the container is in its root, and nothing else gets in",
          "[14.3][points:3]") {
  judge::How how;
  how.circumstances.leaked_descriptors = {3, 9, 200};
  const auto before = judge::Host::now();
  const auto box = start_container({}, how);

  HINT("enter_root() of lesson 00 changes the root. Is it called?");
  CHECK((box.command().root() == box.root()));
  HINT(
      "let_go_of_descriptors() of lesson 00 is not called: a descriptor of the "
      "machine's root is open in the container, and is a way out.");
  CHECK(box.at_exec().kept_descriptors.size() == 3);
  HINT("What the container mounts has reached the machine.");
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("14: the container has a cgroup namespace", "[14.3][points:2]") {
  const auto box = start_container({});

  HINT(
      "enter_cgroup_namespace() of lesson 06 makes the cgroup namespace. It "
      "mounts at a path of the machine: before enter_root().");
  CHECK(box.command().own_namespaces() ==
        std::set<std::string>{"cgroup", "mnt"});
}

TEST_CASE("14: forks are refused at the limit", "[14.3][points:1]") {
  const auto box = start_container({"--pids-limit", "6"});
  HINT("At most five processes more fit in, beside the command.");
  CHECK(box.get("fork 9") == "5 " + text(EAGAIN));
}

TEST_CASE("14: a command that cannot be run", "[14.3][points:1]") {
  const auto before = judge::Host::now();
  const auto missing = "/" + judge::random_name();
  const auto result = run_container({}, {missing});
  CHECK(result.ending == exited(127));
  CHECK_THAT(result.errors, judge::contains(missing));
  CHECK(run_container({}, {"/"}).ending == exited(126));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: nothing is left, whatever dies", "[14.3][points:2]") {
  const auto before = judge::Host::now();
  {
    const auto box = start_container({"--memory", "32m"});
    (void)box.get("orphans 3");
    CHECK(box.end(7) == exited(7));
    CHECK(judge::Host::settled(before) == before);
  }
  const auto box = start_container({"--memory", "32m"});
  (void)box.get("orphans 3");
  box.send_signal(SIGKILL);
  CHECK(box.wait().signal == SIGKILL);
  CHECK(judge::Host::settled(before) == before);
}
