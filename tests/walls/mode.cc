#include "tests/walls/mode.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "tests/judge/random.h"

namespace walls {
namespace {

using Words = std::vector<std::string>;

const std::string kNone = "0000000000000000";
const std::string kDockers = "00000000a80425fb";
const std::string kAndTrace = "00000000a80c25fb";
const std::string kTrace = "0000000000080000";
const std::string kAll = "000001ffffffffff";

void add(Words& to, const Words& words) {
  to.insert(to.end(), words.begin(), words.end());
}

// The values that each field can have, the default first. SYS_PTRACE is not
// among them: its filter is compiled at the start, which takes a while.
const std::array<Words, 8> kValues = {{{"0", "4321"},
                                       {"host", "auto"},
                                       {"none", "bridge", "host"},
                                       {"default", "unconfined", "privileged"},
                                       {"writable", "read-only"},
                                       {"none", "rw", "ro"},
                                       {"none", "tmpfs"},
                                       {"pipes", "terminal"}}};

using Choice = std::array<std::size_t, kValues.size()>;

Mode mode_of(const Choice& choice) {
  const auto value = [&](std::size_t i) { return kValues[i][choice[i]]; };
  return {.user = value(0),
          .own_users = value(1) == "auto",
          .network = value(2),
          .rights = value(3),
          .read_only = value(4) == "read-only",
          .volume = value(5),
          .tmpfs = value(6) == "tmpfs",
          .terminal = value(7) == "terminal"};
}

// --userns auto does not go with --network host.
bool is_allowed(std::size_t i, std::size_t value, std::size_t j,
                std::size_t other) {
  return !(i == 1 && value == 1 && j == 2 && other == 2);
}

bool is_allowed(const Choice& choice) {
  return is_allowed(1, choice[1], 2, choice[2]);
}

// Two values of different fields.
using Pair = std::array<std::size_t, 4>;

std::set<Pair> pairs_in(const Choice& choice) {
  std::set<Pair> pairs;
  for (std::size_t i = 0; i < choice.size(); ++i) {
    for (std::size_t j = i + 1; j < choice.size(); ++j) {
      pairs.insert({i, choice[i], j, choice[j]});
    }
  }
  return pairs;
}

std::set<Pair> all_pairs() {
  std::set<Pair> pairs;
  for (std::size_t i = 0; i < kValues.size(); ++i) {
    for (std::size_t j = i + 1; j < kValues.size(); ++j) {
      for (std::size_t a = 0; a < kValues[i].size(); ++a) {
        for (std::size_t b = 0; b < kValues[j].size(); ++b) {
          if (is_allowed(i, a, j, b)) pairs.insert({i, a, j, b});
        }
      }
    }
  }
  return pairs;
}

// Any choice that has this pair.
Choice choice_with(const Pair& pair) {
  Choice choice{};
  do {
    for (std::size_t i = 0; i < choice.size(); ++i) {
      const auto last = static_cast<long>(kValues[i].size()) - 1;
      choice[i] = static_cast<std::size_t>(judge::random_number(0, last));
    }
    choice[pair[0]] = pair[1];
    choice[pair[2]] = pair[3];
  } while (!is_allowed(choice));
  return choice;
}

}  // namespace

Words Mode::options(const std::string& source) const {
  Words words;
  if (user != "0") add(words, {"--user", user});
  if (own_users) add(words, {"--userns", "auto"});
  if (network != "none") add(words, {"--network", network});
  if (rights == "SYS_PTRACE") add(words, {"--cap-add", rights});
  if (rights == "unconfined") {
    add(words, {"--security-opt", "seccomp=unconfined"});
  }
  if (rights == "privileged") add(words, {"--privileged"});
  if (read_only) add(words, {"--read-only"});
  if (volume != "none") {
    add(words, {"--volume", source + ":" + volume_target() + ":" + volume});
  }
  if (tmpfs) add(words, {"--tmpfs", tmpfs_target()});
  return words;
}

std::string Mode::text() const {
  return fmt::format("run {}{}", fmt::join(options("SOURCE"), " "),
                     terminal ? " on a terminal" : "");
}

// The root belongs to the host's root: other users make nothing in it.
std::string Mode::volume_target() const {
  return own_users ? "/tmp" : "/made/for/volume";
}

std::string Mode::tmpfs_target() const {
  return own_users ? "/etc" : "/made/tmpfs";
}

namespace {

// What is mounted where: its type, if that is fixed, and its options.
decltype(Expected::mounts) mounts_of(const Mode& mode) {
  decltype(Expected::mounts) mounts;
  const std::string kPlain = "nosuid,nodev,noexec";
  mounts["/"] = mode.read_only ? "ro,nodev" : "nodev";
  mounts["/proc"] = "proc " + kPlain;
  mounts["/sys"] = "sysfs ro," + kPlain;
  mounts["/sys/fs/cgroup"] = "cgroup2 ro," + kPlain;
  mounts["/dev"] = mounts["/dev/shm"] = "tmpfs " + kPlain;
  mounts["/dev/pts"] = "devpts nosuid,noexec";
  for (const auto* name :
       {"null", "zero", "full", "random", "urandom", "tty"}) {
    mounts[std::string("/dev/") + name] = "devtmpfs ro,nosuid,noexec";
  }
  if (mode.volume == "ro")
    mounts[mode.volume_target()] = "tmpfs ro,nosuid,nodev";
  if (mode.volume == "rw") mounts[mode.volume_target()] = "tmpfs nosuid,nodev";
  if (mode.tmpfs) mounts[mode.tmpfs_target()] = "tmpfs " + kPlain;
  return mounts;
}

}  // namespace

Expected expected_of(const Mode& mode) {
  Expected expected;
  const bool privileged = mode.rights == "privileged";
  const bool is_root = mode.user == "0";

  // Namespaces and ids.
  expected.namespaces = {"ipc", "mnt", "pid", "uts"};
  if (mode.network != "host") expected.namespaces.insert("net");
  if (mode.own_users) expected.namespaces.insert("user");
  expected.first_of_ids = mode.own_users ? "not 0" : "0";
  expected.ids = mode.own_users ? "65536" : "4294967295";

  expected.mounts = mounts_of(mode);
  expected.has_covers = !privileged;

  // The network.
  if (mode.network != "host") {
    expected.network = {"lo LOOPBACK,RUNNING,UP", "lo 127.0.0.1/8 host"};
  }
  if (mode.network == "bridge") {
    expected.network.insert(
        {"eth0 BROADCAST,MULTICAST,RUNNING,UP", "eth0 ADDRESS/16 global",
         "default via 10.85.0.1 dev eth0", "10.85.0.0/16 dev eth0"});
    expected.tables_on_host = 2;
  }

  // The command's rights.
  expected.bounding = privileged                    ? kAll
                      : mode.rights == "SYS_PTRACE" ? kAndTrace
                                                    : kDockers;
  expected.ambient = is_root                       ? kNone
                     : privileged                  ? kAll
                     : mode.rights == "SYS_PTRACE" ? kTrace
                                                   : kNone;
  expected.capabilities = is_root ? expected.bounding : expected.ambient;
  const bool unconfined = mode.rights == "unconfined" && mode.own_users;
  if (privileged || unconfined) expected.filters = 0;
  if (privileged) expected.no_new_privileges = "0";
  // Not from another user namespace than that in which the program began.
  expected.may_trace =
      (privileged || mode.rights == "SYS_PTRACE") && !mode.own_users;

  // Its environment.
  expected.variables = {
      "PATH=/usr/local/sbin:", "HOSTNAME=", is_root ? "HOME=/root" : "HOME=/"};
  if (mode.terminal) expected.variables.insert("TERM=");
  return expected;
}

std::vector<Mode> modes_by_pairs() {
  constexpr int kTries = 40;
  std::vector<Mode> modes = {Mode{}};
  auto missing = all_pairs();
  for (const auto& pair : pairs_in(Choice{})) missing.erase(pair);
  while (!missing.empty()) {
    Choice best{};
    std::size_t most = 0;
    for (int i = 0; i < kTries; ++i) {
      const auto choice = choice_with(*missing.begin());
      const auto pairs = pairs_in(choice);
      const auto news = static_cast<std::size_t>(std::ranges::count_if(
          pairs, [&](const auto& pair) { return missing.contains(pair); }));
      if (news > most) {
        most = news;
        best = choice;
      }
    }
    for (const auto& pair : pairs_in(best)) missing.erase(pair);
    modes.push_back(mode_of(best));
  }
  return modes;
}

}  // namespace walls
