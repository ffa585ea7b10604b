// Row 12: keys of the caller, in its session's keyring and in its user's, are
// not for the container: keyrings(7).

#include <fmt/format.h>
#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lessons/kit/check.h"
#include "tests/walls/attempt.h"

namespace {

long keyctl(int what, long first = 0, long second = 0, long third = 0) {
  return ::syscall(SYS_keyctl, what, first, second, third);
}

// A key of the caller's, in one of its keyrings.
class Key {
 public:
  explicit Key(int keyring) : keyring_(keyring) {
    kit::check(keyctl(KEYCTL_JOIN_SESSION_KEYRING), "make a session keyring");
    // Who can find a key from its session's keyring may do anything with it.
    kit::check(
        keyctl(KEYCTL_LINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_SESSION_KEYRING),
        "link a keyring");
    const auto name = judge::random_name();
    serial_ = kit::check(
        ::syscall(SYS_add_key, "user", name.c_str(), "secret", 6, keyring),
        "add a key");
    // We are to read it later on, without that. Others are not.
    constexpr long kPossessorAllUserReads = 0x3f03'0000;
    kit::check(keyctl(KEYCTL_SETPERM, serial_, kPossessorAllUserReads),
               "set what may be done with a key");
    kit::check(
        keyctl(KEYCTL_UNLINK, KEY_SPEC_USER_KEYRING, KEY_SPEC_SESSION_KEYRING),
        "unlink a keyring");
  }
  ~Key() { (void)keyctl(KEYCTL_UNLINK, serial_, keyring_); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;

  // Has the container changed it? Who can do that, can read it.
  bool is_changed_by(const judge::Box& box) const {
    const auto call = [&](const std::string& words) {
      (void)box.ask(fmt::format("call {} {}", SYS_keyctl, words));
    };
    call(fmt::format("{} {} {}", KEYCTL_LINK, KEY_SPEC_USER_KEYRING,
                     KEY_SPEC_SESSION_KEYRING));
    call(fmt::format("{} {} /mine 5", KEYCTL_UPDATE, serial_));
    char text[16] = {};
    kit::check(::syscall(SYS_keyctl, KEYCTL_READ, serial_, text, sizeof text),
               "read a key");
    return std::string(text) != "secret";
  }

 private:
  long serial_ = 0;
  int keyring_ = 0;
};

const walls::Options kUnconfined = {"--security-opt", "seccomp=unconfined"};
const walls::Options kPrivileged = {"--privileged"};

}  // namespace

TEST_CASE("12  held      keys of the caller's user cannot be had") {
  const Key key(KEY_SPEC_USER_KEYRING);
  CHECK_FALSE(key.is_changed_by(walls::start({})));
  CHECK_FALSE(key.is_changed_by(walls::start(kUnconfined)));
  CHECK_FALSE(
      key.is_changed_by(walls::start({"--privileged", "--userns", "auto"})));
}

TEST_CASE("12  control   ... but by --privileged, which is that user") {
  const Key key(KEY_SPEC_USER_KEYRING);
  CHECK(key.is_changed_by(walls::start(kPrivileged)));
}

TEST_CASE("12  held      keys of the caller's session cannot, by nobody") {
  const Key key(KEY_SPEC_SESSION_KEYRING);
  CHECK_FALSE(key.is_changed_by(walls::start(kUnconfined)));
  CHECK_FALSE(key.is_changed_by(walls::start(kPrivileged)));
}

TEST_CASE("12  control   ... where the session's keyring stays, they can") {
  const Key key(KEY_SPEC_SESSION_KEYRING);
  CHECK(key.is_changed_by(
      walls::start(kPrivileged, walls::without("caller_s_keys"))));
}
