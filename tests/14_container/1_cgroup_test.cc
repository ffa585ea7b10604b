// Step 14.1: the cgroup.

#include "tests/14_container/modes.h"

using namespace container_judge;

TEST_CASE("14: the container has a cgroup with its limits",
          "[14.1][points:3][name][memory][time]") {
  const auto pids = text(judge::random_number(5, 500));
  const auto megabytes = judge::random_number(24, 200);
  const auto name = judge::random_name();
  judge::How how;
  how.hold_removal = true;
  const auto box =
      start_container({"--pids-limit", pids, "--memory", text(megabytes) + "m",
                       "--cpus", "0.5", "--cpu-shares", "2", "--name", name},
                      how);
  const auto cgroup = container_cgroup();

  HINT("The cgroup has the container's name, settings.name.");
  CHECK(cgroup.path().ends_with("/" + name));

  HINT(
      "limit_pids_and_memory() of lesson 06 sets what --pids-limit and "
      "--memory ask for. Is it called, with the path of the cgroup?");
  CHECK(cgroup.file("pids.max") == pids);
  HINT("The same for --memory.");
  CHECK(cgroup.file("memory.max") == text(megabytes << 20));
  HINT("Without --memory-swap, there is none.");
  CHECK(cgroup.file("memory.swap.max") == "0");
  HINT("limit_cpu_and_io() of lesson 06 sets what --cpus asks for.");
  CHECK(cgroup.file("cpu.max") == "50000 100000");
  HINT("2 shares are a weight of 1.");
  CHECK(cgroup.file("cpu.weight") == "1");
}

TEST_CASE("14: there are limits where none are asked for",
          "[14.1][points:1][memory][controllers]") {
  judge::How how;
  how.hold_removal = true;
  const auto box = start_container({}, how);
  const auto cgroup = container_cgroup();
  struct sysinfo memory {};
  REQUIRE(::sysinfo(&memory) == 0);

  CHECK(cgroup.file("pids.max") == "4096");
  HINT("Half of the host's memory.");
  const auto limit = cgroup.file("memory.max");
  REQUIRE(limit != "max");
  const auto half = memory.totalram * memory.mem_unit / 2;
  CHECK(std::stoull(limit) <= half);
  CHECK(std::stoull(limit) > half * 9 / 10);
  HINT(
      "Controllers cost time, and some do not go together with others. "
      "controllers_for() returns those that the limits need.");
  CHECK(cgroup.file("cgroup.controllers") == "memory pids");
}

TEST_CASE("14: processors that are not there are an error",
          "[14.1][points:1][throws]") {
  const auto before = judge::Host::now();
  const auto result = run_container({"--cpuset-cpus", "77"}, {"/probe"});
  HINT("limit_cpu_and_io() of lesson 06 refuses them.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: limits in every mode", "[14.1][points:1][idle][memory]") {
  check_in_all_modes("14.1");
}
