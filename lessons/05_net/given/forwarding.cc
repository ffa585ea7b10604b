#include "lessons/05_net/given/forwarding.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "lessons/05_net/given/netlink.h"
#include "lessons/kit/check.h"
#include "lessons/kit/file.h"
#include "lessons/kit/run_folder.h"

using kit::check;
using kit::UniqueFd;

namespace container {
namespace {

constexpr char kForward[] = "/proc/sys/net/ipv4/ip_forward";

// The lock of fcntl(2) belongs to a process. That of flock(2) would be shared
// with every child that has the descriptor, and outlive us with it.
bool try_lock(const UniqueFd& fd, short kind) {
  struct flock whole {};
  whole.l_type = kind;
  if (::fcntl(fd.get(), F_SETLK, &whole) == 0) return true;
  if (errno != EAGAIN && errno != EACCES) check(-1, "lock a file");
  return false;
}

// Says what forwarding was before the first process that needs it. Locked by
// each of them for reading; who can lock it for writing is alone.
std::string state_file() { return kit::run_folder() / "ip_forward"; }

// Returns what forwarding was before the first of those who need it now.
std::string forwarding_before() {
  const std::string file = state_file();
  const UniqueFd fd{check(
      ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600),
      "open {}", file)};
  const std::string text = kit::read_file(file);
  // If there is something in it, others need it, or all of them were killed,
  // and their keepers, too.
  if (text.empty()) return kit::read_file(kForward);
  if (text.find_first_not_of("0123456789\n") == text.npos) return text;
  kit::fail(
      "{} does not say what ip_forward was: set that, and remove the file",
      file);
}

void set_forwarding(const std::string& value) {
  // Writing it sets more than this, so not without need.
  if (kit::read_file(kForward) != value) kit::write_file(kForward, value);
}

// Of the processes that need it, is there one left? If not, undo it.
void restore_if_last(const UniqueFd& state, const std::string& before) {
  if (!try_lock(state, F_WRLCK)) return;
  const std::string file = state_file();
  struct stat ours {};
  check(::fstat(state.get(), &ours), "look at {}", file);
  const bool is_there = std::filesystem::exists(file);
  if (ours.st_nlink == 0 && is_there) {
    // The new one is of processes that know nothing of us.
    kit::fail("{} was removed while in use: ip_forward is not restored", file);
  }
  set_forwarding(before);
  if (is_there) check(::unlink(file.c_str()), "remove {}", file);
}

// In the keeper: the program was killed.
void restore_after_kill(const std::string& before) {
  const UniqueFd alone = kit::lock("forwarding");
  const std::string file = state_file();
  const UniqueFd state{::open(file.c_str(), O_RDWR | O_CLOEXEC)};
  if (!state && errno == ENOENT) return;  // Somebody else has restored it.
  check(state.get(), "open {}", file);
  restore_if_last(state, before);
}

void remove_link(const std::string& name) {
  try {
    Netlink host(NETLINK_ROUTE);
    ifinfomsg link{};
    link.ifi_index = link_index(host, name);
    Message message(RTM_DELLINK);
    message.put(link);
    host.request(message, "remove the link " + name);
  } catch (const std::system_error& error) {
    const bool is_gone = error.code().value() == ENODEV;  // By itself.
    if (!is_gone) throw;
  }
}

// Carries out both, also if one fails. Then throws the first error.
void do_both(const std::function<void()>& one,
             const std::function<void()>& other) {
  try {
    one();
  } catch (...) {
    try {
      other();
    } catch (const std::exception&) {
      // One line is enough to say that something is left.
    }
    throw;
  }
  other();
}

}  // namespace

Forwarding::Forwarding(const std::string& link) : link_(link) {
  const UniqueFd alone = kit::lock("forwarding");
  before_ = forwarding_before();
  keeper_.emplace([link, before = before_] {
    do_both([&] { remove_link(link); }, [&] { restore_after_kill(before); });
  });
  keeper_->wait_until_ready();
  const std::string file = state_file();
  kit::write_file(file, before_);
  state_.reset(check(::open(file.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC),
                     "open {}", file));
  if (!try_lock(state_, F_RDLCK)) kit::fail("lock {}", file);
  try {
    set_forwarding("1\n");
  } catch (const std::exception&) {
    restore_if_last(state_, before_);
    throw;
  }
}

Forwarding::~Forwarding() {
  try {
    end();
  } catch (const std::exception&) {
    // Something else has gone wrong before, and that is told.
  }
}

void Forwarding::end() {
  const UniqueFd state = std::move(state_);
  if (!state) return;
  do_both([&] { remove_link(link_); },
          [&] {
            const UniqueFd alone = kit::lock("forwarding");
            restore_if_last(state, before_);
          });
}

}  // namespace container
