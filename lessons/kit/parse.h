// Values of options. Each function takes the whole text or throws
// std::runtime_error, which quotes the text and says what is expected: no sign,
// no blanks, nothing behind the number, nothing out of range.

#pragma once

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>

namespace kit {

// "42": a whole number from `min` to `max`.
std::uint64_t parse_number(
    std::string_view text, std::uint64_t min = 0,
    std::uint64_t max = std::numeric_limits<std::int64_t>::max());

// "64m": a number of bytes, at least 1. The suffixes k, m, g and t stand for
// powers of 1024, and may have "b" or "ib" behind them, in any case. "0.5g" is
// 512m; a part of a byte is cut off.
std::uint64_t parse_size(std::string_view text);

// "1.5": a decimal number from `min` to `max`.
double parse_decimal(std::string_view text, double min, double max);

// "0-2,4": the processors 0, 1, 2 and 4, as cpuset(7) writes lists of them.
std::set<unsigned> parse_cpus(std::string_view text);

// "web.1": a letter or digit, then up to 63 more of these, '_', '.' or '-'.
std::string parse_name(std::string_view text);

}  // namespace kit
