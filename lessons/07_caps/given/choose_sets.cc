// The given part of lesson 07: from names on the command line to the five sets.
// The steps are in capabilities.cc.

#include <sys/prctl.h>

#include <algorithm>
#include <cerrno>

#include "lessons/07_caps/capabilities.h"
#include "lessons/kit/check.h"
#include "lessons/kit/parse.h"

namespace container {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// The capabilities of a list, and whether ALL is one of its words.
struct List {
  Capabilities named = 0;
  bool all = false;
};

List read_list(const std::vector<Capabilities>& words) {
  List list;
  for (const auto word : words) {
    if (word == all_capabilities()) {
      list.all = true;
    } else {
      list.named |= word;
    }
  }
  return list;
}

std::string name_of(Capabilities capabilities) {
  for (int each = 0; each < 64; ++each) {
    if ((capabilities & bit(each)) == 0) continue;
    char* name = ::cap_to_name(each);
    const std::string text = lower_case(name);
    ::cap_free(name);
    return text;
  }
  return "";
}

}  // namespace

Capabilities all_capabilities() {
  Capabilities all = 0;
  for (int each = 0; each < 64; ++each) {
    const int has = ::prctl(PR_CAPBSET_READ, each);
    if (has == -1 && errno == EINVAL) break;  // The kernel knows no more.
    kit::check(has, "ask for capability {}", each);
    all |= bit(each);
  }
  return all;
}

Capabilities parse_capability(std::string_view name) {
  std::string lower = lower_case(name);
  if (lower == "all") return all_capabilities();
  if (!lower.starts_with("cap_")) lower = "cap_" + lower;
  int number = -1;
  // cap_from_name() takes numbers, too; here, a name is a name.
  const bool known = std::all_of(lower.begin(), lower.end(), is_letter) &&
                     ::cap_from_name(lower.c_str(), &number) == 0 &&
                     number < 64 && (all_capabilities() & bit(number)) != 0;
  if (!known) {
    kit::fail("\"{}\" is not a capability: capabilities(7) has their names",
              name);
  }
  return bit(number);
}

User parse_user(std::string_view text) {
  // All ones means "leave it as it is" to setresuid(2).
  constexpr std::uint64_t kMax = 0xfffffffe;
  const auto colon = text.find(':');
  const auto uid = kit::parse_number(text.substr(0, colon), 0, kMax);
  const auto gid = colon == text.npos
                       ? uid
                       : kit::parse_number(text.substr(colon + 1), 0, kMax);
  return {static_cast<uid_t>(uid), static_cast<gid_t>(gid)};
}

CapabilitySets choose_sets(const Changes& changes, const User& user) {
  const List dropped = read_list(changes.dropped);
  const List added = read_list(changes.added);
  if (const Capabilities both = dropped.named & added.named; both != 0) {
    kit::fail("{} is both added and dropped", name_of(both));
  }
  if (dropped.all && added.all) kit::fail("ALL is both added and dropped");

  Capabilities kept = kDockerDefault;
  if (added.all) kept = all_capabilities();
  if (dropped.all) kept = 0;
  kept = (kept & ~dropped.named) | added.named;

  CapabilitySets sets;
  sets.bounding = kept;
  if (user.uid == 0) {
    sets.permitted = kept;
  } else {
    sets.permitted = added.all ? kept : added.named;
    sets.inheritable = sets.permitted;
    sets.ambient = sets.permitted;
  }
  sets.effective = sets.permitted;
  return sets;
}

}  // namespace container
