// Judges lesson 06: lessons/06_cgroups/cgroup.h is the contract. Here, what is
// given, and the making of a cgroup (step 06.1).
//
// The first three steps only make and set a cgroup, so they can be judged while
// the program waits at a later one. What needs the running command comes after.

#include <sys/syscall.h>

#include "tests/06_cgroups/cgroups.h"

// ---- What is given ---------------------------------------------------------

TEST_CASE("06: an unwritten step ends the program with 75", "[given]") {
  const auto result = run_with({"--pids-max", "9"}, {.hold_at_todo = false});

  if (result.ending != exited(75)) {
    SUCCEED("All steps are written.");
    return;
  }
  HINT("A skeleton says which steps are next, and nothing else.");
  CHECK(result.only_names_steps());
}

TEST_CASE("06: options that are wrong are errors", "[given]") {
  const auto before = judge::Host::now();
  for (const auto& options :
       std::vector<Options>{{"--no-such-option"},
                            {"--pids-max", "x"},
                            {"--memory", "64m", "--memory-swap", "32m"},
                            {"--cpus", "-1"},
                            {"--io-max", "/dev/vda:bps=5"},
                            {"--name", "../evil"}}) {
    HINT("The options begin with " << options.front());
    CHECK(run_with(options).ending == exited(125));
  }
  CHECK(judge::Host::now() == before);
}

TEST_CASE("06: a name that is taken is an error", "[given]") {
  const auto name = judge::random_name();
  make_cgroup("/container-kit");
  make_cgroup("/container-kit/" + name);

  check_refused(run_with({"--name", name}), name,
                "Two containers in one cgroup would share their limits.");
  CHECK(leaf(name).exists());
}

// ---- 06.1: the cgroup ------------------------------------------------------

TEST_CASE("06: the container has a cgroup, with the controllers of its limits",
          "[06.1][points:4][made][between][files][leaf]") {
  const auto name = judge::random_name();
  const auto box = start_and_keep(
      {"--name", name, "--pids-max", "9", "--memory", "64m", "--cpus", "0.5",
       "--cpuset-cpus", "1", "--io-max", "/dev/vda:rbps=1m"});

  HINT("There must be the directory /sys/fs/cgroup/container-kit/"
       << name
       << " while the program runs. container-kit is made, too, if it is not "
          "there yet.");
  REQUIRE(leaf(name).exists());
  const auto has = words(leaf(name).file("cgroup.controllers"));
  for (const std::string controller :
       {"pids", "memory", "cpu", "cpuset", "io"}) {
    HINT("The controller " << controller
                           << " has no files in the cgroup. It "
                              "comes down from the root only if every cgroup "
                              "above the leaf has it in its "
                              "cgroup.subtree_control: +"
                           << controller
                           << " in the root's, "
                              "and in container-kit's.");
    CHECK(has.contains(controller));
  }
  HINT(
      "A cgroup that enables controllers for its children cannot have "
      "processes itself (the rule of no internal processes), and the leaf is "
      "to have some. Write to the cgroup.subtree_control of those above it "
      "only.");
  CHECK(enabled_in("/container-kit/" + name).empty());
}

TEST_CASE("06: what others have made and enabled stays",
          "[06.1][points:1][stay][only]") {
  make_another_container("+pids");
  const auto name = judge::random_name();
  const auto box = start_and_keep({"--name", name, "--memory", "64m"});
  HINT(
      "The first container's cgroups were there already: mkdir() says EEXIST "
      "for those between the root and the leaf, and that is fine.");
  CHECK(leaf(name).exists());

  for (const std::string cgroup : {"/", "/container-kit"}) {
    auto enabled = enabled_in(cgroup);
    HINT(
        "Another container needs the controllers that it has enabled. "
        "\"+memory\" adds one and leaves the others as they are.");
    CHECK(enabled.contains("pids"));
    enabled.erase("pids");
    HINT(
        "Enable the controllers that were asked for, here memory, and no "
        "others: each that is enabled makes the kernel count, for every "
        "container.");
    CHECK(enabled == Set{"memory"});
  }
}

TEST_CASE("06: a cgroup that somebody else has just made is an error",
          "[06.1][points:1][EEXIST][names]") {
  make_cgroup("/container-kit");
  const auto name = judge::random_name();
  HeldProgram program(with_command({"--name", name}),
                      {{SYS_mkdir}, {SYS_mkdirat}});

  // Once the keeper is there, the program (given/owner.cc) has found that the
  // name is free. Then somebody else takes it.
  bool made = false;
  while (const pid_t held = program.wait()) {
    if (!made && !judge::descendants_of(held).empty()) {
      made = true;
      make_cgroup("/container-kit/" + name);
    }
    program.release();
  }
  const auto result = program.wait_for_end();
  HINT(
      "A directory is made by mkdir(), and then it is certain that it is new.");
  REQUIRE(made);
  check_refused(result, name,
                "mkdir() says EEXIST: there is a cgroup of this name. For "
                "those between the root and the leaf that is fine. But two "
                "containers in one leaf would share their limits.");
  HINT("What is wrong is EEXIST: \"" << std::strerror(EEXIST) << "\".");
  CHECK_THAT(result.errors, judge::contains(std::strerror(EEXIST)));
}

TEST_CASE("06: a controller that the host does not have is an error",
          "[06.1][points:1][missing][names]") {
  // What the program takes for the root of the tree has no controllers: nobody
  // has enabled any for it.
  make_cgroup("/bare");
  const auto result = run_with({"--pids-max", "9"}, {.cgroup_root = "/bare"});

  check_refused(result, "pids",
                "The limit was asked for and cannot be kept. Then the program "
                "must say so, and name the controller: a limit that is "
                "silently left out is worse than an error.");
  const bool tells_why =
      result.errors.find(std::strerror(ENOENT)) != std::string::npos ||
      result.errors.find(std::strerror(EINVAL)) != std::string::npos;
  HINT(
      "The message must say what the kernel says: ENOENT's text, or EINVAL's.");
  CHECK(tells_why);
  CHECK(judge::cgroups_below("/bare").empty());
}

TEST_CASE("06: processes in the way are an error", "[06.1][points:1][EBUSY]") {
  write_control("/cgroup.subtree_control", "+memory");
  make_cgroup("/crowded");
  const pid_t resident = ::fork();
  if (resident == 0) {
    for (;;) ::pause();
  }
  write_control("/crowded/cgroup.procs", text(resident));

  const auto result =
      run_with({"--memory", "64m"}, {.cgroup_root = "/crowded"});
  check_refused(
      result, "memory",
      "The kernel refuses to enable controllers in a cgroup that has processes "
      "of its own. That is an error, and nothing may be left behind.");
  HINT("The message must say what the kernel says: EBUSY's text.");
  CHECK_THAT(result.errors, judge::contains(std::strerror(EBUSY)));
  CHECK(judge::cgroups_below("/crowded").empty());
}
