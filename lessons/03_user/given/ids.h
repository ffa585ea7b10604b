// The given part of lesson 03: ranges of ids, and who may map which.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace container {

// `count` ids in a row: `inside` there is `outside` here, and so on.
struct IdRange {
  std::uint32_t inside = 0;
  std::uint32_t outside = 0;
  std::uint32_t count = 1;
};

using IdMap = std::vector<IdRange>;

struct IdMaps {
  IdMap users;
  IdMap groups;
};

// "0:100000:65536", which is INSIDE:OUTSIDE:COUNT. Throws std::runtime_error if
// it is not, or goes beyond the last id that there is.
IdRange parse_id_range(std::string_view text);

// The maps that everybody may have: 0 inside is the caller outside.
IdMaps default_maps();

// What differs between users and groups.
struct IdKind {
  const char* name;        // "user"
  std::uint32_t (*own)();  // The caller's own id.
  int capability;          // With it, a process writes any map.
  const char* here;        // The map of the namespace that the caller is in.
  const char* lent;        // The file that lends further ids to ordinary users.
  const char* program;     // What writes maps with these.
  const char* option;      // Of usermod(8), which adds to that file.
};
extern const IdKind kUsers;
extern const IdKind kGroups;

// How a map can be written.
enum class Way {
  kDirectly,   // It has the caller's own id and no other, or the caller has
               // CAP_SETUID (CAP_SETGID): then it may be any map.
  kByProgram,  // It has ids that /etc/subuid (/etc/subgid) lends to the caller.
};
Way way_to_map(const IdKind& kind, const IdMap& map);

// Throws std::runtime_error, with the reason and a remedy, if the maps are not
// possible: ranges that overlap, no 0 inside, too long, ids that are not the
// caller's to give, or the program that is needed is not there.
void check_maps(const IdMaps& maps);

// Does the caller have this capability, in the user namespace that it is in?
bool has_capability(int capability);

}  // namespace container
