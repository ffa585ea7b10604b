#include "lessons/03_user/given/restrictions.h"

#include <sys/capability.h>

#include <fstream>

#include "lessons/03_user/given/ids.h"
#include "lessons/kit/check.h"

namespace container {
namespace {

// The first word of a small file, or "" if there is none.
std::string word_in(const std::filesystem::path& file) {
  std::ifstream stream(file);
  std::string word;
  stream >> word;
  return word;
}

}  // namespace

std::string restriction(const std::filesystem::path& settings,
                        const Maker& maker) {
  if (word_in(settings / "user/max_user_namespaces") == "0") {
    return "no user namespaces here: user.max_user_namespaces is 0 "
           "(as root: sysctl user.max_user_namespaces=10000)";
  }
  if (maker.is_admin) return "";

  // Debian's kernel has this one.
  if (word_in(settings / "kernel/unprivileged_userns_clone") == "0") {
    return "user namespaces only for root: kernel.unprivileged_userns_clone is "
           "0 (as root: sysctl kernel.unprivileged_userns_clone=1)";
  }
  // Ubuntu's, since 24.04: a namespace can be made, and root in it has no
  // capability. Programs with a profile that says "userns" are not concerned.
  const auto apparmor = "kernel/apparmor_restrict_unprivileged_userns";
  if (word_in(settings / apparmor) == "1" && maker.profile == "unconfined") {
    return "user namespaces without rights: "
           "kernel.apparmor_restrict_unprivileged_userns is 1 (as root: sysctl "
           "kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor "
           "profile for this program with the rule \"userns,\")";
  }
  return "";
}

void check_user_namespaces() {
  const auto why =
      restriction("/proc/sys", {.is_admin = has_capability(CAP_SYS_ADMIN),
                                .profile = word_in("/proc/self/attr/current")});
  if (!why.empty()) kit::fail("{}", why);
}

}  // namespace container
