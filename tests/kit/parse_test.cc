#include "lessons/kit/parse.h"

#include <cstdint>
#include <limits>
#include <stdexcept>

#include "third_party/catch2.h"

namespace {

constexpr auto kMax = std::numeric_limits<std::int64_t>::max();

TEST_CASE("numbers are digits, all of the text, and in range") {
  CHECK(kit::parse_number("0") == 0);
  CHECK(kit::parse_number("42") == 42);
  CHECK(kit::parse_number("9223372036854775807") == kMax);
  CHECK(kit::parse_number("5", 5, 5) == 5);

  for (const auto* text : {"", " ", "-1", "+1", " 1", "1 ", "1x", "x", "0x10",
                           "1.0", "1e3", "--", "9223372036854775808",
                           "18446744073709551616", "99999999999999999999999"}) {
    INFO(text);
    CHECK_THROWS_AS(kit::parse_number(text), std::runtime_error);
  }
  CHECK_THROWS_AS(kit::parse_number("4", 5, 6), std::runtime_error);
  CHECK_THROWS_AS(kit::parse_number("7", 5, 6), std::runtime_error);
}

TEST_CASE("a wrong number is quoted, with the range") {
  CHECK_THROWS_WITH(kit::parse_number("x", 1, 9),
                    "\"x\" is not a whole number from 1 to 9");
}

TEST_CASE("sizes have suffixes that are powers of 1024") {
  CHECK(kit::parse_size("1") == 1);
  CHECK(kit::parse_size("7b") == 7);
  CHECK(kit::parse_size("3k") == 3 * 1024);
  CHECK(kit::parse_size("64m") == 64ULL << 20);
  CHECK(kit::parse_size("64M") == 64ULL << 20);
  CHECK(kit::parse_size("1g") == 1ULL << 30);
  CHECK(kit::parse_size("2T") == 2ULL << 40);
  CHECK(kit::parse_size("8388607t") == 8388607ULL << 40);
  CHECK(kit::parse_size("512mb") == 512ULL << 20);
  CHECK(kit::parse_size("1GiB") == 1ULL << 30);
  CHECK(kit::parse_size("0.5g") == 512ULL << 20);
  CHECK(kit::parse_size("1.5k") == 1536);
  CHECK(kit::parse_size("1.7") == 1);
  CHECK(kit::parse_size("9007199254740993") == 9007199254740993);

  for (const auto* text : {"",
                           "m",
                           "0",
                           "0m",
                           "-1",
                           "-1m",
                           "1q",
                           "1mm",
                           "1 m",
                           "8388608t",
                           "9223372036854775808",
                           "9007199254740992k",
                           "0.5",
                           "1.2.3m",
                           ".",
                           ".m",
                           "1bb",
                           "1ib",
                           "1e3",
                           "9999999999999999999.5",
                           "1mib ",
                           "nan"}) {
    INFO(text);
    CHECK_THROWS_AS(kit::parse_size(text), std::runtime_error);
  }
}

TEST_CASE("decimals are written without sign and exponent") {
  CHECK(kit::parse_decimal("0.5", 0.01, 8) == 0.5);
  CHECK(kit::parse_decimal("8", 0.01, 8) == 8);
  for (const auto* text : {"", "-1", "0", "8.1", "1e0", "nan", "inf", "1.5x",
                           "1,5", "0x1", " 1"}) {
    INFO(text);
    CHECK_THROWS_AS(kit::parse_decimal(text, 0.01, 8), std::runtime_error);
  }
}

TEST_CASE("lists of processors are sets") {
  using Cpus = std::set<unsigned>;
  CHECK(kit::parse_cpus("0") == Cpus{0});
  CHECK(kit::parse_cpus("0-2,4") == Cpus{0, 1, 2, 4});
  CHECK(kit::parse_cpus("3,1,1-1") == Cpus{1, 3});
  for (const auto* text : {"", ",", "0,", ",0", "0-", "-1", "2-1", "0-99999999",
                           "a", "0 1", "0--1", "0-1-2"}) {
    INFO(text);
    CHECK_THROWS_AS(kit::parse_cpus(text), std::runtime_error);
  }
}

TEST_CASE("names cannot lead to another folder") {
  CHECK(kit::parse_name("web.1_a-b") == "web.1_a-b");
  CHECK(kit::parse_name(std::string(64, 'x')).size() == 64);
  for (const std::string text : {"", ".", "..", "../evil", "a/b", ".a", "-a",
                                 "_a", "a b", "a\nb", "\xc3\xa4"}) {
    INFO(text);
    CHECK_THROWS_AS(kit::parse_name(text), std::runtime_error);
  }
  CHECK_THROWS_AS(kit::parse_name(std::string(65, 'x')), std::runtime_error);
  CHECK_THROWS_AS(kit::parse_name({"a\0b", 3}), std::runtime_error);
}

}  // namespace
