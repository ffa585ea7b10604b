#include "lessons/08_seccomp/given/profile.h"

#include <sys/capability.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>

#include "lessons/08_seccomp/given/located_json.h"
#include "lessons/kit/check.h"

namespace container {
namespace {

using Kind = Json::Kind;

// ---- Parts of a profile, each with its place in the text -------------------

const Json& is(const Json& json, Kind kind, const char* what) {
  if (json.kind != kind) refuse(json, std::string("this is to be ") + what);
  return json;
}

std::string text(const Json& json) {
  return is(json, Kind::kText, "a text").text;
}

std::uint64_t number(const Json& json) {
  return is(json, Kind::kNumber, "a number that is not negative").number;
}

// A list, or nothing: Docker writes null for an empty one.
const std::vector<Json>& list(const Json* json) {
  static const std::vector<Json> none;
  if (json == nullptr || json->kind == Kind::kNull) return none;
  return is(*json, Kind::kList, "a list").list;
}

// Nothing that is not understood is left aside: it may have been important.
void allow_members(const Json& object, std::vector<std::string> names) {
  is(object, Kind::kObject, "an object");
  for (const auto& each : object.members) {
    if (std::find(names.begin(), names.end(), each.name) == names.end()) {
      refuse(each, "unknown: \"" + each.name + "\"");
    }
  }
}

const Json& member(const Json& object, const char* name) {
  const Json* found = object.find(name);
  if (found == nullptr) refuse(object, fmt::format("\"{}\" is missing", name));
  return *found;
}

// ---- Words -----------------------------------------------------------------

Verdict verdict(const Json& json, std::optional<std::uint64_t> error) {
  const std::string name = text(json);
  if (error && *error > 4095) refuse(json, "an errno is at most 4095");
  const auto code = static_cast<std::uint16_t>(error.value_or(EPERM));
  if (name == "SCMP_ACT_ERRNO") return SCMP_ACT_ERRNO(code);
  if (name == "SCMP_ACT_TRACE") return SCMP_ACT_TRACE(code);
  if (error) refuse(json, name + " does not go with an errno");
  if (name == "SCMP_ACT_ALLOW") return SCMP_ACT_ALLOW;
  if (name == "SCMP_ACT_LOG") return SCMP_ACT_LOG;
  if (name == "SCMP_ACT_TRAP") return SCMP_ACT_TRAP;
  if (name == "SCMP_ACT_KILL_PROCESS") return SCMP_ACT_KILL_PROCESS;
  if (name == "SCMP_ACT_KILL" || name == "SCMP_ACT_KILL_THREAD") {
    return SCMP_ACT_KILL_THREAD;
  }
  if (name == "SCMP_ACT_NOTIFY") {
    refuse(json, "SCMP_ACT_NOTIFY needs a process that answers: there is none");
  }
  refuse(json, "unknown action: \"" + name + "\"");
}

// An errno as Podman's profiles have it: "ENOSYS", or "38".
std::uint64_t named_error(const Json& json) {
  const std::string name = text(json);
  for (int error = 1; error < 200; ++error) {
    const char* const known = ::strerrorname_np(error);
    if (known != nullptr && name == known) {
      return static_cast<std::uint64_t>(error);
    }
    if (name == std::to_string(error)) return static_cast<std::uint64_t>(error);
  }
  refuse(json, "unknown errno: \"" + name + "\"");
}

// The error of an entry, by its number or by its name. The same one if by both:
// readers of profiles do not agree which comes first.
std::optional<std::uint64_t> error_in(const Json& object,
                                      const char* number_name,
                                      const char* word_name) {
  const Json* by_number = object.find(number_name);
  const Json* by_name = object.find(word_name);
  std::optional<std::uint64_t> error;
  if (by_number != nullptr && by_number->kind != Kind::kNull) {
    error = number(*by_number);
  }
  const bool has_name = by_name != nullptr && by_name->kind != Kind::kNull;
  if (!has_name || text(*by_name).empty()) return error;
  const auto named = named_error(*by_name);
  if (error && *error != named) {
    refuse(*by_name, fmt::format("\"{}\" is another error than \"{}\"",
                                 word_name, number_name));
  }
  return named;
}

// What the OCI's profiles ask of seccomp(2) itself. SECCOMP_FILTER_FLAG_TSYNC
// is for programs with threads, and before its first exec the command has one.
void allow_flags(const Json& profile) {
  for (const auto& flag : list(profile.find("flags"))) {
    if (text(flag) == "SECCOMP_FILTER_FLAG_TSYNC") continue;
    refuse(flag, text(flag) + " cannot be had: filters are installed without");
  }
}

// The OCI's words for a process that gives verdicts: see SCMP_ACT_NOTIFY.
void allow_no_listener(const Json& profile) {
  for (const auto* name : {"listenerPath", "listenerMetadata"}) {
    const Json* json = profile.find(name);
    if (json == nullptr || json->kind == Kind::kNull || text(*json).empty()) {
      continue;
    }
    refuse(*json, "no process is asked for verdicts: leave it out");
  }
}

scmp_compare comparison(const Json& json) {
  constexpr std::pair<const char*, scmp_compare> kOperators[] = {
      {"SCMP_CMP_NE", SCMP_CMP_NE},
      {"SCMP_CMP_LT", SCMP_CMP_LT},
      {"SCMP_CMP_LE", SCMP_CMP_LE},
      {"SCMP_CMP_EQ", SCMP_CMP_EQ},
      {"SCMP_CMP_GE", SCMP_CMP_GE},
      {"SCMP_CMP_GT", SCMP_CMP_GT},
      {"SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ}};
  for (const auto& [name, op] : kOperators) {
    if (text(json) == name) return op;
  }
  refuse(json, "unknown operator: \"" + text(json) + "\"");
}

// Architectures have Docker's names in archMap, and Go's in includes.
constexpr const char* kThisArchitecture = "SCMP_ARCH_X86_64";
constexpr const char* kThisForGo = "amd64";

// Nothing if libseccomp knows of no such architecture: it may be a newer one.
std::optional<std::uint32_t> architecture(const Json& json) {
  constexpr std::string_view kPrefix = "SCMP_ARCH_";
  const std::string name = text(json);
  if (!name.starts_with(kPrefix)) {
    refuse(json, "unknown architecture: \"" + name + "\"");
  }
  std::string lower = name.substr(kPrefix.size());
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  const auto found = ::seccomp_arch_resolve_name(lower.c_str());
  return found == 0 ? std::nullopt : std::optional(found);
}

std::uint32_t known_architecture(const Json& json) {
  const auto found = architecture(json);
  if (!found) refuse(json, "unknown architecture: \"" + text(json) + "\"");
  return *found;
}

std::uint64_t capability(const Json& json) {
  int found = -1;
  if (::cap_from_name(text(json).c_str(), &found) != 0 || found > 63) {
    refuse(json, "unknown capability: \"" + text(json) + "\"");
  }
  return std::uint64_t{1} << found;
}

std::optional<std::pair<unsigned, unsigned>> parse_version(const char* words) {
  unsigned major = 0;
  unsigned minor = 0;
  if (std::sscanf(words, "%u.%u", &major, &minor) != 2) return {};
  return {{major, minor}};
}

// ---- Includes and excludes -------------------------------------------------

// Each condition that is in `filter`, and whether it holds.
std::vector<bool> conditions_of(const Json& filter, const Place& place) {
  allow_members(filter, {"arches", "caps", "minKernel"});
  std::vector<bool> hold;
  for (const auto& name : list(filter.find("caps"))) {
    hold.push_back((place.capabilities & capability(name)) != 0);
  }
  const auto& arches = list(filter.find("arches"));
  if (!arches.empty()) {
    hold.push_back(
        std::any_of(arches.begin(), arches.end(),
                    [](const Json& name) { return text(name) == kThisForGo; }));
  }
  const Json* kernel = filter.find("minKernel");
  if (kernel != nullptr && kernel->kind != Kind::kNull) {
    const auto least = parse_version(text(*kernel).c_str());
    if (!least) refuse(*kernel, "this is to be a version, like \"4.8\"");
    hold.push_back(place.kernel >= *least);
  }
  return hold;
}

bool is_for(const Json& entry, const Place& place) {
  const auto has = [&](const char* name, bool what) {
    const Json* filter = entry.find(name);
    if (filter == nullptr || filter->kind == Kind::kNull) return false;
    const auto hold = conditions_of(*filter, place);
    return std::find(hold.begin(), hold.end(), what) != hold.end();
  };
  // All that it includes must hold, and nothing that it excludes.
  const bool lacks_something = has("includes", false);
  const bool is_excluded = has("excludes", true);
  return !lacks_something && !is_excluded;
}

// ---- Rules -----------------------------------------------------------------

scmp_arg_cmp condition(const Json& json) {
  allow_members(json, {"index", "value", "valueTwo", "op"});
  const Json& index = member(json, "index");
  if (number(index) > 5) refuse(index, "arguments are 0 to 5");
  const Json* two = json.find("valueTwo");
  scmp_arg_cmp result{};
  result.arg = static_cast<unsigned>(number(index));
  result.op = comparison(member(json, "op"));
  result.datum_a = number(member(json, "value"));
  result.datum_b = two == nullptr ? 0 : number(*two);
  return result;
}

std::vector<std::string> call_names(const Json& entry) {
  const Json* one = entry.find("name");
  const Json* many = entry.find("names");
  const bool has_one = one != nullptr && !text(*one).empty();
  if (has_one && !list(many).empty()) {
    refuse(*one, "\"name\" does not go with \"names\"");
  }
  if (has_one) return {text(*one)};
  std::vector<std::string> names;
  for (const auto& name : list(many)) names.push_back(text(name));
  if (names.empty()) refuse(entry, "\"names\" is missing");
  return names;
}

// Conditions for different arguments must all hold. Where one argument has two,
// Docker takes each condition for a rule of its own, and so do we.
std::vector<std::vector<scmp_arg_cmp>> alternatives(const Json& entry) {
  std::vector<scmp_arg_cmp> all;
  unsigned seen = 0;
  bool has_twice = false;
  for (const auto& json : list(entry.find("args"))) {
    all.push_back(condition(json));
    has_twice = has_twice || (seen >> all.back().arg & 1U) != 0;
    seen |= 1U << all.back().arg;
  }
  if (!has_twice) return {all};
  std::vector<std::vector<scmp_arg_cmp>> each;
  for (const auto& one : all) each.push_back({one});
  return each;
}

bool same(const Rule& a, const Rule& b) {
  const auto equal = [](const scmp_arg_cmp& x, const scmp_arg_cmp& y) {
    return x.arg == y.arg && x.op == y.op && x.datum_a == y.datum_a &&
           x.datum_b == y.datum_b;
  };
  return a.call == b.call && a.verdict == b.verdict &&
         std::equal(a.conditions.begin(), a.conditions.end(),
                    b.conditions.begin(), b.conditions.end(), equal);
}

void add_rules(const Json& entry, const Place& place, Policy& policy) {
  allow_members(entry, {"names", "name", "action", "errnoRet", "errno", "args",
                        "comment", "includes", "excludes"});
  const Verdict what =
      verdict(member(entry, "action"), error_in(entry, "errnoRet", "errno"));
  const auto conditions = alternatives(entry);
  const auto names = call_names(entry);
  if (!is_for(entry, place)) return;
  for (const auto& name : names) {
    for (const auto& all : conditions) {
      Rule rule{name, what, all};
      const bool is_there =
          std::any_of(policy.rules.begin(), policy.rules.end(),
                      [&](const Rule& other) { return same(rule, other); });
      if (!is_there) policy.rules.push_back(std::move(rule));
    }
  }
}

std::vector<std::uint32_t> architectures(const Json& profile) {
  const auto& plain = list(profile.find("architectures"));
  const auto& map = list(profile.find("archMap"));
  if (!plain.empty() && !map.empty()) {
    refuse(*profile.find("architectures"),
           "\"architectures\" does not go with \"archMap\"");
  }
  std::vector<std::uint32_t> result;
  for (const auto& name : plain) result.push_back(known_architecture(name));
  for (const auto& entry : map) {
    allow_members(entry, {"architecture", "subArchitectures"});
    const Json& name = member(entry, "architecture");
    (void)architecture(name);  // Is it one?
    const auto& others = list(entry.find("subArchitectures"));
    for (const auto& other : others) (void)architecture(other);
    if (text(name) != kThisArchitecture) continue;
    result.push_back(known_architecture(name));
    for (const auto& other : others)
      result.push_back(known_architecture(other));
  }
  return result;
}

}  // namespace

Place here(std::uint64_t capabilities) {
  utsname names{};
  kit::check(::uname(&names), "ask for the kernel's version");
  return {capabilities,
          parse_version(names.release).value_or(std::pair{0U, 0U})};
}

Policy read_profile(const std::string& file, const std::string& profile,
                    const Place& place) {
  const Json json = parse_json(file, profile);
  allow_members(json, {"defaultAction", "defaultErrnoRet", "defaultErrno",
                       "archMap", "architectures", "syscalls", "flags",
                       "listenerPath", "listenerMetadata", "comment"});
  allow_flags(json);
  allow_no_listener(json);
  Policy policy;
  policy.otherwise = verdict(member(json, "defaultAction"),
                             error_in(json, "defaultErrnoRet", "defaultErrno"));
  policy.architectures = architectures(json);
  for (const auto& entry : list(json.find("syscalls"))) {
    add_rules(entry, place, policy);
  }
  return policy;
}

}  // namespace container
