#include "lessons/kit/parse.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <system_error>

#include "lessons/kit/check.h"

namespace kit {
namespace {

// The kernel's own limit is lower on every machine; this one bounds the loop.
constexpr std::uint64_t kMaxCpu = 8191;

// True if all of `text` is a number, which then is in `value`.
template <typename Number, typename... Format>
bool read_all(std::string_view text, Number& value, Format... format) {
  // from_chars() takes a '-' for some types; no value here is negative.
  if (text.starts_with('-')) return false;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value, format...);
  return result.ec == std::errc{} && result.ptr == end;
}

// "k", "kb" or "KiB" -> 10: the suffix means 2 to the power of that. -1: not a
// suffix.
int power_of(std::string_view suffix) {
  constexpr std::string_view kLetters = "kmgt";
  std::string lower(suffix);
  for (char& c : lower) c |= 0x20;
  if (lower.empty() || lower == "b") return 0;
  const auto at = kLetters.find(lower[0]);
  const auto rest = std::string_view(lower).substr(1);
  const bool is_one =
      at != kLetters.npos && (rest.empty() || rest == "b" || rest == "ib");
  return is_one ? static_cast<int>(10 * (at + 1)) : -1;
}

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
         (c >= 'A' && c <= 'Z');
}

}  // namespace

std::uint64_t parse_number(std::string_view text, std::uint64_t min,
                           std::uint64_t max) {
  std::uint64_t value = 0;
  if (!read_all(text, value) || value < min || value > max) {
    fail("\"{}\" is not a whole number from {} to {}", text, min, max);
  }
  return value;
}

std::uint64_t parse_size(std::string_view text) {
  const std::uint64_t max = std::numeric_limits<std::int64_t>::max();
  const auto wrong = [&]() {
    fail("\"{}\" is not a size: 1 to {}, or like 512k, 0.5g, 64mb, 1GiB", text,
         max);
  };
  const auto end = std::min(text.find_first_not_of("0123456789."), text.size());
  const int power = power_of(text.substr(end));
  double value = 0;
  const bool is_number =
      read_all(text.substr(0, end), value, std::chars_format::fixed);
  if (power == -1 || !is_number) wrong();
  // A whole number is exact; a double is only up to 2^53.
  std::uint64_t whole = 0;
  if (read_all(text.substr(0, end), whole)) {
    if (whole == 0 || whole > (max >> power)) wrong();
    return whole << power;
  }
  const double bytes = std::ldexp(value, power);
  if (!(bytes >= 1 && bytes < std::ldexp(1, 63))) wrong();
  return static_cast<std::uint64_t>(bytes);
}

double parse_decimal(std::string_view text, double min, double max) {
  double value = 0;
  const bool is_number = read_all(text, value, std::chars_format::fixed);
  // Written so that "nan", which is a number to from_chars(), does not pass.
  if (!is_number || !(value >= min && value <= max)) {
    fail("\"{}\" is not a number from {} to {}", text, min, max);
  }
  return value;
}

std::set<unsigned> parse_cpus(std::string_view text) {
  std::set<unsigned> cpus;
  for (std::string_view rest = text;;) {
    const std::string_view item = rest.substr(0, rest.find(','));
    const auto dash = item.find('-');
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    const bool good =
        read_all(item.substr(0, dash), first) &&
        read_all(dash == item.npos ? item : item.substr(dash + 1), last) &&
        first <= last && last <= kMaxCpu;
    if (!good) fail("\"{}\" is not a list of processors, like 0-2,4", text);
    for (auto cpu = first; cpu <= last; ++cpu) {
      cpus.insert(static_cast<unsigned>(cpu));
    }
    if (item.size() == rest.size()) return cpus;
    rest.remove_prefix(item.size() + 1);
  }
}

std::string parse_name(std::string_view text) {
  bool good = !text.empty() && text.size() <= 64 && is_alphanumeric(text[0]);
  for (const char c : text) {
    good = good && (is_alphanumeric(c) || c == '_' || c == '.' || c == '-');
  }
  if (!good) {
    fail(
        "\"{}\" is not a name: 1 to 64 letters, digits, '_', '.' or '-', a "
        "letter or digit first",
        text);
  }
  return std::string(text);
}

}  // namespace kit
