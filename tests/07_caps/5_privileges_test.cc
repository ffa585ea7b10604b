// No new privileges, and all together: step 07.5.

#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <csignal>
#include <filesystem>

#include "tests/07_caps/caps.h"

namespace caps {

// ---- 07.5: no new privileges -----------------------------------------------

TEST_CASE("07: there are no new privileges", "[07.5][points:2][bit]") {
  for (const auto& options :
       std::vector<Options>{{}, {"--user", random_id()}}) {
    const auto box = judge::start(options);

    HINT(
        "NoNewPrivs is still 0. ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), and "
        "check() it: with other arguments it is EINVAL.");
    CHECK(box.command().status("NoNewPrivs") == "1");
  }
}

namespace {

// Makes a copy of the probe in the box's root, as root would leave it there,
// and has the command run it. Returns what the kernel says of it then.
std::string status_of_helper(const judge::Box& box,
                             void (*prepare)(const std::string& path)) {
  const auto path = box.root_path() + "/helper";
  std::filesystem::copy_file(judge::guest().probe(), path);
  prepare(path);
  (void)box.get("run /helper");
  const auto children = judge::descendants_of(box.command().pid());
  REQUIRE(children.size() == 1);
  return judge::Process(children.front().pid).file("status");
}

void make_set_user_id(const std::string& path) {
  REQUIRE(::chmod(path.c_str(), 06755) == 0);
}

// As `setcap cap_chown,cap_setuid+ep` does: capabilities(7).
void give_capabilities(const std::string& path) {
  vfs_cap_data data{};
  data.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE;
  data.data[0].permitted = 1U << CAP_CHOWN | 1U << CAP_SETUID;
  REQUIRE(::setxattr(path.c_str(), "security.capability", &data,
                     XATTR_CAPS_SZ_2, 0) == 0);
}

}  // namespace

TEST_CASE("07: a set-user-ID program of root's gains nothing",
          "[07.5][points:2][set-user-ID]") {
  const auto uid = random_id();
  const auto box = judge::start({"--user", uid});
  const auto status = status_of_helper(box, make_set_user_id);

  HINT(
      "A program that belongs to root and has the set-user-ID bit has made the "
      "user root again, with all of the bounding set. no_new_privs is what "
      "prevents that.");
  CHECK(judge::field_in(status, "Uid") == four(uid));
  CHECK(judge::field_in(status, "Gid") == four(uid));
  CHECK(Sets(status).effective == kNone);
}

TEST_CASE("07: a file's capabilities count for nothing",
          "[07.5][points:1][files]") {
  const auto box = judge::start({"--user", random_id()});
  const auto status = status_of_helper(box, give_capabilities);

  HINT(
      "A file with capabilities of its own (setcap) has given them to the "
      "user. no_new_privs is what prevents that.");
  CHECK(Sets(status).permitted == kNone);
  CHECK(Sets(status).effective == kNone);
}

// ---- All together ----------------------------------------------------------

TEST_CASE("07: root's command may do what is left, and no more",
          "[07.5][points:1][root]") {
  const auto before = judge::Host::now();
  {
    const auto box = judge::start({});
    HINT(
        "CAP_CHOWN is one of the fourteen. What root's command has comes from "
        "the bounding set at execve(), but not with SECBIT_NOROOT.");
    CHECK(box.ask("chown /tmp 1") == "ok");
    HINT("CAP_SYS_ADMIN is not one of the fourteen: mounting is for others.");
    CHECK(box.ask("mount tmpfs /tmp") == "error " + std::to_string(EPERM));
    CHECK(box.command().own_namespaces() == std::set<std::string>{"mnt"});
    CHECK(judge::Host::now().mounts == before.mounts);
    const auto status = static_cast<int>(judge::random_number(1, 120));
    CHECK(box.end(status) == judge::exited(status));
  }
  {
    const auto box =
        judge::start({"--cap-drop", "chown", "--cap-add", "sys_admin"});
    CHECK(box.ask("chown /tmp 1") == "error " + std::to_string(EPERM));
    CHECK(box.ask("mount tmpfs /tmp") == "ok");
    box.send_signal(SIGKILL);
    CHECK(box.wait().signal == SIGKILL);
  }
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("07: what runs is the command, with its own status",
          "[07.5][points:1][idle]") {
  const auto missing = "/" + judge::random_name();
  CHECK(judge::run({"--", missing}).ending == judge::exited(127));
  CHECK(judge::run({"--", "/etc"}).ending == judge::exited(126));
  const auto status = std::to_string(judge::random_number(1, 70));
  const auto user =
      judge::run({"--user", random_id(), "--", "sh", "-c", "exit " + status});
  CHECK(user.ending == judge::exited(std::stoi(status)));
}

}  // namespace caps
