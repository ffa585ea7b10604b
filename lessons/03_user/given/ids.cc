#include "lessons/03_user/given/ids.h"

#include <fmt/format.h>
#include <sys/capability.h>
#include <unistd.h>

#include <algorithm>

#include "lessons/03_user/given/lent.h"
#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/parse.h"
#include "lessons/kit/program.h"

namespace container {

const IdKind kUsers = {.name = "user",
                       .own = ::geteuid,
                       .capability = CAP_SETUID,
                       .here = "/proc/self/uid_map",
                       .lent = "/etc/subuid",
                       .program = "newuidmap",
                       .option = "--add-subuids"};
const IdKind kGroups = {.name = "group",
                        .own = ::getegid,
                        .capability = CAP_SETGID,
                        .here = "/proc/self/gid_map",
                        .lent = "/etc/subgid",
                        .program = "newgidmap",
                        .option = "--add-subgids"};

namespace {

constexpr std::uint64_t kIds = 0xffffffff;  // The last number means "none".

// What the kernel takes: user_namespaces(7).
constexpr std::size_t kMostRanges = 340;
constexpr std::size_t kMostBytes = 4095;  // Less than a page.

Row inside(const IdRange& range) { return {range.inside, range.count}; }
Row outside(const IdRange& range) { return {range.outside, range.count}; }

std::string text_of(const IdRange& range) {
  return fmt::format("{}:{}:{}", range.inside, range.outside, range.count);
}

bool is_own_id(const IdKind& kind, const IdRange& range) {
  return range.count == 1 && range.outside == kind.own();
}

void check_pair(const IdKind& kind, const IdRange& one, const IdRange& other) {
  const auto check_side = [&](const Row& a, const Row& b, const char* side) {
    if (a.first >= b.end() || b.first >= a.end()) return;
    kit::fail("the {} ids {} and {} overlap {}: each id has one partner",
              kind.name, text_of(one), text_of(other), side);
  };
  check_side(inside(one), inside(other), "inside");
  check_side(outside(one), outside(other), "outside");
}

// What the kernel takes from nobody, and what this program cannot do without.
void check_form(const IdKind& kind, const IdMap& map) {
  std::size_t bytes = 0;
  for (const auto& range : map) bytes += text_of(range).size() + 1;
  if (map.size() > kMostRanges || bytes > kMostBytes) {
    kit::fail(
        "the map of {} ids has {} ranges in {} bytes, and the kernel takes {} "
        "in {}: join some",
        kind.name, map.size(), bytes, kMostRanges, kMostBytes);
  }
  for (auto one = map.begin(); one != map.end(); ++one) {
    for (auto other = map.begin(); other != one; ++other) {
      check_pair(kind, *other, *one);
    }
  }
  const bool has_root = std::any_of(
      map.begin(), map.end(), [](auto& range) { return range.inside == 0; });
  if (!has_root) {
    kit::fail(
        "the map of {} ids has no 0 inside, and the command is to be root: add "
        "a range 0:OUT:COUNT",
        kind.name);
  }
}

// Is `range` the caller's to give?
void check_owner(const IdKind& kind, const IdRange& range) {
  const auto lent = lent_ids(kind);
  if (is_own_id(kind, range) || cover(lent, outside(range))) return;
  const auto text = [](const Row& row) {
    return fmt::format("{}-{}", row.first, row.end() - 1);
  };
  std::string all;
  for (const auto& row : lent) all += " " + text(row);
  const auto wanted = text(outside(range));
  const auto name = login_name();
  kit::fail(
      "the {} ids {} are not ours to give: {} lends {}{} (as root: usermod {} "
      "{} {})",
      kind.name, wanted, kind.lent, name, all.empty() ? " none" : all,
      kind.option, wanted, name);
}

void check_program(const IdKind& kind) {
  try {
    (void)kit::find_program(kind.program);
  } catch (const kit::Exit&) {
    kit::fail(
        "{} is needed for these {} ids and is not in PATH (Debian: install the "
        "package uidmap)",
        kind.program, kind.name);
  }
}

void check_map(const IdKind& kind, const IdMap& map) {
  check_form(kind, map);
  const auto here = ids_here(kind);
  for (const auto& range : map) {
    if (cover(here, outside(range))) continue;
    kit::fail("the {} ids {} do not all exist outside: {} has those that do",
              kind.name, text_of(range), kind.here);
  }
  if (way_to_map(kind, map) == Way::kDirectly) return;
  for (const auto& range : map) check_owner(kind, range);
  check_program(kind);
}

}  // namespace

IdRange parse_id_range(std::string_view text) {
  const auto first = text.find(':');
  const auto second = text.find(':', first + 1);
  if (first == text.npos || second == text.npos) {
    kit::fail("\"{}\" is not of the form IN:OUT:COUNT, like 0:100000:65536",
              text);
  }
  const auto number = [](std::string_view field, std::uint64_t least) {
    return static_cast<std::uint32_t>(kit::parse_number(field, least, kIds));
  };
  const IdRange range{
      .inside = number(text.substr(0, first), 0),
      .outside = number(text.substr(first + 1, second - first - 1), 0),
      .count = number(text.substr(second + 1), 1)};
  if (inside(range).end() > kIds || outside(range).end() > kIds) {
    kit::fail("\"{}\" goes beyond {}, the last id that there is", text,
              kIds - 1);
  }
  return range;
}

IdMaps default_maps() {
  return {.users = {{.outside = kUsers.own()}},
          .groups = {{.outside = kGroups.own()}}};
}

Way way_to_map(const IdKind& kind, const IdMap& map) {
  const bool own = map.size() == 1 && is_own_id(kind, map[0]);
  const bool directly = own || has_capability(kind.capability);
  return directly ? Way::kDirectly : Way::kByProgram;
}

void check_maps(const IdMaps& maps) {
  check_map(kUsers, maps.users);
  check_map(kGroups, maps.groups);
}

bool has_capability(int capability) {
  const cap_t sets = ::cap_get_proc();
  if (sets == nullptr) kit::check(-1, "ask for the capabilities");
  cap_flag_value_t value = CAP_CLEAR;
  (void)::cap_get_flag(sets, capability, CAP_EFFECTIVE, &value);
  ::cap_free(sets);
  return value == CAP_SET;
}

}  // namespace container
