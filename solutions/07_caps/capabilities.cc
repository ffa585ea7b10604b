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
  // The kernel says where they end: CAP_LAST_CAP is only the last one that was
  // known when this program was compiled.
  for (int each = 0;; ++each) {
    const int has = ::prctl(PR_CAPBSET_READ, each);
    if (has == -1 && errno == EINVAL) return;
    check(has, "ask for capability {} of the bounding set", each);
    if ((keep & bit(each)) != 0) continue;
    check(::prctl(PR_CAPBSET_DROP, each),
          "take capability {} out of the bounding set", each);
  }
}

void become_user(const User& user) {
  // Else setresuid() would empty the permitted set. Until the next execve().
  check(::prctl(PR_SET_KEEPCAPS, 1), "keep the permitted capabilities");
  // The user last: who is not root any more can change neither.
  check(::setgroups(0, nullptr), "leave the supplementary groups");
  check(::setresgid(user.gid, user.gid, user.gid), "become group {}", user.gid);
  check(::setresuid(user.uid, user.uid, user.uid), "become user {}", user.uid);
}

void set_capabilities(const CapabilitySets& sets) {
  // Version 3 has 64 bits in each set: the lower 32 first, then the upper.
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, /*pid=*/0};
  __user_cap_data_struct halves[2];
  for (int i = 0; i < 2; ++i) {
    halves[i].effective = static_cast<__u32>(sets.effective >> (32 * i));
    halves[i].permitted = static_cast<__u32>(sets.permitted >> (32 * i));
    halves[i].inheritable = static_cast<__u32>(sets.inheritable >> (32 * i));
  }
  check(::capset(&header, halves), "set the capabilities");
}

void raise_ambient(Capabilities capabilities) {
  for (int each = 0; each < 64; ++each) {
    if ((capabilities & bit(each)) == 0) continue;
    check(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, each, 0, 0),
          "add capability {} to the ambient set", each);
  }
}

void forbid_new_privileges() {
  // prctl() takes what is in the registers, and here the kernel wants zeros.
  check(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "forbid new privileges");
}

}  // namespace container
