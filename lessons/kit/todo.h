// What a step that is not yet written throws.

#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace kit {

// Ends the program with status 75 and one line:
//
//   06_cgroups: step 06.1 is yours to write (docs/06_cgroups.md)
//
// With the environment variable KIT_HOLD_AT_TODO, which the judge sets, the
// constructor prints that line at once and then waits until it is killed. So
// the judge can look at what the steps before have made, while it is there.
class Todo : public std::exception {
 public:
  // The chapter has the name of the folder of `file`, where this is written.
  explicit Todo(std::string_view step, const char* file = __builtin_FILE());

  const char* what() const noexcept override { return text_.c_str(); }

 private:
  std::string text_;
};

// While one of these lives, this process does not wait at an unwritten step.
// For those who clean up after something that failed: the judge does not look
// there.
class UnheldTodo {
 public:
  UnheldTodo();
  ~UnheldTodo();
  UnheldTodo(const UnheldTodo&) = delete;
  UnheldTodo& operator=(const UnheldTodo&) = delete;
};

}  // namespace kit
