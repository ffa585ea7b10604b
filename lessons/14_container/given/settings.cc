#include "lessons/14_container/given/settings.h"

#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <utility>

#include "lessons/03_user/given/restrictions.h"
#include "lessons/08_seccomp/given/default/default.h"
#include "lessons/14_container/given/file_system.h"
#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/run_folder.h"

namespace container {
namespace {

namespace fs = std::filesystem;
using Text = RunOptions::Text;

// Where nothing is said: far more than a service needs, and not all there is.
constexpr std::uint64_t kPids = 4096;
constexpr std::uint32_t kIds = 65'536;  // With --userns auto.
constexpr const char* kPath =
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// A container's name may have "_" in it, and a host's may not: hostname(7).
std::string as_host_name(std::string name) {
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

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

Limits limits_of(const LimitOptions& given) {
  Limits limits = given.limits;
  if (!limits.memory && !given.memory_and_swap) {
    limits.memory = std::max(half_of_memory(), limits.memory_low.value_or(0));
  }
  set_swap(limits, given.memory_and_swap);
  if (!limits.pids_max) limits.pids_max = kPids;
  return limits;
}

void complete_network(Settings& settings, const RunOptions& given) {
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
    const AddressRange wanted{*given.address, network.range->length};
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

std::optional<Filter> wanted_filter(const RunOptions& given,
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

void complete_rights(Settings& settings, const RunOptions& given) {
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

// Ids that nobody on the host has. systemd-nspawn(1) takes ranges out of the
// same part of all 32-bit numbers, which distributions leave to containers.
std::uint32_t choose_first_id() {
  constexpr std::uint32_t kBegin = 0x0008'0000;
  constexpr std::uint32_t kRanges = (0x6fff'0000 - kBegin) / kIds;
  std::uint32_t number = 0;
  kit::check(::getrandom(&number, sizeof number, 0), "get a random number");
  return kBegin + number % kRanges * kIds;
}

void complete_users(Settings& settings, const RunOptions& given) {
  if (given.userns != "auto") return;
  if (!settings.has_own_network) {
    kit::fail(
        "--userns auto does not go with --network host: its /sys is that of "
        "the host's users");
  }
  check_user_namespaces();
  const std::uint32_t first = choose_first_id();
  settings.id_maps = IdMaps{{{0, first, kIds}}, {{0, first, kIds}}};
  check_maps(*settings.id_maps);
}

void complete_environment(Settings& settings, const RunOptions& given) {
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

Settings settings_of(RunOptions given) {
  Settings settings;
  settings.command = given.command;
  if (settings.command.empty()) settings.command = {"/bin/sh"};

  settings.name = given.name.value_or(kit::unique_name("container"));
  settings.host_name = given.host_name.value_or(as_host_name(settings.name));
  settings.domain_name = given.domain_name;
  settings.working_directory = given.working_directory.value_or("/");
  settings.limits = limits_of(given.limits);
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
  settings.read_only_root = given.read_only_root;
  settings.mounts = std::move(given.mounts);
  add_devices(settings.mounts, given.shm_size);
  sort_mounts(settings.mounts);
  return settings;
}

}  // namespace container
