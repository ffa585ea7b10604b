// What is given: what the command starts with.

#include "tests/14_container/modes.h"

using namespace container_judge;

TEST_CASE("14: the command starts as in any other container", "[given]") {
  judge::How how;
  how.circumstances.careless_caller = true;
  for (const auto& options : std::vector<Options>{{}, {"--userns", "auto"}}) {
    const auto box = start_container(options, how);
    // personality(2) with 0xffffffff only asks.
    CHECK(box.get("call 135 4294967295") == "0");
    const auto& command = box.command();
    CHECK(command.status("SigIgn") == "0000000000000000");
    CHECK(command.status("SigBlk") == "0000000000000000");
    CHECK(command.status("Umask") == "0022");
    CHECK(judge::trimmed(command.file("oom_score_adj")) == "0");
    CHECK(command.file("limits").find("Max core file size        1") !=
          std::string::npos);
    // proc_pid_stat(5): nice is field 19, policy field 41; behind the name, the
    // first one is 3.
    const auto stat = command.file("stat");
    const auto fields = judge::split(stat.substr(stat.rfind(')') + 2), ' ');
    CHECK(fields.at(19 - 3) == "0");
    CHECK(fields.at(41 - 3) == "0");
  }
}

TEST_CASE("14: nearly every signal is passed on", "[given]") {
  const auto box = start_container({});
  for (const int signal : {SIGHUP, SIGINT, SIGALRM, SIGABRT, SIGWINCH, SIGCONT,
                           SIGIO, SIGRTMIN + 3}) {
    INFO(fmt::format("signal {}", signal));
    REQUIRE(box.ask("block " + text(signal)) == "ok");
    box.send_signal(signal);
    CHECK(box.becomes_true([&] {
      const auto pending = box.command().status("ShdPnd");
      return (std::stoull(pending, nullptr, 16) >> (signal - 1) & 1) != 0;
    }));
  }
}

TEST_CASE("14: a user may open the streams once more", "[given]") {
  for (const auto& options :
       std::vector<Options>{{"-u", "1234"},
                            {"--userns", "auto"},
                            {"--userns", "auto", "-u", "1234"}}) {
    const auto box = start_container(options);
    CHECK(box.ask("write /dev/stdout hello") == "ok");
    CHECK(box.ask("write /proc/self/fd/2 hello") == "ok");
    CHECK(box.end(0) == exited(0));
    CHECK_THAT(box.output(), judge::contains("hello"));
  }
}

TEST_CASE("14: options have Docker's forms", "[given]") {
  const auto source = make_source();
  const auto box = start_container({"--rm", "-i", "--init", "--net", "none",
                                    "--memory", "0.125g", "--memory-swap", "-1",
                                    "--pids-limit", "-1", "--shm-size", "8mb",
                                    "--tmpfs", "/x:rw,size=1m,mode=1777", "-v",
                                    source + ":/y:rw,z", "-e", "NOT_SET"});
  CHECK(box.cgroup().file("memory.max") == "134217728");
  CHECK(box.cgroup().file("memory.swap.max") == "max");
  CHECK(box.cgroup().file("pids.max") == "4194304");
  const auto shared = mount_at(box.command(), "/dev/shm");
  CHECK(has(shared.super_options, "size=8192k"));
  CHECK(has(mount_at(box.command(), "/x").super_options, "size=1024k"));
  CHECK(has(mount_at(box.command(), "/y").options, "rw"));
  CHECK(box.end(0) == exited(0));
}

TEST_CASE("14: shares become weights along a curve", "[given]") {
  // runc 1.3.6 and crun 1.28.
  for (const auto& [shares, weight] :
       std::vector<std::pair<int, int>>{{2, 1},
                                        {512, 59},
                                        {1024, 100},
                                        {2048, 174},
                                        {10'240, 639},
                                        {262'144, 10'000}}) {
    const auto box = start_container({"--cpu-shares", text(shares)});
    CHECK(box.cgroup().file("cpu.weight") == text(weight));
  }
}

TEST_CASE("14: a name is made a host name", "[given]") {
  const auto box = start_container({"--name", "my_box.1"});
  CHECK(box.command().host_name() == "my-box.1");
  const auto name = start_container({}).command().host_name();
  CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") ==
        name.npos);
}

TEST_CASE("14: a script with carriage returns says so",
          "[14.6][points:1][idle][command]") {
  const auto root = judge::make_root_directory();
  std::ofstream(root + "/script") << "#!/probe\r\nexit 0\r\n";
  fs::permissions(root + "/script", fs::perms::owner_all);
  const auto result = judge::run({"run", "--root", root, "--", "/script"});
  CHECK(result.ending == exited(127));
  CHECK_THAT(result.errors, judge::contains("/probe\\r,"));
}

TEST_CASE("14: the command has an environment of its own", "[given]") {
  judge::How how;
  how.circumstances.variables = {"SECRET=of-the-caller", "PASSED=on"};
  const auto box =
      start_container({"--env", "A=b=c", "-e", "PASSED", "-w", "/tmp"}, how);
  const auto environment = box.command().file("environ");
  CHECK(environment.find("of-the-caller") == std::string::npos);
  CHECK_THAT(environment, judge::contains("A=b=c"));
  CHECK_THAT(environment, judge::contains("PASSED=on"));
  CHECK(box.get("cwd") == "/tmp");
}

TEST_CASE("14: what is given in every mode", "[given]") {
  check_in_all_modes("given");
}

TEST_CASE("14: a working directory that is not there is an error", "[given]") {
  const auto before = judge::Host::now();
  const auto result =
      run_container({"--workdir", "/no/such/directory"}, {"/probe"});
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK(judge::Host::settled(before) == before);
}
