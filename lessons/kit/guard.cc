#include "lessons/kit/guard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string_view>

#include "lessons/kit/check.h"
#include "lessons/kit/todo.h"

namespace kit {
namespace {

void open_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free number is taken: the one that was found closed. It is
    // inherited, as standard descriptors are.
    // NOLINTNEXTLINE(android-cloexec-open)
    check(::open("/dev/null", O_RDWR), "open /dev/null");
  }
}

// Has a process of this program had its line already? All of them share this
// byte: those that come from the first one, until they call execve().
std::atomic<bool>* has_spoken() {
  static void* const memory =
      ::mmap(nullptr, sizeof(std::atomic<bool>), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  // Without it, two lines are better than none.
  return memory == MAP_FAILED ? nullptr
                              : static_cast<std::atomic<bool>*>(memory);
}

// One line, whatever is in it: a file's name may hold what moves the cursor,
// and the "\r" of a script from elsewhere is to be seen.
std::string printable(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += ' ';
    } else if (c == '\r') {
      result += "\\r";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      result += c;
    }
  }
  return result;
}

int end(int status, const std::string& what) {
  if (auto* spoken = has_spoken();
      spoken != nullptr && spoken->exchange(true)) {
    return status;
  }
  const std::string line =
      fmt::format("{}: {}\n", ::program_invocation_short_name, printable(what));
  // If standard error cannot be written to, the status has to say it all.
  (void)!::write(STDERR_FILENO, line.data(), line.size());
  return status;
}

int print(const std::string& text) {
  const auto size = static_cast<ssize_t>(text.size());
  if (::write(STDOUT_FILENO, text.data(), text.size()) == size) return 0;
  return end(kFailed, "write to standard output");
}

}  // namespace

int guard(const std::function<int()>& body) {
  (void)has_spoken();  // Made now, before there are children to share it with.
  try {
    open_standard_descriptors();
    return body();
  } catch (const Todo& todo) {
    return end(kUnwritten, todo.what());
  } catch (const Exit& exit) {
    if (exit.status() == 0) return print(exit.what());
    return end(exit.status(), exit.what());
  } catch (const std::exception& error) {
    return end(kFailed, error.what());
  }
}

}  // namespace kit
