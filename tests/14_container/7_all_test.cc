// What only a whole container shows: all steps before are right.

#include "tests/14_container/container.h"

using namespace container_judge;

TEST_CASE("14: a name that somebody has already is an error",
          "[14.1][points:1][throws]") {
  const auto name = judge::random_name();
  const auto first = start_container({"--name", name});
  const auto command = first.becoming();
  const auto before = judge::Host::now();
  const auto second = run_container({"--name", name}, {"/probe", "exit", "0"});
  CHECK(second.ending == exited(125));
  CHECK(second.is_one_line());
  HINT(
      "The cgroup of that name is another container's, which runs. Whoever "
      "removes it to make room ends that one. make_cgroup() of lesson 06 says "
      "EEXIST: let it.");
  CHECK(command.exists());
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: forks are refused at the limit", "[14.1][points:1][memory]") {
  const auto box = start_container({"--pids-limit", "6"});
  HINT("At most four processes more fit in, beside the init and the command.");
  CHECK(box.get("fork 9") == "4 " + text(EAGAIN));
}

TEST_CASE("14: a published port leads into the container",
          "[14.3][points:2][lives][link]") {
  const auto before = judge::Host::now();
  const auto port =
      static_cast<std::uint16_t>(judge::random_number(20'000, 30'000));
  const auto inner =
      static_cast<std::uint16_t>(judge::random_number(1'000, 9'000));
  const auto box = start_container({"-p", fmt::format("{}:{}", port, inner)});
  {
    const auto listener = network_of(box).listen(inner);
    const auto call = Network::host().call("127.0.0.1", port);
    CHECK(call.error.empty());
    const auto caller = judge::answer(listener);
    HINT("The Network must live as long as the container does.");
    REQUIRE(caller);
    CHECK(judge::can_talk(call.socket, caller->socket));
  }
  CHECK(box.end(0) == exited(0));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: the init passes signals on, whoever the command is",
          "[14.5][points:2][kill]") {
  const auto before = judge::Host::now();
  const auto box = start_container({"--user", "4321"});
  box.send_signal(SIGTERM);
  HINT(
      "SIGTERM has not ended the command. be_init() of lesson 02 passes it on; "
      "for a process of another user, that needs CAP_KILL.");
  CHECK(box.wait() == exited(128 + SIGTERM));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: orphans are reaped, and the status is the command's",
          "[14.6][points:2][command]") {
  const auto before = judge::Host::now();
  const auto box = start_container({});
  HINT("be_init() of lesson 02 reaps orphans.");
  CHECK(box.get("orphan 55").empty());
  CHECK(box.becomes_true(
      [&] { return judge::descendants_of(init_of(box).pid()).size() == 1; }));
  (void)box.get("orphans 3");
  CHECK(box.end(7) == exited(7));
  HINT("With the init, everything in the container ends.");
  CHECK(judge::Host::settled(before) == before);
}
