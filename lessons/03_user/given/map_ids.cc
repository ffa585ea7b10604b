#include <fmt/format.h>

#include "lessons/03_user/user.h"
#include "lessons/kit/file.h"

namespace container {

void map_ids(pid_t child, const IdMaps& maps) {
  if (way_to_map(kUsers, maps.users) == Way::kDirectly) {
    write_map(fmt::format("/proc/{}/uid_map", child), maps.users);
  } else {
    map_by_program(kUsers.program, child, maps.users);
  }
  if (way_to_map(kGroups, maps.groups) == Way::kDirectly) {
    map_groups(child, maps.groups);
  } else {
    map_by_program(kGroups.program, child, maps.groups);
  }
}

bool may_set_groups() {
  return kit::read_file("/proc/self/setgroups") == "allow\n";
}

}  // namespace container
