// Judges lesson 06: stopping a container, and letting it go on (step 06.6).

#include <fstream>

#include "tests/06_cgroups/cgroups.h"

// ---- 06.6: freezing --------------------------------------------------------

TEST_CASE("06: freezing stops every process, thawing lets them go on",
          "[06.6][points:3][stops][thaws]") {
  const auto name = judge::random_name();
  const auto box = start_limited({"--name", name, "--pids-max", "20"});
  (void)box.get("fork 3");

  CHECK(judge::run({"--freeze", name}).ending == exited(0));
  HINT("cgroup.freeze takes \"1\" to freeze.");
  REQUIRE(leaf(name).file("cgroup.freeze") == "1");
  CHECK(leaf(name).field("cgroup.events", "frozen") == 1);

  HINT("What is frozen already stays frozen, and that is no error.");
  CHECK(judge::run({"--freeze", name}).ending == exited(0));

  CHECK(judge::run({"--thaw", name}).ending == exited(0));
  HINT("cgroup.freeze takes \"0\" to thaw.");
  REQUIRE(leaf(name).file("cgroup.freeze") == "0");
  CHECK(leaf(name).field("cgroup.events", "frozen") == 0);
  CHECK_FALSE(box.get("cwd").empty());  // It answers again.

  const auto statistics = judge::run({"--stats", name});
  CHECK_THAT(statistics.output, judge::contains("pids 4\n"));
}

TEST_CASE("06: freezing returns when it is done, not before",
          "[06.6][points:2][done]") {
  const auto name = judge::random_name();
  const auto box = start_limited({"--name", name, "--pids-max", "20"});

  // A child of the probe is in the middle of a system call that the judge does
  // not let it finish: until then, the kernel cannot freeze it.
  std::ofstream(box.root_path() + "/slow") << "slow";
  const judge::FileWatch held(box.root_path() + "/slow",
                              judge::FileWatch::For::kOpen);
  (void)box.get("open " + box.root_path() + "/slow");
  held.wait();

  judge::Subject freeze({"--freeze", name}, {});
  // Until it waits: some wait awake, and these get all the judge's patience.
  (void)judge::becomes_true(freeze, [&] {
    return freeze.ending() || (leaf(name).file("cgroup.freeze") == "1" &&
                               judge::Process(freeze.pid()).sleeps());
  });
  REQUIRE(leaf(name).field("cgroup.events", "frozen") == 0);
  HINT(
      "The program has ended, and a process of the container still runs: "
      "writing to cgroup.freeze only asks for it. wait_for_event() returns "
      "when the kernel says \"frozen 1\" in cgroup.events.");
  REQUIRE_FALSE(freeze.ending().has_value());

  held.answer([](pid_t) {});
  CHECK(freeze.wait_for_end() == exited(0));
  CHECK(leaf(name).field("cgroup.events", "frozen") == 1);
}

TEST_CASE("06: there is nothing to freeze under an unknown name",
          "[06.6][points:1][ENOENT]") {
  const auto name = judge::random_name();
  const auto result = judge::run({"--freeze", name});
  check_refused(result, name,
                "There is no such cgroup, and so nothing was stopped: that is "
                "an error.");
  HINT("The message must say what the kernel says: ENOENT's text.");
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENOENT)));
}
