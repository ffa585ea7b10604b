// A step of an exercise, as everybody names it: "06.3".

#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace kit {

struct Step {
  int lesson = 0;
  int number = 0;

  // In the order in which they are written: 06.10 comes after 06.9.
  // clang-tidy 14 takes the zero that the compiler puts in for a pointer.
  auto operator<=>(const Step&) const = default;  // NOLINT
};

// Returns the step that `text` names: two digits, a point, and a number from 1
// on that does not begin with a zero. Nothing if it is anything else.
std::optional<Step> step_of(std::string_view text);

// Returns "06.3".
std::string to_string(const Step& step);

}  // namespace kit
