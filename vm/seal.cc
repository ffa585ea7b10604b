#include "vm/seal.h"

#include <fmt/format.h>
#include <sodium/crypto_verify_32.h>
#include <sodium/utils.h>
#include <sys/random.h>

#include <cstdlib>

namespace lab {
namespace {

using Mac = std::array<unsigned char, crypto_auth_hmacsha256_BYTES>;
constexpr std::size_t kDigits = 2 * crypto_auth_hmacsha256_BYTES;

}  // namespace

SealKey new_seal_key() {
  SealKey key;
  if (::getrandom(key.data(), key.size(), 0) !=
      static_cast<ssize_t>(key.size())) {
    std::abort();
  }
  return key;
}

std::string Seal::seal_of(std::string_view text) {
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  Mac mac;
  ::crypto_auth_hmacsha256_init(&state_, key_.data(), key_.size());
  ::crypto_auth_hmacsha256_update(&state_, bytes, text.size());
  ::crypto_auth_hmacsha256_final(&state_, mac.data());
  char digits[kDigits + 1];
  ::sodium_bin2hex(digits, sizeof digits, mac.data(), mac.size());
  return {digits, kDigits};
}

std::string Seal::line_of(std::string_view text) {
  const auto numbered = fmt::format("{} {}", next_++, text);
  return fmt::format("{} {}\n", seal_of(numbered), numbered);
}

std::optional<std::string> Seal::text_of(std::string_view line) {
  if (line.size() <= kDigits) return std::nullopt;
  const auto numbered = line.substr(kDigits + 1);
  const auto expected = seal_of(numbered);
  if (::sodium_memcmp(expected.data(), line.data(), kDigits) != 0) {
    return std::nullopt;
  }
  const auto number = fmt::format("{} ", next_);
  if (!numbered.starts_with(number)) return std::nullopt;
  ++next_;
  return std::string(numbered.substr(number.size()));
}

}  // namespace lab
