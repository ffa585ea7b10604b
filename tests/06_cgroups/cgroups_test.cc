// Judges lesson 06: lessons/06_cgroups/cgroup.h is the contract.
//
// The first three steps only make and set a cgroup, so they can be judged while
// the program waits at a later one. What needs the running command comes after.

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <fstream>
#include <optional>

#include "tests/judge/judge.h"
#include "tests/judge/watch.h"

namespace {

using judge::exited;
using Options = std::vector<std::string>;

constexpr char kTree[] = "/sys/fs/cgroup";

std::string text(long number) { return std::to_string(number); }

// Starts the program with these options. Its command is the probe, in the
// host's own root.
judge::Box start_limited(const Options& options, judge::How how = {}) {
  how.with_root = false;
  return judge::start(options, how);
}

// The cgroup of the container with that name.
judge::Cgroup leaf(const std::string& name) {
  return judge::Cgroup{"/container-kit/" + name};
}

// Runs the program with a command that ends with 0 at once, if it is run at
// all.
judge::Result run_with(Options options,
                       const judge::Circumstances& circumstances = {}) {
  options.insert(options.end(), {"--", judge::guest().probe(), "exit", "0"});
  return judge::run(options, circumstances);
}

// The program itself must have failed, with a message that has `named` in it.
void check_refused(const judge::Result& result, const std::string& named,
                   const std::string& hint) {
  HINT(hint);
  CHECK(result.ending == exited(125));
  HINT(hint);
  CHECK(result.is_one_line());
  HINT(hint);
  CHECK_THAT(result.errors, judge::contains(named));
}

// For the steps before the start: what they have made stays to be looked at,
// whatever the later ones do.
judge::Box start_and_keep(const Options& options) {
  judge::How how;
  how.hold_removal = true;
  return start_limited(options, how);
}

// What a test sets up itself, from outside: a cgroup, a control.
void make_cgroup(const std::string& path) {
  const auto directory = kTree + path;
  REQUIRE(::mkdir(directory.c_str(), 0755) == 0);
}

void write_control(const std::string& path, const std::string& value) {
  std::ofstream control(kTree + path);
  control << value << std::flush;
  REQUIRE(control.good());
}

// The words of a line, as a set.
std::set<std::string> words(const std::string& line) {
  const auto parts = judge::split(line, ' ');
  return {parts.begin(), parts.end()};
}

// The disk that limits are set for, as "MAJOR:MINOR".
std::string scratch_disk() {
  struct stat disk {};
  REQUIRE(::stat("/dev/vda", &disk) == 0);
  return text(major(disk.st_rdev)) + ":" + text(minor(disk.st_rdev));
}

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

}  // namespace

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

// ---- 06.1: the cgroup ------------------------------------------------------

TEST_CASE("06: the container has a cgroup, with the controllers of its limits",
          "[06.1][points:4]") {
  const auto name = judge::random_name();
  const auto box = start_and_keep(
      {"--name", name, "--pids-max", "9", "--memory", "64m", "--cpus", "0.5",
       "--cpuset-cpus", "1", "--io-max", "/dev/vda:rbps=1m"});

  HINT("There must be the directory /sys/fs/cgroup/container-kit/"
       << name << " while the program runs.");
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
  CHECK(leaf(name).file("cgroup.subtree_control").empty());
}

TEST_CASE("06: what others have made and enabled stays", "[06.1][points:1]") {
  // Another container is there already, with other limits.
  write_control("/cgroup.subtree_control", "+pids");
  make_cgroup("/container-kit");
  write_control("/container-kit/cgroup.subtree_control", "+pids");
  make_cgroup("/container-kit/other");

  const auto name = judge::random_name();
  const auto box = start_and_keep({"--name", name, "--memory", "64m"});
  HINT(
      "The first container's cgroups were there already: mkdir() says EEXIST "
      "for those between the root and the leaf, and that is fine.");
  CHECK(leaf(name).exists());
  const auto enabled =
      words(judge::Cgroup{"/container-kit"}.file("cgroup.subtree_control"));
  HINT(
      "Another container needs the controllers that it has enabled. "
      "\"+memory\" adds one and leaves the others as they are.");
  CHECK(enabled == std::set<std::string>{"memory", "pids"});
}

TEST_CASE("06: a controller that the host does not have is an error",
          "[06.1][points:1]") {
  // What the program takes for the root of the tree has no controllers: nobody
  // has enabled any for it.
  make_cgroup("/bare");
  const auto result = run_with({"--pids-max", "9"}, {.cgroup_root = "/bare"});

  check_refused(result, "pids",
                "The limit was asked for and cannot be kept. Then the program "
                "must say so, and name the controller: a limit that is "
                "silently left out is worse than an error.");
  CHECK(judge::cgroups_below("/bare").empty());
}

TEST_CASE("06: processes in the way are an error", "[06.1][points:1]") {
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
  CHECK(judge::cgroups_below("/crowded").empty());
}

// ---- 06.2: processes and memory --------------------------------------------

TEST_CASE("06: processes and memory are limited, and so is swap",
          "[06.2][points:4]") {
  const auto name = judge::random_name();
  const auto limit = text(judge::random_number(5, 500));
  const auto megabytes = judge::random_number(24, 200);
  const auto box = start_and_keep(
      {"--name", name, "--pids-max", limit, "--memory", text(megabytes) + "m"});

  HINT("--pids-max is to be in the file pids.max of the container's cgroup.");
  CHECK(leaf(name).file("pids.max") == limit);
  HINT(
      "memory.max is what the kernel enforces. (memory.high only slows down.)");
  CHECK(leaf(name).file("memory.max") == text(megabytes << 20));
  HINT(
      "memory.max alone does not stop a command that wants more: what is above "
      "the limit is swapped out, and the command is only slow. memory.swap.max "
      "is the limit for that; here, 0.");
  CHECK(leaf(name).file("memory.swap.max") == "0");
  HINT(
      "With 0 in memory.oom.group the kernel kills one process of the "
      "container when that runs out of memory, and the others go on without "
      "it.");
  CHECK(leaf(name).file("memory.oom.group") == "1");
}

TEST_CASE("06: swap and reservation", "[06.2][points:2]") {
  const auto name = judge::random_name();
  const auto memory = judge::random_number(64, 100);
  const auto swap = judge::random_number(1, 50);
  const auto low = judge::random_number(4, 60);
  const auto box = start_and_keep(
      {"--name", name, "--memory", text(memory) + "m", "--memory-swap",
       text(memory + swap) + "m", "--memory-reservation", text(low) + "m"});

  HINT("Limits::swap is the swap alone, as memory.swap.max wants it.");
  CHECK(leaf(name).file("memory.swap.max") == text(swap << 20));
  HINT(
      "What is below memory.low is not reclaimed while others have more. "
      "(memory.min is never reclaimed, memory.high is a limit.)");
  CHECK(leaf(name).file("memory.low") == text(low << 20));
  CHECK(leaf(name).file("memory.max") == text(memory << 20));
}

TEST_CASE("06: swap without a limit", "[06.2][points:1]") {
  const auto name = judge::random_name();
  const auto box = start_and_keep(
      {"--name", name, "--memory", "64m", "--memory-swap", "max"});
  HINT(
      "The kernel's word for no limit is \"max\": kUnlimited is no number of "
      "bytes.");
  CHECK(leaf(name).file("memory.swap.max") == "max");
}

// ---- 06.3: processors and disks --------------------------------------------

TEST_CASE("06: processor time and disks are limited", "[06.3][points:3]") {
  const auto name = judge::random_name();
  const auto bytes = judge::random_number(1, 50) << 20;
  const auto requests = judge::random_number(10, 5000);
  const auto disk = scratch_disk();
  // 0.29 is a number that a double cannot hold: 0.29 * 100000 is
  // 28999.999999999996.
  const auto box =
      start_and_keep({"--name", name, "--cpus", "0.29", "--cpuset-cpus", "0,1",
                      "--io-max", "/dev/vda:wbps=" + text(bytes), "--io-max",
                      disk + ":riops=" + text(requests)});

  HINT(
      "cpu.max has two numbers, \"QUOTA PERIOD\", in microseconds: in each "
      "100000, so many may be used. 0.29 processors are a quota of 29000, "
      "rounded, not cut off.");
  CHECK(leaf(name).file("cpu.max") == "29000 100000");
  HINT(
      "A line of io.max begins with the disk's numbers, MAJOR:MINOR, and each "
      "KEY=VALUE that is written changes this one and leaves the others.");
  CHECK(leaf(name).file("io.max") == disk + " rbps=max wbps=" + text(bytes) +
                                         " riops=" + text(requests) +
                                         " wiops=max");
  HINT(
      "The kernel says \"0-1\" for \"0,1\". kit::parse_cpus() makes sets of "
      "both, which are equal.");
  CHECK(leaf(name).file("cpuset.cpus.effective") == "0-1");
}

TEST_CASE("06: shares and single processors", "[06.3][points:2]") {
  const auto name = judge::random_name();
  const auto weight = text(judge::random_number(1, 10000));
  const auto cpu = text(judge::random_number(0, 1));
  const auto box = start_and_keep(
      {"--name", name, "--cpu-weight", weight, "--cpuset-cpus", cpu});

  HINT(
      "cpu.weight is a share while others want time, too; cpu.max is a limit "
      "even if nobody else does.");
  CHECK(leaf(name).file("cpu.weight") == weight);
  HINT("Only the weight was asked for: there is no quota.");
  CHECK(leaf(name).file("cpu.max") == "max 100000");
  HINT("cpuset.cpus is the list of processors, as text.");
  CHECK(leaf(name).file("cpuset.cpus.effective") == cpu);
}

TEST_CASE("06: more than one processor's time", "[06.3][points:1]") {
  const auto name = judge::random_name();
  const auto tenths = judge::random_number(11, 19);
  const auto box =
      start_and_keep({"--name", name, "--cpus", "1." + text(tenths - 10)});
  HINT("Two processors can use 200000 microseconds in 100000.");
  CHECK(leaf(name).file("cpu.max") == text(tenths * 10000) + " 100000");
}

TEST_CASE("06: an io limit for what is not a disk is an error",
          "[06.3][points:1]") {
  const auto result = run_with({"--io-max", "/dev/null:rbps=1m"});
  check_refused(result, "/dev/null",
                "device_numbers() throws if it is not a block device. A limit "
                "that cannot be set must end the program.");
}

TEST_CASE("06: processors that are not there are an error",
          "[06.3][points:2]") {
  // The host has them, but what is below container-kit may not use them.
  write_control("/cgroup.subtree_control", "+cpuset");
  make_cgroup("/container-kit");
  write_control("/container-kit/cpuset.cpus", "0");
  make_cgroup("/container-kit/other");  // So that it stays.

  for (const std::string cpus : {"0-1", "1"}) {
    check_refused(run_with({"--cpuset-cpus", cpus}), cpus,
                  "The kernel takes a list of processors without a word, and "
                  "uses what is there of it, or even all that is there. What "
                  "it uses is in cpuset.cpus.effective: compare.");
  }
  check_refused(run_with({"--cpuset-cpus", "5"}), "5",
                "The kernel refuses processors that the host cannot have. "
                "That is an error.");
}

// ---- 06.4: the start -------------------------------------------------------

TEST_CASE("06: the command is in its cgroup before it runs, and alone in it",
          "[06.4][points:4]") {
  const auto name = judge::random_name();
  judge::How how;
  how.slow_cgroups = true;
  const auto box = start_limited({"--name", name, "--pids-max", "7"}, how);

  HINT(
      "The judge has looked at the command at the moment of its exec, when "
      "none of its instructions had run. Moved only after that, it can have "
      "made processes that no limit holds. CLONE_INTO_CGROUP in "
      "clone_args::flags and the descriptor in clone_args::cgroup start it "
      "inside.");
  REQUIRE(box.at_exec().cgroup == "/container-kit/" + name);
  HINT("All limits must be set before the command is started.");
  CHECK(box.at_exec().limits.at("pids.max") == "7");
  HINT(
      "Flags that were set before must stay: add with |=. CLONE_NEWNS gives "
      "the child mounts of its own, and without that, step 06.5 changes those "
      "of the host.");
  CHECK(box.at_exec().own_namespaces.contains("mnt"));
  HINT(
      "The cgroup is the command's alone. The program would use up the limits, "
      "and die with the container when that runs out of memory.");
  CHECK(leaf(name).processes() == std::vector<pid_t>{box.command().pid()});
}

// ---- 06.5: the cgroup namespace --------------------------------------------

TEST_CASE("06: the command sees its cgroup, and nothing above it",
          "[06.5][points:4]") {
  const auto limit = text(judge::random_number(20, 200));
  const auto before = judge::Host::now();
  const auto box = start_limited({"--pids-max", limit});

  HINT("unshare(CLONE_NEWCGROUP) makes a cgroup namespace, in the child.");
  CHECK(box.command().own_namespaces() ==
        std::set<std::string>{"cgroup", "mnt"});
  HINT(
      "\"0::/../..\" or the like: the namespace was made when the process was "
      "not in its cgroup yet, and so begins elsewhere. Its root is the cgroup "
      "that the process is in at the moment of unshare().");
  CHECK(box.get("read /proc/self/cgroup") == "0::/\n");
  HINT(
      "/sys/fs/cgroup shows the host's whole tree: the old mount is still "
      "there. Mounted again in the new namespace, it begins at the container's "
      "cgroup.");
  CHECK_THAT(box.get("list /sys/fs/cgroup"), !judge::contains("session"));
  HINT("The container's own cgroup is to be at /sys/fs/cgroup.");
  CHECK(box.ask("read /sys/fs/cgroup/pids.max") == "ok " + limit + "\n");

  const auto answer = box.ask("write /sys/fs/cgroup/pids.max max");
  HINT(
      "In the container, root has written to pids.max. Mount cgroup2 "
      "read-only: MS_RDONLY.");
  CHECK(box.cgroup().file("pids.max") == limit);
  CHECK(answer == "error " + text(EROFS));

  auto mounts = box.command().mounts();
  std::erase_if(mounts, [](const auto& m) { return m.target != kTree; });
  HINT(
      "One mount is to be there: the old one is detached first, with umount2() "
      "and MNT_DETACH. Covered by another, it could be uncovered again.");
  REQUIRE(mounts.size() == 1);
  for (const std::string option : {"nosuid", "nodev", "noexec"}) {
    HINT(
        "A mount that needs no set-user-ID programs, devices or programs says "
        "so: MS_NOSUID | MS_NODEV | MS_NOEXEC.");
    CHECK_THAT(mounts[0].options, judge::contains(option));
  }
  HINT("The container's mounts have reached the host.");
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("06: forks are refused at the limit", "[06.5][points:1]") {
  const auto limit = judge::random_number(5, 30);
  judge::How how;
  how.probe = {"serve", "fork", "60"};  // Before it does anything else.
  const auto box = start_limited({"--pids-max", text(limit)}, how);

  HINT(
      "The command counts, too: with it, there can be one process less. More "
      "means that the limit came too late.");
  CHECK(box.ask("") == "ok " + text(limit - 1) + " " + text(EAGAIN));
  CHECK(box.cgroup().file("pids.current") == text(limit));
}

// ---- 06.6: freezing --------------------------------------------------------

TEST_CASE("06: freezing stops every process, thawing lets them go on",
          "[06.6][points:3]") {
  const auto name = judge::random_name();
  const auto box = start_limited({"--name", name, "--pids-max", "20"});
  (void)box.get("fork 3");

  CHECK(judge::run({"--freeze", name}).ending == exited(0));
  HINT("cgroup.freeze takes \"1\" to freeze.");
  REQUIRE(leaf(name).file("cgroup.freeze") == "1");
  CHECK(leaf(name).field("cgroup.events", "frozen") == 1);

  CHECK(judge::run({"--thaw", name}).ending == exited(0));
  HINT("cgroup.freeze takes \"0\" to thaw.");
  REQUIRE(leaf(name).file("cgroup.freeze") == "0");
  CHECK(leaf(name).field("cgroup.events", "frozen") == 0);
  CHECK_FALSE(box.get("cwd").empty());  // It answers again.

  const auto statistics = judge::run({"--stats", name});
  CHECK_THAT(statistics.output, judge::contains("pids 4\n"));
}

TEST_CASE("06: freezing returns when it is done, not before",
          "[06.6][points:2]") {
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
  CHECK(judge::becomes_true(freeze, [&] {
    return freeze.ending() || (leaf(name).file("cgroup.freeze") == "1" &&
                               judge::Process(freeze.pid()).sleeps());
  }));
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
          "[06.6][points:1]") {
  const auto name = judge::random_name();
  check_refused(judge::run({"--freeze", name}), name,
                "The message must name the cgroup that is not there.");
}

// ---- 06.7: the end ---------------------------------------------------------

TEST_CASE("06: nothing is left, and the status is the command's",
          "[06.7][points:3]") {
  const auto before = judge::Host::now();
  const auto name = judge::random_name();
  const auto status = static_cast<int>(judge::random_number(1, 70));
  const auto box =
      start_limited({"--name", name, "--pids-max", "200", "--memory", "64m"});
  (void)box.get("orphans 5");
  (void)box.get("spin 20");

  // Some are in a cgroup below: whoever has root can make one.
  const auto below = "/container-kit/" + name + "/below";
  make_cgroup(below);
  const auto processes = leaf(name).processes();
  REQUIRE(processes.size() == 26);
  for (std::size_t i = 20; i < processes.size(); ++i) {
    write_control(below + "/cgroup.procs", text(processes[i]));
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

TEST_CASE("06: processes that end slowly are waited for", "[06.7][points:2]") {
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
  CHECK(box.becomes_true([&] {
    return !box.program().exists() ||
           (slow.is_being_killed() && box.program().sleeps());
  }));
  disk.reset();
  HINT(
      "EBUSY from rmdir() means that there still are processes. cgroup.kill "
      "only asks for their end: they end in their own time, and cgroup.events "
      "then says \"populated 0\". wait_for_event() waits for that.");
  CHECK(box.wait() == exited(0));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("06: other containers are left alone", "[06.7][points:2]") {
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

TEST_CASE("06: a frozen container can be killed", "[06.7][points:1]") {
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

TEST_CASE("06: out of memory, nobody survives", "[06.7][points:1]") {
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

TEST_CASE("06: SIGTERM reaches the command", "[06.7][points:1]") {
  const auto before = judge::Host::now();
  const auto box = start_limited({"--pids-max", "20"});
  (void)box.command();
  box.send_signal(SIGTERM);
  CHECK(box.wait() == exited(128 + SIGTERM));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("06: nothing is left after SIGKILL of the program",
          "[06.7][points:2]") {
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

TEST_CASE("06: nothing is left after an error", "[06.7][points:1]") {
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
