#include "lessons/kit/todo.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace kit {
namespace {

// Asked at the start: a container's environment is a new one.
const bool holds = std::getenv("KIT_HOLD_AT_TODO") != nullptr;

int unheld = 0;  // How many UnheldTodo there are.

}  // namespace

Todo::Todo(std::string_view step, const char* file) {
  const auto lesson = std::filesystem::path(file).parent_path().filename();
  text_ = fmt::format("step {} is yours to write (docs/{}.md)", step,
                      lesson.string());
  if (unheld > 0 || !holds) return;

  const std::string line =
      fmt::format("{}: {}\n", ::program_invocation_short_name, text_);
  (void)!::write(STDERR_FILENO, line.data(), line.size());
  for (;;) ::pause();
}

UnheldTodo::UnheldTodo() { ++unheld; }
UnheldTodo::~UnheldTodo() { --unheld; }

}  // namespace kit
