// Judges lesson 14: lessons/14_container/container.h is the contract.
//
// What the functions of the other lessons do is judged there. Here it is that
// they are called, all of them, and in an order that works.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <linux/keyctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/judge/judge.h"

namespace {

namespace fs = std::filesystem;
using judge::exited;
using judge::Network;
using Options = std::vector<std::string>;
using Set = std::set<std::string>;

const std::string kDockersCapabilities = "00000000a80425fb";

std::string text(long number) { return std::to_string(number); }
std::string error(int number) { return "error " + text(number); }

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

// The words of a container's start in a root with the probe, with `command`.
Options words(const Options& options, const Options& command) {
  Options arguments = {"run", "--root", judge::make_root_directory()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back("--");
  arguments.insert(arguments.end(), command.begin(), command.end());
  return arguments;
}

// Runs a container, in a root with the probe, to its end.
judge::Result run_container(const Options& options, const Options& command) {
  return judge::run(words(options, command));
}

// A container that is prepared from outside, and has not yet done anything
// itself: its init is stopped at the first call that it makes after that, for a
// keyring. Or the program has stopped at a step that is not written.
class Prepared {
 public:
  Prepared(const Options& options, const std::string& step)
      : program_(words(options, {"/probe", "exit", "0"}),
                 {.held_calls = {{SYS_keyctl}}}) {
    judge::Deadline deadline;
    bool held = false;
    while (!held && !program_.ending() && !deadline.passed() &&
           program_.unwritten_step().empty()) {
      std::vector<pollfd> call = {{program_.watch().descriptor(), POLLIN, 0}};
      program_.wait(deadline.milliseconds_left(), call);
      held = program_.watch().receive() != 0;
    }
    const auto& unwritten = program_.unwritten_step();
    if (!unwritten.empty() && unwritten <= step) {
      throw judge::Waiting(unwritten);
    }
    if (!held && unwritten.empty()) {
      throw judge::Failed("the program has ended before the init could begin");
    }
    // The keepers are its children as well, and have the program's name, too,
    // until they come to give themselves another.
    (void)judge::becomes_true(program_,
                              [&] { return candidates().size() == 1; });
  }

  // The init: a child of the program's, and no helper.
  [[nodiscard]] judge::Process init() const {
    const auto found = candidates();
    if (found.empty()) throw judge::Failed("the program has no child");
    return judge::Process(found.front());
  }

 private:
  [[nodiscard]] std::vector<pid_t> candidates() const {
    const auto name = judge::guest().program_name();
    std::vector<pid_t> found;
    for (const auto& child : judge::descendants_of(program_.pid())) {
      if (child.parent == program_.pid() && child.name == name) {
        found.push_back(child.pid);
      }
    }
    return found;
  }

  judge::Subject program_;
};

// The init of a running container: the parent of its command, or the process
// that has stopped at a step of the init's.
judge::Process init_of(const judge::Box& box) {
  auto process = box.becoming();
  const auto number = judge::split(process.status("NSpid"), '\t').back();
  if (number == "1") return process;
  return judge::Process(std::stoi(process.status("PPid")));
}

Network network_of(const judge::Box& box) {
  return Network::of(box.command().pid());
}

// What is mounted on `target` in the container, on top.
judge::Mount mount_at(const judge::Process& process,
                      const std::string& target) {
  judge::Mount found;
  for (const auto& mount : process.mounts()) {
    if (mount.target == target) found = mount;
  }
  if (found.target.empty()) {
    throw judge::Failed("in the container, nothing is mounted on " + target);
  }
  return found;
}

// options: as in mountinfo, "ro,nosuid"; those of a mount, or super_options.
bool has(const std::string& options, const std::string& option) {
  const auto words = judge::split(options, ',');
  return std::find(words.begin(), words.end(), option) != words.end();
}

// A seccomp profile that refuses these calls and nothing else. Returns the
// option that asks for it.
std::string refuse_calls(const Options& calls) {
  const auto path = "/judge/roots/" + judge::random_name();
  std::ofstream(path) << fmt::format(
      R"({{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{{
          "names": ["{}"], "action": "SCMP_ACT_ERRNO", "errnoRet": 99}}]}})",
      fmt::join(calls, R"(", ")"));
  return "seccomp=" + path;
}

// A directory of the host, to be a volume. Removed after the case.
std::string make_source() {
  const auto path = "/judge/roots/" + judge::random_name();
  fs::create_directory(path);
  std::ofstream(path + "/file") << "of the host";
  return path;
}

}  // namespace

// ---- What is given ---------------------------------------------------------

TEST_CASE("14: options that are wrong are errors", "[given]") {
  const auto before = judge::Host::now();
  for (const auto& arguments :
       std::vector<Options>{{},
                            {"walk"},
                            {"run", "--no-such-option"},
                            {"run", "--pids-limit", "x"},
                            {"run", "--pids-limit", "-2"},
                            {"run", "--memory", "99999999999999999999"},
                            {"run", "--memory", "8m", "--memory", "9m"},
                            {"run", "--memory", "8m", "--memory-swap", "7m"},
                            {"run", "--memory-swap", "9m"},
                            {"run", "--cpus", "0"},
                            {"run", "--cpu-shares", "1"},
                            {"run", "--device-read-bps", "/dev/vda"},
                            {"run", "--root", "/no/such/root"},
                            {"run", "--root", "/etc/passwd"},
                            {"run", "--root", "/"},
                            {"run", "--root", ""},
                            {"run", "--root", "/dev"},
                            {"run", "--stop-timeout", "soon"},
                            {"run", "--security-opt", "seccomp=/dev/zero"},
                            {"run", "--name", "../escape"},
                            {"run", "--hostname", ""},
                            {"run", "--hostname", std::string(65, 'a')},
                            {"run", "--hostname", "a b"},
                            {"run", "--hostname", "a\nb"},
                            {"run", "--hostname=-a"},
                            {"run", "--domainname", "a/b"},
                            {"run", "--volume", "/etc"},
                            {"run", "--volume", "/etc:etc"},
                            {"run", "--volume", "/etc:/a:rslave"},
                            {"run", "--volume", "/etc:/proc/a"},
                            {"run", "--tmpfs", "/a:size=x"},
                            {"run", "--tmpfs", "/a", "--volume", "/etc:/a"},
                            {"run", "--network", "moon"},
                            {"run", "--network", "none", "--publish", "80:80"},
                            {"run", "--network", "host", "--ip", "10.85.0.9"},
                            {"run", "--network", "host", "--userns", "auto"},
                            {"run", "--ip", "10.86.0.9"},
                            {"run", "--ip", "10.85.0.1"},
                            {"run", "--publish", "80:80", "--publish", "80:81"},
                            {"run", "--publish", "0:80"},
                            {"run", "--user", "root"},
                            {"run", "--userns", "me"},
                            {"run", "--cap-add", "NO_SUCH"},
                            {"run", "--cap-add", "KILL", "--cap-drop", "KILL"},
                            {"run", "--privileged", "--cap-drop", "KILL"},
                            {"run", "--security-opt", "seccomp=/no/such/file"},
                            {"run", "--security-opt", "seccomp=/etc/passwd"},
                            {"run", "--security-opt", "apparmor=strict"},
                            {"run", "--env", "=x"},
                            {"run", "--env-file", "/no/such/file"},
                            {"run", "--workdir", "tmp"}}) {
    const auto result = judge::run(arguments);
    INFO(fmt::format("The words: {}", fmt::join(arguments, " ")));
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
  }
  CHECK(judge::run({"--help"}).ending == exited(0));
  CHECK(judge::run({"run", "--help"}).ending == exited(0));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: a root that would lead mounts elsewhere is an error",
          "[given]") {
  const auto before = judge::Host::now();
  for (const auto* name : {"proc", "sys", "dev"}) {
    const auto root = judge::make_root_directory();
    fs::remove(root + "/" + name);
    fs::create_directory_symlink("/tmp", root + "/" + name);
    const auto result =
        judge::run({"run", "--root", root, "--", "/probe", "exit", "3"});
    CHECK(result.ending == exited(125));
    CHECK_THAT(result.errors, judge::contains(name));
  }
  CHECK(judge::Host::settled(before) == before);
}

// ---- 14.1: the cgroup ------------------------------------------------------

TEST_CASE("14: the container has a cgroup with its limits",
          "[14.1][points:3]") {
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

TEST_CASE("14: there are limits where none are asked for", "[14.1][points:1]") {
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
}

TEST_CASE("14: processors that are not there are an error",
          "[14.1][points:1]") {
  const auto before = judge::Host::now();
  const auto result = run_container({"--cpuset-cpus", "77"}, {"/probe"});
  HINT("limit_cpu_and_io() of lesson 06 refuses them.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK(judge::Host::settled(before) == before);
}

// ---- 14.2: the start -------------------------------------------------------

TEST_CASE("14: the init starts in its cgroup, with namespaces of its own",
          "[14.2][points:3]") {
  const auto pids = text(judge::random_number(20, 500));
  const Prepared container({"--pids-limit", pids}, "14.2");
  const auto init = container.init();
  const auto own = init.own_namespaces();

  HINT(
      "The init is not in the container's cgroup. start_in_cgroup() of lesson "
      "06 is to be called before the start.");
  CHECK_THAT(init.cgroup().path(), judge::contains("/container-kit/"));
  HINT("The limits must be there before the init is.");
  CHECK(init.cgroup().file("pids.max") == pids);
  HINT(
      "ask_for_processes_of_its_own() of lesson 02 asks for a PID namespace "
      "and for mounts of its own. Without CLONE_NEWNS, all that the container "
      "mounts is mounted in the host.");
  CHECK(own.contains("mnt"));
  HINT("The same function asks for the PID namespace.");
  CHECK(own.contains("pid"));
  HINT("ask_for_names_of_its_own() of lesson 04 asks for a UTS namespace.");
  CHECK(own.contains("uts"));
  HINT("CLONE_NEWIPC: messages and shared memory of its own.");
  CHECK(own.contains("ipc"));
  HINT("CLONE_NEWNET: a network of its own, unless --network is host.");
  CHECK(own.contains("net"));
  HINT("Without --userns auto, users are those of the host.");
  CHECK_FALSE(own.contains("user"));
}

TEST_CASE("14: the host's network, if that is asked for", "[14.2][points:1]") {
  const Prepared container({"--network", "host"}, "14.2");
  HINT("With has_own_network false, CLONE_NEWNET is left out.");
  CHECK_FALSE(container.init().own_namespaces().contains("net"));
}

TEST_CASE("14: users of its own, if they are asked for", "[14.2][points:1]") {
  HINT("With id_maps, ask_for_users_of_its_own() of lesson 03 is called.");
  const Prepared container({"--userns", "auto"}, "14.2");
  const auto own = container.init().own_namespaces();
  HINT("With id_maps, ask_for_users_of_its_own() of lesson 03 is called.");
  CHECK(own.contains("user"));
  HINT("Users of its own are one namespace more, and none less.");
  CHECK(own == Set{"ipc", "mnt", "net", "pid", "user", "uts"});
}

// ---- 14.3: what is prepared from outside -----------------------------------

TEST_CASE("14: the loopback is on before the init goes on",
          "[14.3][points:1]") {
  for (const auto& options : std::vector<Options>{{}, {"--userns", "auto"}}) {
    const Prepared container(options, "14.3");
    const auto links = Network::of(container.init().pid()).links();

    HINT(
        "A Network is made for a container without a link, too (lesson 05), "
        "with users of its own or without.");
    CHECK(links.at("lo").up);
    HINT("Without --network bridge, there is no link to the host.");
    CHECK(links.size() == 1);
  }
}

TEST_CASE("14: its network is complete before the init goes on",
          "[14.3][points:2]") {
  const auto address = fmt::format("10.85.{}.{}", judge::random_number(1, 250),
                                   judge::random_number(1, 250));
  const Prepared container({"--ip", address}, "14.3");
  const auto inside = Network::of(container.init().pid());
  const auto links = inside.links();

  HINT("A Network of lesson 05 makes the link. Has it settings.network?");
  REQUIRE(links.contains("eth0"));
  CHECK(links.at("eth0").addresses == Set{address + "/16"});
  CHECK(links.at("eth0").up);
  CHECK(inside.routes().contains({"default", "10.85.0.1", "eth0"}));
}

TEST_CASE("14: its users have ids before the init goes on",
          "[14.3][points:2]") {
  const Prepared container({"--userns", "auto"}, "14.3");
  const auto init = container.init();

  for (const auto* map : {"uid_map", "gid_map"}) {
    const auto parts = judge::split(judge::trimmed(init.file(map)), ' ');
    HINT("The " << map << " is empty. map_ids() of lesson 03 writes it.");
    REQUIRE(parts.size() == 3);
    CHECK(parts[0] == "0");
    CHECK(std::stoul(parts[1]) >= 524'288);
    CHECK(parts[2] == "65536");
  }
}

// ---- 14.4: moving in -------------------------------------------------------

TEST_CASE("14: the container is in its root, and nothing of the host is",
          "[14.4][points:4]") {
  const auto before = judge::Host::now();
  HINT(
      "change_root() of lesson 01 makes the root another one. Before that, "
      "make_mounts_private() sees to it that it can.");
  const auto box = start_container({});
  const auto process = box.becoming();

  HINT("change_root() of lesson 01 changes the root. Is it called?");
  CHECK((process.root() == box.root()));
  Set of_the_host;
  for (const auto& mount : process.mounts()) {
    for (const auto* target : {"/judge", "/run", "/sys/kernel/security"}) {
      if (mount.target == target) of_the_host.insert(target);
    }
  }
  HINT(
      "In the container's mount table there are mounts of the host. "
      "drop_old_root() of lesson 01 takes the old root away, and all below.");
  CHECK(of_the_host == Set{});
  HINT("mount_sys() mounts /sys, after change_root().");
  CHECK(has(mount_at(process, "/sys").options, "ro"));
  HINT(
      "What the container mounts has reached the host: "
      "make_mounts_private() comes before everything that mounts.");
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("14: the command is a process of its own, and sees only those",
          "[14.4][points:2]") {
  const auto box = start_container({});

  HINT("mount_proc() of lesson 02 mounts a /proc for the container.");
  CHECK(mount_at(box.becoming(), "/proc").type == "proc");
  HINT("The init is process 1, its command is another one.");
  CHECK(judge::split(box.command().status("NSpid"), '\t').back() != "1");
  CHECK(judge::split(init_of(box).status("NSpid"), '\t').back() == "1");
  Set numbers;
  for (const auto& name : judge::split(box.get("list /proc"), '\n')) {
    if (std::isdigit(static_cast<unsigned char>(name[0])) != 0) {
      numbers.insert(name);
    }
  }
  HINT("In /proc there are more processes than the init and the command.");
  CHECK(numbers.size() == 2);
}

TEST_CASE("14: the container has its names", "[14.4][points:2]") {
  const auto before = judge::Host::now();
  const auto name = judge::random_name();
  const auto domain = judge::random_name();
  const auto box =
      start_container({"--hostname", name, "--domainname", domain});

  HINT("set_host_name() of lesson 04 sets settings.host_name.");
  CHECK(box.becoming().host_name() == name);
  HINT("set_domain_name() of lesson 04 sets settings.domain_name.");
  CHECK(box.becoming().domain_name() == domain);
  CHECK(judge::Host::now().names == before.names);
}

TEST_CASE("14: the container's name is its host name", "[14.4][points:1]") {
  const auto name = judge::random_name();
  const auto box = start_container({"--name", name});
  HINT("Without --hostname, settings.host_name is the container's name.");
  CHECK(box.becoming().host_name() == name);
}

TEST_CASE("14: the container sees its cgroup, and cannot change it",
          "[14.4][points:2]") {
  const auto pids = text(judge::random_number(20, 500));
  const auto box = start_container({"--pids-limit", pids});

  HINT("enter_cgroup_namespace() of lesson 06 makes the cgroup namespace.");
  REQUIRE(box.becoming().own_namespaces().contains("cgroup"));
  HINT(
      "/sys/fs/cgroup is to show the container's own cgroup: "
      "enter_cgroup_namespace() mounts it, in the place that mount_sys() makes "
      "for it. So it comes after that, and after change_root().");
  CHECK(mount_at(box.becoming(), "/sys/fs/cgroup").type == "cgroup2");
  CHECK(box.get("read /sys/fs/cgroup/pids.max") == pids + "\n");
  CHECK(box.get("read /proc/self/cgroup") == "0::/\n");
  CHECK(box.ask("write /sys/fs/cgroup/pids.max max") == error(EROFS));
}

TEST_CASE("14: a volume that is not there is an error", "[14.4][points:1]") {
  const auto before = judge::Host::now();
  const auto missing = "/" + judge::random_name();
  const auto result = run_container({"-v", missing + ":/data"}, {"/probe"});
  HINT("open_volumes() of lesson 01 looks for the sources of volumes.");
  CHECK(result.ending == exited(125));
  CHECK_THAT(result.errors, judge::contains(missing));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: volumes and tmpfs", "[14.4][points:2]") {
  const auto source = make_source();
  const auto before = judge::Host::now();
  HINT(
      "open_volumes() of lesson 01 comes before the old root is dropped, "
      "place_mounts() after that.");
  const auto box =
      start_container({"--volume", source + ":/data", "-v",
                       source + ":/fixed:ro", "--tmpfs", "/scratch:size=64k"});
  HINT(
      "open_volumes() of lesson 01 comes before the old root is dropped, "
      "place_mounts() after that.");
  CHECK(box.get("read /data/file") == "of the host");
  CHECK(box.ask("make /fixed/new x") == error(EROFS));
  CHECK(box.ask("make /data/new x") == "ok");
  CHECK(fs::exists(source + "/new"));
  CHECK(mount_at(box.command(), "/scratch").type == "tmpfs");
  CHECK(judge::Host::now().mounts == before.mounts);
}

TEST_CASE("14: a read-only root", "[14.4][points:1]") {
  const auto box = start_container({"--read-only", "--tmpfs", "/tmp"});
  HINT("make_root_read_only() of lesson 01 is the last thing that is mounted.");
  CHECK(box.ask("make /new x") == error(EROFS));
  CHECK(box.ask("make /tmp/new x") == "ok");

  HINT("It is read-only with settings.read_only_root, and not without.");
  CHECK(start_container({}).ask("make /new x") == "ok");
}

TEST_CASE("14: without --root, its root is busybox in memory",
          "[14.4][points:1]") {
  const auto before = judge::Host::now();
  const auto status = text(judge::random_number(1, 70));
  const auto result =
      judge::run({"run", "--", "sh", "-c", "echo $$ >/made && exit " + status});
  HINT(
      "change_root() of lesson 01 gets what provide_root() returns, and not "
      "settings.root: that is not set without --root.");
  CHECK(result.ending == exited(std::stoi(status)));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: devices of its own", "[14.4][points:1]") {
  const auto box = start_container({});
  HINT("/dev is made by place_mounts() of lesson 01 and by complete_dev().");
  CHECK(mount_at(box.becoming(), "/dev").type == "tmpfs");
  CHECK(mount_at(box.becoming(), "/dev/pts").type == "devpts");
  HINT(
      "Devices work that are mounted after forbid_devices(), by complete_dev() "
      "and before.");
  CHECK(box.ask("write /dev/null x") == "ok");
  CHECK(box.ask("write /dev/full x") == error(ENOSPC));
  CHECK(box.get("list /dev/pts") == ".\n..\nptmx\n");
}

TEST_CASE("14: no other device works", "[14.4][points:2]") {
  const auto box = start_container({});
  REQUIRE(box.ask("mknod /tmp/device") == "ok");
  HINT(
      "Root of the container has made a device file in its root, and has "
      "opened it. It could have been the host's disk. Is forbid_devices() "
      "called?");
  CHECK(box.ask("read /tmp/device") == error(EACCES));
}

TEST_CASE("14: what the kernel tells about the host is hidden",
          "[14.4][points:2]") {
  const auto box = start_container({});
  HINT("hide_kernel_files() covers files of /proc and /sys. Is it called?");
  CHECK(box.get("read /proc/interrupts").empty());
  CHECK(box.get("read /proc/timer_list").empty());
  CHECK(box.get("list /sys/firmware") == ".\n..\n");
  CHECK(box.ask("write /proc/sys/kernel/core_pattern |/probe") == error(EROFS));
  CHECK(box.ask("write /proc/sysrq-trigger h") == error(EROFS));
  CHECK(box.ask("write /sys/kernel/mm/ksm/run 0") == error(EROFS));

  HINT(
      "With --privileged, settings.hides_kernel_files is false: nothing is "
      "hidden then.");
  CHECK_FALSE(
      start_container({"--privileged"}).get("read /proc/interrupts").empty());
}

TEST_CASE("14: root inside is nobody outside", "[14.4][points:2]") {
  HINT(
      "With --userns auto, two calls have their place: become_root_inside() of "
      "lesson 03 is the first, for nobody may do what follows; and "
      "mount_proc() comes before drop_old_root(), for in a user namespace a "
      "/proc can be mounted only while another one is to be seen.");
  const auto box = start_container({"--userns", "auto"});
  const auto init = init_of(box);
  const auto first =
      judge::split(judge::trimmed(init.file("uid_map")), ' ').at(1);
  HINT(
      "become_root_inside() of lesson 03 makes the init user 0 of its "
      "namespace, which is another one outside.");
  CHECK(init.status("Uid") == fmt::format("{0}\t{0}\t{0}\t{0}", first));
  CHECK(box.command().status("Gid") ==
        fmt::format("{0}\t{0}\t{0}\t{0}", first));
  CHECK(mount_at(box.command(), "/proc").type == "proc");
  CHECK(box.get("read /proc/self/cgroup") == "0::/\n");
}

TEST_CASE("14: nothing gets in that was open", "[14.4][points:2]") {
  judge::How how;
  how.circumstances.leaked_descriptors = {3, 9, 200};
  const auto box = start_container({}, how);
  HINT(
      "The init keeps descriptors open with which the program was started, or "
      "that it has opened itself: the container can see them in /proc/1/fd. "
      "protect_init() of lesson 02 closes them.");
  CHECK(init_of(box).descriptors_beside(box.command().pid()) ==
        std::map<int, std::string>{});
  CHECK(box.at_exec().kept_descriptors.size() == 3);
  CHECK(box.command().descriptors().size() == 4);  // And the probe's socket.
}

TEST_CASE("14: nobody in the container can look into its init",
          "[14.4][points:2]") {
  for (const auto& options : std::vector<Options>{{}, {"--userns", "auto"}}) {
    const auto box = start_container(options);
    HINT(
        "The init is dumpable: root in the container may open what is in "
        "/proc/1. protect_init() of lesson 02 changes that.");
    CHECK_FALSE(init_of(box).can_be_looked_into());
    CHECK(box.command().can_be_looked_into());
  }
}

TEST_CASE("14: nothing is left of a program that is killed",
          "[14.4][points:1]") {
  for (const auto& options : std::vector<Options>{
           {"--memory", "32m"}, {"--userns", "auto"}, {"--ip", "10.85.3.4"}}) {
    const auto before = judge::Host::now();
    {
      const auto box = start_container(options);
      (void)box.get("orphans 3");
      box.send_signal(SIGKILL);
      CHECK(box.wait().signal == SIGKILL);
    }
    CHECK(judge::Host::settled(before) == before);
  }
}

// The keepers of lessons 05 and 06 would end the container as well. They are
// the second line: here, they are stopped.
TEST_CASE("14: the kernel ends the init with the program", "[14.4][points:2]") {
  for (const auto& options : std::vector<Options>{{}, {"--userns", "auto"}}) {
    const auto before = judge::Host::now();
    {
      const auto box = start_container(options);
      std::vector<pid_t> keepers;
      for (const auto& child : judge::descendants_of(box.program().pid())) {
        if (child.name == "keeper") keepers.push_back(child.pid);
      }
      for (const pid_t keeper : keepers) ::kill(keeper, SIGSTOP);
      box.send_signal(SIGKILL);
      const bool ended =
          box.becomes_true([&] { return !box.command().exists(); });
      for (const pid_t keeper : keepers) ::kill(keeper, SIGCONT);
      HINT(
          "end_with() of lesson 02 has the kernel end the init when the "
          "program ends. It counts from then on, until the init changes its "
          "user: so it comes after become_root_inside().");
      CHECK(ended);
    }
    CHECK(judge::Host::settled(before) == before);
  }
}

// ---- 14.5: the init --------------------------------------------------------

TEST_CASE("14: the init may send signals, and nothing else",
          "[14.5][points:4]") {
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
          "[14.5][points:1]") {
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

TEST_CASE("14: the init's filter is its own", "[14.5][points:1]") {
  const auto box = start_container(
      {"--security-opt", refuse_calls({"kill", "wait4", "rt_sigtimedwait"})});
  box.send_signal(SIGTERM);
  HINT(
      "The command's filter refuses what an init needs, and the init no longer "
      "does its work. Its filter is settings.init_filter, whatever that of the "
      "command is.");
  CHECK(box.wait() == exited(128 + SIGTERM));
}

TEST_CASE("14: the init passes signals on, whoever the command is",
          "[14.5][points:2]") {
  const auto before = judge::Host::now();
  const auto box = start_container({"--user", "4321"});
  box.send_signal(SIGTERM);
  HINT(
      "SIGTERM has not ended the command. be_init() of lesson 02 passes it on; "
      "for a process of another user, that needs CAP_KILL.");
  CHECK(box.wait() == exited(128 + SIGTERM));
  CHECK(judge::Host::settled(before) == before);
}

// ---- 14.6: the command -----------------------------------------------------

TEST_CASE("14: the command's capabilities are Docker's fourteen",
          "[14.6][points:3]") {
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

TEST_CASE("14: the command inherits no capability", "[14.6][points:1]") {
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

TEST_CASE("14: root with another group", "[14.6][points:1]") {
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
}

TEST_CASE("14: an ordinary user with one capability", "[14.6][points:2]") {
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

TEST_CASE("14: the command's system calls are filtered", "[14.6][points:3]") {
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

TEST_CASE("14: the filter comes last", "[14.6][points:1]") {
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

TEST_CASE("14: another filter, or none", "[14.6][points:1]") {
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
  const auto box = start_container(
      {"--security-opt", "seccomp=unconfined", "--userns", "auto"});
  HINT("Without settings.filter, none is installed.");
  CHECK(box.command().status("Seccomp") == "0");
  HINT(
      "forbid_new_privileges() of lesson 07 is called, whether there is a "
      "filter or not.");
  CHECK(box.command().status("NoNewPrivs") == "1");
}

TEST_CASE("14: a privileged container", "[14.6][points:1]") {
  const auto box = start_container({"--privileged"});
  CHECK(box.command().status("Seccomp") == "0");
  HINT("With allows_new_privileges, they are not forbidden.");
  CHECK(box.command().status("NoNewPrivs") == "0");
  CHECK(box.command().status("CapEff") == box.command().status("CapBnd"));
}

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

TEST_CASE("14: a script with carriage returns says so", "[given]") {
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

TEST_CASE("14: there is no way out", "[14.6][points:1]") {
  const auto box = start_container({});
  HINT("The escape of lesson 00 ends at the container's own root.");
  (void)box.ask("escape");
  CHECK(box.ask("list /judge") == error(ENOENT));
}

TEST_CASE("14: forks are refused at the limit", "[14.6][points:1]") {
  const auto box = start_container({"--pids-limit", "6"});
  HINT("At most four processes more fit in, beside the init and the command.");
  CHECK(box.get("fork 9") == "4 " + text(EAGAIN));
}

TEST_CASE("14: orphans are reaped, and the status is the command's",
          "[14.6][points:2]") {
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

TEST_CASE("14: the command runs, and its status is the program's",
          "[14.6][points:2][idle]") {
  const int status = static_cast<int>(judge::random_number(1, 99));
  const auto ended = run_container({}, {"/probe", "exit", text(status)});
  HINT("be_init() of lesson 02 returns the status of the command.");
  CHECK(ended.ending == exited(status));
}

TEST_CASE("14: a command that cannot be run", "[14.6][points:1]") {
  const auto before = judge::Host::now();
  const auto missing = "/" + judge::random_name();
  const auto result = run_container({}, {missing});
  HINT("become() of lesson 00 says why.");
  CHECK(result.ending == exited(127));
  CHECK_THAT(result.errors, judge::contains(missing));
  CHECK(run_container({}, {"/"}).ending == exited(126));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("14: a working directory that is not there is an error", "[given]") {
  const auto before = judge::Host::now();
  const auto result =
      run_container({"--workdir", "/no/such/directory"}, {"/probe"});
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK(judge::Host::settled(before) == before);
}

// ---- All of it -------------------------------------------------------------

TEST_CASE("14: a published port leads into the container", "[14.3][points:2]") {
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
