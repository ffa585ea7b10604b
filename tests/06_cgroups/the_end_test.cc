// Judges lesson 06: the end of a container (step 06.7).

#include <sys/syscall.h>

#include <algorithm>
#include <csignal>

#include "tests/06_cgroups/cgroups.h"

namespace {

// While it exists, the disk takes hardly anything from the processes of a
// container: who writes stands in the kernel, where no signal reaches it.
class SlowDisk {
 public:
  explicit SlowDisk(const std::string& container)
      : control_("/container-kit/" + container + "/io.max"),
        disk_(scratch_disk()) {
    write_control(control_, disk_ + " wbps=2048");
  }
  ~SlowDisk() { std::ofstream(kTree + control_) << disk_ << " wbps=max"; }
  SlowDisk(const SlowDisk&) = delete;
  SlowDisk& operator=(const SlowDisk&) = delete;

 private:
  std::string control_, disk_;
};

// A process of the container that is always a new one: told to, it makes a
// child that does the same, and ends.
class Relay {
 public:
  Relay(const judge::Box& box, std::string container)
      : container_(std::move(container)), fifo_(box.root_path() + "/relay") {
    REQUIRE(::mkfifo(fifo_.c_str(), 0600) == 0);
    const auto before = leaf(container_).processes();
    (void)box.get("relay " + fifo_);
    runner_ = new_since(before);
    REQUIRE(runner_ != 0);
  }

  // Has it do that, and waits until the new one is there. Nothing happens if it
  // is frozen, or killed.
  void pass_on(judge::Subject& program) {
    const auto before = leaf(container_).processes();
    std::ofstream(fifo_) << 'x';
    (void)judge::becomes_true(program, [&] {
      const bool alive = judge::Process(runner_).exists();
      const pid_t next = new_since(before);
      if (next != 0) runner_ = next;
      return next != 0 || !alive ||
             leaf(container_).file("cgroup.freeze") == "1";
    });
  }

 private:
  [[nodiscard]] pid_t new_since(const std::vector<pid_t>& before) const {
    for (const pid_t pid : leaf(container_).processes()) {
      if (std::find(before.begin(), before.end(), pid) == before.end()) {
        return pid;
      }
    }
    return 0;
  }

  std::string container_, fifo_;
  pid_t runner_ = 0;
};

}  // namespace

// ---- 06.7: the end ---------------------------------------------------------

TEST_CASE("06: nothing is left, and the status is the command's",
          "[06.7][points:3][ends][below][removed]") {
  const auto before = judge::Host::now();
  const auto name = judge::random_name();
  const auto status = static_cast<int>(judge::random_number(1, 70));
  const auto box =
      start_limited({"--name", name, "--pids-max", "200", "--memory", "64m"});
  (void)box.get("orphans 5");
  (void)box.get("spin 20");

  // Some are in cgroups below: whoever has root can make them, with any name.
  const auto below = "/container-kit/" + name + "/-r 'a' $b";
  const auto processes = leaf(name).processes();
  REQUIRE(processes.size() == 26);
  for (const auto& [cgroup, first] :
       {std::pair{below, std::size_t{20}}, {below + "/\"c\" *", 23U}}) {
    make_cgroup(cgroup);
    for (auto i = first; i < first + 3; ++i) {
      write_control(cgroup + "/cgroup.procs", text(processes[i]));
    }
  }

  HINT(
      "EBUSY from rmdir() means that there still are processes, or cgroups "
      "below. Write 1 to cgroup.kill, then wait until cgroup.events says "
      "\"populated 0\" (they end in their own time), then remove the deepest "
      "cgroup first.");
  CHECK(box.end(status) == exited(status));
  HINT("All that came from the command must be gone, with its cgroup.");
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("06: processes that end slowly are waited for",
          "[06.7][points:2][waits]") {
  const auto before = judge::Host::now();
  const auto name = judge::random_name();
  const auto box = start_limited(
      {"--name", name, "--pids-max", "20", "--io-max", "/dev/vda:wbps=1g"});

  auto disk = std::make_optional<SlowDisk>(name);
  (void)box.get("sync-write-child /dev/vda 8192");
  auto processes = leaf(name).processes();
  std::erase(processes, box.command().pid());
  REQUIRE(processes.size() == 1);
  const judge::Process slow(processes[0]);
  REQUIRE(box.becomes_true([&] { return slow.stands_in_kernel(); }));

  // The program has killed it, and either waits for its end, or has given up.
  (void)box.ask("exit 0");
  (void)box.becomes_true([&] {
    return !box.program().exists() ||
           (box.program().sleeps() &&
            (slow.is_being_killed() ||
             leaf(name).file("cgroup.freeze") == "1"));
  });
  disk.reset();
  HINT(
      "EBUSY from rmdir() means that there still are processes. cgroup.kill "
      "only asks for their end: they end in their own time, and cgroup.events "
      "then says \"populated 0\". wait_for_event() waits for that.");
  CHECK(box.wait() == exited(0));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("06: other containers are left alone", "[06.7][points:2][others]") {
  const auto name = judge::random_name();
  const auto first = start_limited({"--name", name, "--pids-max", "21"});
  {
    const auto second = start_limited({"--pids-max", "22"});
    CHECK(second.cgroup().file("pids.max") == "22");
    CHECK(second.end(0) == exited(0));
  }
  // Which of the three fails first is up to how fast the first one would die.
  const std::string hint =
      "When the second container ended, the first one still ran. Only the "
      "container's own cgroup may be killed.";
  HINT(hint);
  REQUIRE(first.command().exists());
  HINT(hint);
  CHECK(leaf(name).file("pids.max") == "21");
  HINT(hint);
  CHECK(first.end(3) == exited(3));
}

TEST_CASE("06: a frozen container can be killed",
          "[06.7][points:1][ends][gone]") {
  const auto before = judge::Host::now();
  const auto name = judge::random_name();
  const auto box = start_limited({"--name", name, "--pids-max", "20"});
  (void)box.get("fork 3");
  write_control("/container-kit/" + name + "/cgroup.freeze", "1");

  CHECK(judge::run({"--kill", name}).ending == exited(0));
  HINT(
      "Somebody else has removed the cgroup before the program could: a cgroup "
      "that is not there any more is fine. The status is 137, for the command "
      "was killed.");
  CHECK(box.wait() == exited(128 + SIGKILL));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("06: who forks while it is killed is killed, too",
          "[06.7][points:2][forks]") {
  const auto before = judge::Host::now();
  const auto name = judge::random_name();
  const auto box = start_limited({"--name", name, "--pids-max", "50"});
  Relay relay(box, name);

  // Whenever the program is about to kill a process, there is a new one that
  // it has not heard of.
  HeldProgram killer(
      {"--kill", name},
      {{SYS_kill}, {SYS_tgkill}, {SYS_tkill}, {SYS_pidfd_send_signal}});
  for (int forks = 0; killer.wait() != 0; ++forks) {
    if (forks < 100) relay.pass_on(killer.subject());
    killer.release();
  }
  const auto ending = killer.subject().wait_for_end();
  const std::string hint =
      "Between reading cgroup.procs and kill(), processes fork, and who is not "
      "on the list gets away, in every round. \"1\" in cgroup.kill ends them "
      "all at once.";
  HINT(hint);
  REQUIRE(ending.has_value());
  HINT(hint);
  CHECK(*ending == exited(0));
  CHECK(box.wait() == exited(128 + SIGKILL));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("06: a cgroup that cannot be removed is an error",
          "[06.7][points:1][errors]") {
  const auto name = judge::random_name();
  const auto result = run_with(
      {"--name", name},
      {.failing_calls = {{{SYS_rmdir}, EBUSY}, {{SYS_unlinkat}, EBUSY}}});
  check_refused(result, name,
                "The kernel has refused to remove the cgroup, which is still "
                "there: check() what rmdir() returns.");
}

TEST_CASE("06: out of memory, nobody survives", "[06.7][points:1][removed]") {
  const auto before = judge::Host::now();
  const auto box = start_limited({"--memory", "16m"});
  (void)box.get("fork 3");

  HINT(
      "The command used more memory than it may. With memory.max, and no swap, "
      "the kernel kills it.");
  CHECK(box.ask("touch " + text(32L << 20)) == "ended");
  CHECK(box.wait() == exited(128 + SIGKILL));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("06: SIGTERM reaches the command", "[06.7][points:1][removed]") {
  const auto before = judge::Host::now();
  const auto box = start_limited({"--pids-max", "20"});
  (void)box.command();
  box.send_signal(SIGTERM);
  CHECK(box.wait() == exited(128 + SIGTERM));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("06: nothing is left after SIGKILL of the program",
          "[06.7][points:2][ends][removed]") {
  const auto before = judge::Host::now();
  REQUIRE(run_with({}).ending ==
          exited(0));  // Or waits, if nothing is removed.
  const auto box = start_limited({"--pids-max", "20", "--memory", "64m"});
  (void)box.get("orphans 3");
  box.send_signal(SIGKILL);
  CHECK(box.wait().signal == SIGKILL);

  HINT(
      "Nothing of the program can run after SIGKILL. Its keeper does the work, "
      "by calling remove_cgroup().");
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("06: nothing is left after an error",
          "[06.7][points:1][removed][gone]") {
  const auto before = judge::Host::now();
  REQUIRE(run_with({}).ending ==
          exited(0));  // Or waits, if nothing is removed.
  CHECK(run_with({"--cpuset-cpus", "5"}).ending == exited(125));
  HINT("The cgroup had been made before the error was found.");
  CHECK(judge::Host::settled(before) == before);

  const auto missing = "/" + judge::random_name();
  const auto not_found = judge::run({"--pids-max", "9", "--", missing});
  CHECK(not_found.ending == exited(127));
  CHECK_THAT(not_found.errors, judge::contains(missing));
  CHECK(judge::Host::settled(before) == before);
}
