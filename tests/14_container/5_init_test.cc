// Step 14.5: the init.

#include "tests/14_container/modes.h"

using namespace container_judge;

TEST_CASE("14: the init may send signals, and nothing else",
          "[14.5][points:4][sets][execve][filter][every]") {
  for (const auto& options : std::vector<Options>{
           {}, {"--userns", "auto"}, {"--privileged"}, {"--cap-add", "ALL"}}) {
    const auto box = start_container(options);
    const auto init = init_of(box);
    INFO(fmt::format("The options: {}", fmt::join(options, " ")));
    HINT(
        "The init still has capabilities, and it is a process that the "
        "container can see. set_capabilities() of lesson 07 leaves it "
        "CAP_KILL.");
    CHECK(init.status("CapPrm") == "0000000000000020");
    CHECK(init.status("CapEff") == "0000000000000020");
    CHECK(init.status("CapInh") == "0000000000000000");
    CHECK(init.status("CapAmb") == "0000000000000000");
    HINT(
        "Whoever makes the init execute another program gets what is in its "
        "bounding set: limit_bounding_set() of lesson 07, with nothing.");
    CHECK(init.status("CapBnd") == "0000000000000000");
    HINT(
        "A set-user-ID program would give the init rights: "
        "forbid_new_privileges() of lesson 07.");
    CHECK(init.status("NoNewPrivs") == "1");
    HINT(
        "The init has no filter: install_filter() of lesson 08, with that of "
        "settings.init_filter. It is there in every container.");
    CHECK(init.status("Seccomp") == "2");
  }
}

TEST_CASE("14: an init that cannot be confined is an error",
          "[14.5][points:1][throws]") {
  const auto before = judge::Host::now();
  judge::Circumstances circumstances;
  circumstances.failing_calls = {{{SYS_seccomp}, EACCES}};
  const auto result = judge::run(
      words({"--privileged"}, {"/probe", "exit", "0"}), circumstances);
  HINT("The filter of the init cannot be installed, and the command has run.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: the init's filter is its own", "[14.5][points:1][filter]") {
  const auto box = start_container(
      {"--security-opt", refuse_calls({"kill", "wait4", "rt_sigtimedwait"})});
  box.send_signal(SIGTERM);
  HINT(
      "The command's filter refuses what an init needs, and the init no longer "
      "does its work. Its filter is settings.init_filter, whatever that of the "
      "command is.");
  CHECK(box.wait() == exited(128 + SIGTERM));
}

TEST_CASE("14: the init in every mode",
          "[14.5][points:2][idle][sets][execve][every]") {
  check_in_all_modes("14.5");
}
