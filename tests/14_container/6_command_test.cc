// Step 14.6: the command.

#include <sys/prctl.h>

#include "tests/14_container/modes.h"

using namespace container_judge;

TEST_CASE("14: the command's capabilities are Docker's fourteen",
          "[14.6][points:3][sets]") {
  const auto box = start_container({});
  const auto& command = box.command();

  HINT("set_capabilities() of lesson 07 sets what it may do.");
  CHECK(command.status("CapEff") == kDockersCapabilities);
  CHECK(command.status("CapPrm") == kDockersCapabilities);
  HINT(
      "limit_bounding_set() of lesson 07 limits what it can ever get. It needs "
      "CAP_SETPCAP, so it comes first.");
  CHECK(command.status("CapBnd") == kDockersCapabilities);
}

TEST_CASE("14: the command inherits no capability", "[14.6][points:1][sets]") {
  judge::How how;
  how.circumstances.inherits_capabilities = true;
  const auto box = start_container({}, how);
  const auto& command = box.command();

  HINT(
      "The caller had everything in its inheritable and ambient sets, and what "
      "stays there outlives execve(), whatever the bounding set is. "
      "set_capabilities() of lesson 07 is for root as well.");
  CHECK(command.status("CapEff") == kDockersCapabilities);
  CHECK(command.status("CapInh") == "0000000000000000");
  CHECK(command.status("CapAmb") == "0000000000000000");
}

TEST_CASE("14: root with another group",
          "[14.6][points:1][user][groups][securebits]") {
  const auto group = text(judge::random_number(1000, 60'000));
  judge::How how;
  how.circumstances.groups = {4001, 4002};
  const auto box = start_container({"-u", "0:" + group}, how);
  const auto& command = box.command();

  CHECK(command.status("Uid") == "0\t0\t0\t0");
  HINT(
      "The command is to be user 0 with a group of its own, and is not. "
      "become_user() of lesson 07 is for root as well.");
  CHECK(command.status("Gid") == fmt::format("{0}\t{0}\t{0}\t{0}", group));
  HINT("become_user() of lesson 07 leaves the caller's groups, too.");
  CHECK(judge::trimmed(command.status("Groups")).empty());
  HINT(
      "There are securebits that nobody asked for, and execve() leaves them: "
      "capabilities(7). PR_SET_KEEPCAPS of lesson 07 ends with it.");
  CHECK(box.get(fmt::format("call {} {}", SYS_prctl, PR_GET_SECUREBITS)) ==
        "0");
}

TEST_CASE("14: ids have 32 bits", "[14.6][points:1][user]") {
  const auto user = text(judge::random_number(0x8000'0000, 0xffff'fffe));
  const auto group = text(judge::random_number(0x8000'0000, 0xffff'fffe));
  const auto box = start_container({"-u", fmt::format("{}:{}", user, group)});
  const auto& command = box.command();
  HINT("Ids go up to 4294967294: a uid_t holds them, and an int does not.");
  CHECK(command.status("Uid") == fmt::format("{0}\t{0}\t{0}\t{0}", user));
  CHECK(command.status("Gid") == fmt::format("{0}\t{0}\t{0}\t{0}", group));
}

TEST_CASE("14: a user that it cannot become is an error",
          "[14.6][points:1][throws]") {
  const auto before = judge::Host::now();
  judge::Circumstances circumstances;
  circumstances.failing_calls = {{{SYS_setresuid}, EAGAIN}};
  const auto result =
      judge::run(words({"-u", "4321"}, {"/probe", "exit", "0"}), circumstances);
  HINT(
      "setresuid(2) has failed, and the command has run as somebody else than "
      "was asked for.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: an ordinary user with one capability",
          "[14.6][points:2][user][sets]") {
  const auto id = text(judge::random_number(1000, 60'000));
  HINT(
      "The five calls of lesson 07 have an order: bounding set, user, "
      "set_capabilities(), raise_ambient(), no new privileges.");
  const auto box = start_container({"-u", id, "--cap-add", "NET_ADMIN"});
  const auto& command = box.command();

  HINT("become_user() of lesson 07 makes it that user, with that group.");
  CHECK(command.status("Uid") == fmt::format("{0}\t{0}\t{0}\t{0}", id));
  CHECK(command.status("Gid") == fmt::format("{0}\t{0}\t{0}\t{0}", id));
  HINT("raise_ambient() of lesson 07 keeps a user's capabilities at execve().");
  CHECK(command.status("CapEff") == "0000000000001000");
}

TEST_CASE("14: the command's system calls are filtered",
          "[14.6][points:3][filter]") {
  for (const auto& options : std::vector<Options>{
           {}, {"-u", "4321"}, {"--cap-drop", "ALL"}, {"--userns", "auto"}}) {
    const auto box = start_container(options);
    HINT(
        "The options: \"" << fmt::format("{}", fmt::join(options, " "))
                          << "\". install_filter() of lesson 08 is not called, "
                             "and it is for every command.");
    CHECK(box.command().status("Seccomp") == "2");
  }
}

TEST_CASE("14: the filter comes last", "[14.6][points:1][last]") {
  HINT(
      "The command's filter refuses calls that the functions of lesson 07 "
      "make. They come before install_filter() of lesson 08, so it need not "
      "allow them.");
  const auto box = start_container(
      {"-u", "4321", "--security-opt",
       refuse_calls({"prctl", "capset", "setgroups", "setresuid", "setresgid",
                     "setuid", "setgid"})});
  CHECK(box.command().status("Seccomp") == "2");
  CHECK(box.command().status("NoNewPrivs") == "1");
}

TEST_CASE("14: another filter, or none", "[14.6][points:1][filter][execve]") {
  const auto profile = "/judge/roots/" + judge::random_name();
  {
    const auto box = start_container(
        {"--security-opt", refuse_calls({"sethostname", "mkdir"})});
    HINT("The filter is settings.filter, whatever that is.");
    CHECK(box.command().status("Seccomp") == "2");
    CHECK(box.ask("escape") != "ok");
  }
  // Keyrings belong to users. Only the one who has another user namespace has
  // other ones, and can do without any filter.
  const auto user_keyring =
      fmt::format("call {} {} {} 0", SYS_keyctl, KEYCTL_GET_KEYRING_ID,
                  KEY_SPEC_USER_KEYRING);
  {
    const auto box = start_container({"--security-opt", "seccomp=unconfined"});
    HINT("The filter is settings.filter, whatever that is.");
    CHECK(box.command().status("Seccomp") == "2");
    CHECK(box.ask(user_keyring) == fmt::format("error {}", EPERM));
    CHECK(box.ask(fmt::format("call32 {} {} {} 0", /*keyctl=*/288,
                              KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING)) ==
          fmt::format("error {}", EPERM));
    CHECK(box.ask(fmt::format("call {} 0", SYS_unshare)) == "ok 0");
  }
  // The witness: with neither, there is a keyring.
  CHECK_THAT(start_container({"--privileged"}).ask(user_keyring),
             judge::contains("ok "));
  for (const auto& denied : {"ERRNO", "KILL_PROCESS"}) {
    std::ofstream(profile) << R"({"defaultAction": "SCMP_ACT_ALLOW",
        "syscalls": [{"names": ["execve"], "action": "SCMP_ACT_)"
                           << denied << R"("}]})";
    const auto result =
        judge::run({"run", "--security-opt", "seccomp=" + profile});
    CHECK(result.ending == exited(126));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains("execve"));
  }
  {
    const auto box = start_container(
        {"--privileged", "--security-opt", refuse_calls({"mkdir"})});
    HINT(
        "A filter was asked for, and so there is one, whoever the command is: "
        "it depends on settings.filter alone.");
    CHECK(box.command().status("Seccomp") == "2");
  }
  const auto box = start_container(
      {"--security-opt", "seccomp=unconfined", "--userns", "auto"});
  HINT("Without settings.filter, none is installed.");
  CHECK(box.command().status("Seccomp") == "0");
  HINT(
      "forbid_new_privileges() of lesson 07 is called, whether there is a "
      "filter or not.");
  CHECK(box.command().status("NoNewPrivs") == "1");
}

TEST_CASE("14: a privileged container",
          "[14.6][points:1][allowed][filter][sets]") {
  const auto box = start_container({"--privileged"});
  CHECK(box.command().status("Seccomp") == "0");
  HINT("With allows_new_privileges, they are not forbidden.");
  CHECK(box.command().status("NoNewPrivs") == "0");
  CHECK(box.command().status("CapEff") == box.command().status("CapBnd"));
}

TEST_CASE("14: the command runs, and its status is the program's",
          "[14.6][points:2][command][idle]") {
  const int status = static_cast<int>(judge::random_number(1, 99));
  const auto ended = run_container({}, {"/probe", "exit", text(status)});
  HINT("be_init() of lesson 02 returns the status of the command.");
  CHECK(ended.ending == exited(status));
}

TEST_CASE("14: a command that cannot be run", "[14.6][points:1][command]") {
  const auto before = judge::Host::now();
  const auto missing = "/" + judge::random_name();
  const auto result = run_container({}, {missing});
  HINT("become() of lesson 00 says why.");
  CHECK(result.ending == exited(127));
  CHECK_THAT(result.errors, judge::contains(missing));
  CHECK(run_container({}, {"/"}).ending == exited(126));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE(
    "14: the command in every mode",
    "[14.6][points:3][idle][user][groups][sets][execve][allowed][filter]") {
  check_in_all_modes("14.6");
}
