#include "lessons/03_user/user.h"

#include <fmt/format.h>
#include <grp.h>
#include <sched.h>
#include <sys/capability.h>
#include <unistd.h>

#include "lessons/kit/check.h"
#include "lessons/kit/file.h"
#include "lessons/kit/program.h"
#include "lessons/kit/spawn.h"
#include "lessons/kit/todo.h"

using kit::check;

namespace container {

void ask_for_users_of_its_own(clone_args& args) {
  // The only kind of namespace that needs no capability.
  args.flags |= CLONE_NEWUSER;
}

void write_map(const std::filesystem::path& file, const IdMap& map) {
  std::string text;
  for (const auto& [inside, outside, count] : map) {
    text += fmt::format("{} {} {}\n", inside, outside, count);
  }
  kit::write_file(file, text);
}

void map_groups(pid_t child, const IdMap& map) {
  const auto proc = std::filesystem::path("/proc") / std::to_string(child);
  // Being in a group can also take rights away (rwx---r-x). Else everybody
  // could leave such a group by becoming root in a namespace of their own.
  if (!has_capability(CAP_SETGID)) kit::write_file(proc / "setgroups", "deny");
  write_map(proc / "gid_map", map);
}

void map_by_program(const std::string& program, pid_t child, const IdMap& map) {
  kit::Command words = {program, std::to_string(child)};
  for (const auto& [inside, outside, count] : map) {
    for (const auto number : {inside, outside, count}) {
      words.push_back(std::to_string(number));
    }
  }
  kit::Child helper = kit::spawn({}, [&]() -> int { kit::exec(words); });
  const int status = helper.wait();
  if (status != 0) kit::fail("{} ended with status {}", program, status);
}

void become_root_inside() {
  if (may_set_groups()) {
    check(::setgroups(0, nullptr), "leave the supplementary groups");
  }
  // With a map of other ids than our own, we are nobody until we change.
  check(::setresgid(0, 0, 0), "become group 0");
  check(::setresuid(0, 0, 0), "become user 0");
}

}  // namespace container
