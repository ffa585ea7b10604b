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
  // TODO(03.1): clone(2) names a flag for each kind of namespace. This one may
  // be used by everybody.
  throw kit::Todo("03.1");
}

void write_map(const std::filesystem::path& file, const IdMap& map) {
  // TODO(03.2): a line "INSIDE OUTSIDE COUNT\n" for each range (fmt::format()
  // makes it), and kit::write_file() with all lines at once.
  throw kit::Todo("03.2");
}

void map_groups(pid_t child, const IdMap& map) {
  // TODO(03.3): in /proc/CHILD: first "deny" to `setgroups`, if the caller has
  // not has_capability(CAP_SETGID). Then write_map(), to `gid_map`.
  throw kit::Todo("03.3");
}

void map_by_program(const std::string& program, pid_t child, const IdMap& map) {
  // TODO(03.4): put the words of the command line together (a kit::Command).
  // kit::spawn({}, ...) starts a child that has no namespace of its own, and
  // kit::exec() becomes the program there. Then look at what wait() returns:
  // kit::fail() ends with a message.
  throw kit::Todo("03.4");
}

void become_root_inside() {
  // TODO(03.5): ::setgroups() with an empty list if it may_set_groups(), then
  // ::setresgid() and ::setresuid(): the real, effective and saved id, all 0.
  throw kit::Todo("03.5");
}

}  // namespace container
