#include "lessons/kit/step.h"

#include <fmt/core.h>

#include <charconv>

namespace kit {
namespace {

constexpr size_t kLessonDigits = 2;

// Returns what `digits` mean; nothing if they are not digits alone.
std::optional<int> number_of(std::string_view digits) {
  if (digits.empty() || digits.front() == '-') return std::nullopt;
  int value = 0;
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, value);
  if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Step> step_of(std::string_view text) {
  const auto point = text.find('.');
  if (point != kLessonDigits || text.substr(point + 1).starts_with('0')) {
    return std::nullopt;
  }
  const auto lesson = number_of(text.substr(0, point));
  const auto number = number_of(text.substr(point + 1));
  if (!lesson || !number) return std::nullopt;
  return Step{*lesson, *number};
}

std::string to_string(const Step& step) {
  return fmt::format("{:02}.{}", step.lesson, step.number);
}

}  // namespace kit
