#include "lessons/07_caps/capabilities.h"

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>

#include "lessons/kit/check.h"
#include "lessons/kit/todo.h"

using kit::check;

namespace container {

void limit_bounding_set(Capabilities keep) {
  // TODO(07.1): ::prctl(PR_CAPBSET_DROP, number) takes one out. Begin with 0,
  // and go on as long as ::prctl(PR_CAPBSET_READ, number) does not return -1.
  throw kit::Todo("07.1");
}

void become_user(const User& user) {
  // TODO(07.2): ::setgroups(), ::setresgid() and ::setresuid(): in which order,
  // so that each is still allowed? And capabilities(7) tells of PR_SET_KEEPCAPS
  // under "Effect of user ID changes on capabilities".
  throw kit::Todo("07.2");
}

void set_capabilities(const CapabilitySets& sets) {
  // TODO(07.3): ::capset() takes a __user_cap_header_struct, with
  // _LINUX_CAPABILITY_VERSION_3 and the process 0 (this one), and an array of
  // two __user_cap_data_struct: the lower 32 bits of each set, and the upper.
  throw kit::Todo("07.3");
}

void raise_ambient(Capabilities capabilities) {
  // TODO(07.4): ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) for
  // each of them. The numbers are 0 to 63.
  throw kit::Todo("07.4");
}

void forbid_new_privileges() {
  // TODO(07.5): ::prctl() again, and five arguments again: prctl(2) says what
  // PR_SET_NO_NEW_PRIVS wants them to be.
  throw kit::Todo("07.5");
}

}  // namespace container
