#include "lessons/kit/keeper.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/todo.h"

namespace kit {
namespace {

// Who: the keeper. Sleeps until the process behind `watched` has ended.
int keep(int watched, const std::function<void()>& clean_up) {
  const UnheldTodo unheld;
  (void)::prctl(PR_SET_NAME, "keeper");
  (void)::setsid();  // Ctrl-C and the terminal's end are not for us.
  (void)::chdir("/");

  // Only the pidfd is needed, and 0 to 2 for whatever clean_up() does.
  const int null =
      check(::open("/dev/null", O_RDWR | O_CLOEXEC), "open /dev/null");
  for (int fd = 0; fd < 3; ++fd) check(::dup2(null, fd), "dup2");
  check(::dup2(watched, 3), "dup2");
  check(::close_range(4, ~0U, 0), "close descriptors");

  pollfd event{3, POLLIN, 0};
  while (event.revents == 0) (void)::poll(&event, 1, -1);
  try {
    clean_up();
  } catch (const std::exception&) {
    return kFailed;  // Nobody is left who could be told why.
  }
  return 0;
}

Child start_keeper(const std::function<void()>& clean_up) {
  const UniqueFd watched = open_pidfd(::getpid());
  return spawn({}, [&] { return keep(watched.get(), clean_up); });
}

}  // namespace

Keeper::Keeper(const std::function<void()>& clean_up)
    : process_(start_keeper(clean_up)) {}

}  // namespace kit
