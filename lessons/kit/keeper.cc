#include "lessons/kit/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lessons/kit/check.h"
#include "lessons/kit/descriptors.h"
#include "lessons/kit/todo.h"

namespace kit {
namespace {

// Who: the keeper. Sleeps until the process behind `watched` has ended.
int keep(int watched, Ready& ready, const std::function<void()>& clean_up) {
  const UnheldTodo unheld;
  check(::prctl(PR_SET_NAME, "keeper"), "name the keeper");
  check(::setsid(), "start a session");  // Ctrl-C is not for us.
  check(::chdir("/"), "leave the working directory");

  // Only the pidfd is needed, and 0 to 2 for whatever clean_up() does.
  const int null =
      check(::open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null");
  for (int fd = 0; fd < 3; ++fd) check(::dup2(null, fd), "open /dev/null");
  keep_only({0, 1, 2, watched, ready.fd()});
  ready();

  pollfd event{watched, POLLIN, 0};
  while (event.revents == 0) (void)::poll(&event, 1, -1);
  clean_up();
  return 0;
}

Helper start_keeper(const std::function<void()>& clean_up) {
  const UniqueFd watched = open_pidfd(::getpid());
  return start_helper(
      [&](Ready& ready) { return keep(watched.get(), ready, clean_up); });
}

}  // namespace

Keeper::Keeper(const std::function<void()>& clean_up)
    : helper_(start_keeper(clean_up)) {}

void Keeper::wait_until_ready() { kit::wait_until_ready(helper_); }

}  // namespace kit
