// From the kernel's "-1 and errno" to an exception that says what was tried.

#pragma once

#include <fmt/core.h>

#include <cerrno>
#include <concepts>
#include <string>
#include <string_view>
#include <system_error>

namespace kit {

// A failed system call, with advice for the errors that puzzle:
//
//   set cgroup.kill to "1": No such file or directory (needs Linux 5.14)
class SystemError : public std::system_error {
 public:
  SystemError(int error, const std::string& what, std::string_view advice = "");

  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

// Returns `result`, or throws SystemError if a system call failed.
//
//   UniqueFd fd{check(::open(path, O_RDONLY | O_CLOEXEC), "open {}", path)};
//
// The arguments after the call must be plain variables. An expression there
// may run after the call and overwrite errno before check() can read it.
template <std::signed_integral Result, typename... Args>
Result check(Result result, fmt::format_string<const Args&...> what,
             const Args&... args) {
  if (result != -1) return result;

  const int error = errno;  // Save it first: formatting may change errno.
  throw SystemError(error, fmt::format(what, args...));
}

// Throws std::runtime_error: something is wrong that no errno tells.
template <typename... Args>
[[noreturn]] void fail(fmt::format_string<const Args&...> what,
                       const Args&... args) {
  throw std::runtime_error(fmt::format(what, args...));
}

}  // namespace kit
