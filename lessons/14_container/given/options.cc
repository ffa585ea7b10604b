#include "lessons/14_container/given/options.h"

#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "lessons/03_user/given/restrictions.h"
#include "lessons/06_cgroups/given/options.h"
#include "lessons/08_seccomp/given/default/default.h"
#include "lessons/14_container/given/file_system.h"
#include "lessons/14_container/given/values.h"
#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/options.h"
#include "lessons/kit/parse.h"
#include "lessons/kit/run_folder.h"

namespace container {
namespace {

namespace fs = std::filesystem;
using Text = std::optional<std::string>;

// Where nothing is said: far more than a service needs, and not all there is.
constexpr std::uint64_t kPids = 4096;
constexpr std::uint32_t kIds = 65'536;  // With --userns auto.
constexpr const char* kPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// What is given on the command line, before it is made one Settings.
struct Given {
  Text name, root, host_name, domain_name, network, userns, working_directory;
  std::optional<std::uint64_t> stop_timeout;
  std::optional<std::uint64_t> memory_and_swap;
  std::optional<in_addr> address;
  std::optional<User> user;
  std::optional<std::uint64_t> shm_size;
  std::vector<std::vector<PublishedPort>> published;
  std::vector<std::optional<std::string>> environment;
  std::vector<std::vector<std::string>> environment_files;
  std::vector<std::string> security;
  Changes capabilities;
  bool privileged = false;
  bool habits = false;
  bool wants_terminal = false;
};

std::string parse_text(const std::string& text) { return text; }

std::string parse_directory(const std::string& text) {
  if (!text.starts_with('/')) kit::fail("\"{}\" does not begin with /", text);
  return text;
}

// A container's name may have "_" in it, and a host's may not: hostname(7).
std::string as_host_name(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

void add_file_system(kit::Options& options, Given& given, Settings& settings) {
  options.add("--root", "DIR", "its root (busybox, in memory)", given.root,
              parse_text);
  options.add_flag("--read-only", "the root itself is read-only",
                   settings.read_only_root);
  options.add_list("-v,--volume", "SRC:DST[:ro]",
                   "the machine's file or directory SRC, at DST;\n"
                   "ro: read-only; may be repeated",
                   settings.mounts, parse_container_volume);
  options.add("--shm-size", "SIZE", "of /dev/shm (64m)", given.shm_size,
              kit::parse_size);
  options.add_list("--tmpfs", "DST[:size=N]",
                   "an empty file system in memory, at DST, for N\n"
                   "bytes, or like 64m; may be repeated",
                   settings.mounts, parse_container_tmpfs);
}

void add_limits(kit::Options& options, Given& given, Limits& limits) {
  options.add("-m,--memory", "SIZE",
              "bytes, or like 64m or 1g (half of the machine's)", limits.memory,
              kit::parse_size);
  options.add("--memory-swap", "SIZE",
              "memory and swap together, or -1 for no limit (as\n"
              "--memory: no swap)",
              given.memory_and_swap, parse_swap_limit);
  options.add("--memory-reservation", "SIZE",
              "memory that it keeps while others have more (none)",
              limits.memory_low, kit::parse_size);
  options.add("--cpus", "F", "processors' worth of time, like 0.5 (all)",
              limits.cpus, parse_cpus);
  options.add("--cpu-shares", "N",
              "its share while others want time too, 2 to 262144\n(1024)",
              limits.cpu_weight, parse_shares);
  options.add("--cpuset-cpus", "LIST",
              "the processors it may use, like 0-1,3 (all)", limits.cpuset_cpus,
              parse_cpu_list);
  options.add("--pids-limit", "N",
              "processes and threads at the same time (4096), or\n"
              "-1: as many as there can be",
              limits.pids_max, parse_pids_limit);
  const auto count = [](const auto& text) {
    return kit::parse_number(text, 1);
  };
  options.add_list("--device-read-bps", "DEV:SIZE",
                   "read at most that much a second; may be repeated",
                   limits.io_max, io_limit("rbps", kit::parse_size));
  options.add_list("--device-write-bps", "DEV:SIZE", "write that much",
                   limits.io_max, io_limit("wbps", kit::parse_size));
  options.add_list("--device-read-iops", "DEV:N", "read that many times",
                   limits.io_max, io_limit("riops", count));
  options.add_list("--device-write-iops", "DEV:N", "write that many times",
                   limits.io_max, io_limit("wiops", count));
}

void add_names_and_network(kit::Options& options, Given& given) {
  options.add("--name", "NAME", "the container's name (a random one)",
              given.name, kit::parse_name);
  options.add("-h,--hostname", "NAME", "its host name (its name)",
              given.host_name, parse_host_name);
  options.add("--domainname", "NAME", "its NIS domain name (none)",
              given.domain_name, parse_host_name);
  options.add("--network,--net", "MODE",
              "none: a loopback; bridge: a link to the machine,\n"
              "and beyond; host: the machine's (none, or bridge\n"
              "with --publish or --ip)",
              given.network,
              one_of({"none", "bridge", "host"}, "none, bridge or host"));
  options.add("--ip", "ADDR", "its address of 10.85.0.0/16 (a free one)",
              given.address, parse_address);
  options.add_list("-p,--publish", "HOST:CONTAINER",
                   "let the machine's TCP port HOST lead to the\n"
                   "container's port CONTAINER, or as many ports, like\n"
                   "8000-8002:80-82; may be repeated",
                   given.published, parse_published_ports);
}

void add_rights(kit::Options& options, Given& given) {
  options.add("-u,--user", "UID[:GID]", "who the command is (0)", given.user,
              parse_user);
  options.add("--userns", "MODE",
              "host: the machine's users; auto: its own, who are\n"
              "nobody in the machine (host)",
              given.userns, one_of({"host", "auto"}, "host or auto"));
  options.add_list("--cap-drop", "NAME",
                   "without this capability, or ALL; may be repeated",
                   given.capabilities.dropped, parse_capability);
  options.add_list("--cap-add", "NAME",
                   "with this capability, or ALL; may be repeated",
                   given.capabilities.added, parse_capability);
  options.add_list("--security-opt", "OPT",
                   "seccomp=FILE or seccomp=unconfined: another filter\n"
                   "of system calls, or none (but for keys, which are\n"
                   "the host's without --userns auto);\n"
                   "no-new-privileges (always so); may be repeated",
                   given.security, parse_text);
  options.add_flag("--privileged",
                   "all capabilities and system calls, and no file\n"
                   "hidden (/sys stays read-only, and there are no\n"
                   "more devices)",
                   given.privileged);
}

void add_command(kit::Options& options, Given& given) {
  options.add_list("-e,--env", "NAME[=VALUE]",
                   "a variable, or one of here, if it is set; may be\n"
                   "repeated",
                   given.environment, parse_variable);
  options.add_list("--env-file", "FILE",
                   "a file with such a variable in each line, or a\n"
                   "comment that begins with #; may be repeated",
                   given.environment_files, read_variables);
  options.add("-w,--workdir", "DIR", "its working directory (/)",
              given.working_directory, parse_directory);
  options.add("--stop-timeout", "SECONDS",
              "how long it may take to end after SIGTERM; then it\n"
              "is killed (10)",
              given.stop_timeout, [](const auto& text) {
                return kit::parse_number(text, 0, 86'400);
              });
}

// What is so anyway, and is written because Docker wants to be told.
void add_docker_s_habits(kit::Options& options, Given& given) {
  options.add_flag("--rm", "remove it at its end (always so)", given.habits);
  options.add_flag("-i,--interactive", "with standard input (always so)",
                   given.habits);
  options.add_flag("--init", "with an init (always so)", given.habits);
  options.add_flag("-t,--tty",
                   "with a terminal (so where one of the standard\n"
                   "streams is one; an error where none is)",
                   given.wants_terminal);
}

// ---- From what is given to what the container is like ----------------------

// Follows symbolic links once, now, so that a wrong root is an error before
// anything is made.
fs::path resolve_root(const std::string& text) {
  if (text.empty()) kit::fail("--root: \"\" is no directory");
  const auto root = fs::path(text) / ".";  // Must be a directory.
  char* real = ::realpath(root.c_str(), nullptr);
  const int error = errno;
  if (real == nullptr) {
    throw kit::SystemError(error, fmt::format("use {} as the root", text));
  }
  const std::unique_ptr<char, decltype(&::free)> owner(real, &::free);
  return real;
}

std::uint64_t half_of_memory() {
  struct sysinfo host {};
  kit::check(::sysinfo(&host), "ask how much memory there is");
  return host.totalram / 2 * host.mem_unit;
}

void complete_limits(Limits& limits, const Given& given) {
  if (!limits.memory && !given.memory_and_swap) {
    limits.memory = std::max(half_of_memory(), limits.memory_low.value_or(0));
  }
  set_swap(limits, given.memory_and_swap);
  if (!limits.pids_max) limits.pids_max = kPids;
}

void complete_network(Settings& settings, const Given& given) {
  NetworkSettings& network = settings.network;
  for (const auto& ports : given.published) {
    network.published.insert(network.published.end(), ports.begin(),
                             ports.end());
  }
  const bool wants_link = given.address || !network.published.empty();
  const auto mode = given.network.value_or(wants_link ? "bridge" : "none");
  if (wants_link && mode != "bridge") {
    kit::fail("--ip and --publish need --network bridge, not {}", mode);
  }
  settings.has_own_network = mode != "host";
  if (mode != "bridge") return;
  network.range = choose_address();
  network.gateway = nth_address(*network.range, 1);
  if (given.address) {
    const Range wanted{*given.address, network.range->length};
    if (!(network_of(wanted) == network_of(*network.range))) {
      kit::fail("--ip: {} is not in {}/{}", to_text(*given.address),
                to_text(network_of(*network.range)), wanted.length);
    }
    network.range = wanted;
  }
  check_settings(network);
}

// "seccomp=FILE", "no-new-privileges", ...
Text parse_security(const std::vector<std::string>& words) {
  Text seccomp;
  for (const auto& word : words) {
    if (word.starts_with("seccomp=")) {
      if (seccomp) kit::fail("--security-opt seccomp is given twice");
      seccomp = word.substr(8);
    } else if (word != "no-new-privileges" &&
               word != "no-new-privileges:true") {
      kit::fail(
          "--security-opt: \"{}\" is not seccomp=FILE, seccomp=unconfined or "
          "no-new-privileges",
          word);
    }
  }
  return seccomp;
}

std::optional<Filter> wanted_filter(const Given& given,
                                    const Settings& settings) {
  const Text seccomp = parse_security(given.security);
  if (seccomp == "unconfined" || (!seccomp && given.privileged)) {
    // Only other users have other keyrings: keyrings(7).
    const bool has_own_keys = given.userns == "auto" || given.privileged;
    return has_own_keys ? std::nullopt : std::optional(kUnconfinedFilter);
  }
  Filter filter = choose_filter(seccomp, settings.capabilities.bounding);
  if (!lets_through(ask(filter, SYS_execve))) {
    throw kit::Exit(kit::kNotExecutable,
                    fmt::format("run the command: seccomp={} does not let it "
                                "start (does the filter allow execve?)",
                                seccomp.value_or("")));
  }
  return filter;
}

void complete_rights(Settings& settings, const Given& given) {
  Changes changes = given.capabilities;
  if (given.privileged) {
    if (!changes.added.empty() || !changes.dropped.empty()) {
      kit::fail("--privileged has all capabilities: leave out --cap-...");
    }
    changes.added = {all_capabilities()};
  }
  settings.user = given.user.value_or(User{});
  settings.capabilities = choose_sets(changes, settings.user);
  settings.hides_kernel_files = !given.privileged;
  settings.allows_new_privileges = given.privileged;

  settings.filter = wanted_filter(given, settings);
}

// Ids that nobody in the machine has. systemd-nspawn(1) takes ranges out of the
// same part of all 32-bit numbers, which distributions leave to containers.
std::uint32_t choose_first_id() {
  constexpr std::uint32_t kBegin = 0x0008'0000;
  constexpr std::uint32_t kRanges = (0x6fff'0000 - kBegin) / kIds;
  std::uint32_t number = 0;
  kit::check(::getrandom(&number, sizeof number, 0), "get a random number");
  return kBegin + number % kRanges * kIds;
}

void complete_users(Settings& settings, const Given& given) {
  if (given.userns != "auto") return;
  if (!settings.has_own_network) {
    kit::fail(
        "--userns auto does not go with --network host: its /sys is that of "
        "the machine's users");
  }
  check_user_namespaces();
  const std::uint32_t first = choose_first_id();
  settings.id_maps = IdMaps{{{0, first, kIds}}, {{0, first, kIds}}};
  check_maps(*settings.id_maps);
}

void complete_environment(Settings& settings, const Given& given) {
  auto& environment = settings.environment;
  environment = {kPath, "HOSTNAME=" + settings.host_name,
                 settings.user.uid == 0 ? "HOME=/root" : "HOME=/"};
  const char* terminal = std::getenv("TERM");
  if (terminal != nullptr && ::isatty(STDIN_FILENO) == 1) {
    environment.push_back(std::string("TERM=") + terminal);
  }
  // Later ones of a name count.
  for (const auto& variables : given.environment_files) {
    environment.insert(environment.end(), variables.begin(), variables.end());
  }
  for (const auto& variable : given.environment) {
    if (variable) environment.push_back(*variable);
  }
}

}  // namespace

Settings parse_run(int argc, char** argv) {
  Settings settings;
  Given given;
  kit::Options options("Runs COMMAND (/bin/sh) in a new container.",
                       "run [OPTION]... [--] [COMMAND [ARG]...]");
  add_names_and_network(options, given);
  add_file_system(options, given, settings);
  add_limits(options, given, settings.limits);
  add_rights(options, given);
  add_command(options, given);
  add_docker_s_habits(options, given);
  settings.command = options.parse(argc, argv);
  if (settings.command.empty()) settings.command = {"/bin/sh"};

  settings.name = given.name.value_or(kit::unique_name("container"));
  settings.host_name = given.host_name.value_or(as_host_name(settings.name));
  settings.domain_name = given.domain_name;
  settings.working_directory = given.working_directory.value_or("/");
  complete_limits(settings.limits, given);
  complete_network(settings, given);
  complete_rights(settings, given);
  settings.init_filter = kInitFilter;
  complete_users(settings, given);
  complete_environment(settings, given);

  if (given.wants_terminal &&
      !Terminal{terminals_among_streams()}.is_wanted()) {
    kit::fail("--tty: none of the standard streams is a terminal");
  }
  if (given.stop_timeout) {
    settings.stop_timeout = std::chrono::seconds(*given.stop_timeout);
  }
  if (given.root) settings.root = Root{resolve_root(*given.root)};
  add_devices(settings.mounts, given.shm_size);
  sort_mounts(settings.mounts);
  return settings;
}

}  // namespace container
