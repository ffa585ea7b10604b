// How the host knows that an event comes from the judge, and that it is the
// next one.
//
// The host makes a key for each judge and sends it before anything that
// is judged has run. An event travels as one line,
//
//   SEAL NUMBER TEXT
//
// where NUMBER counts from 0 and SEAL is the HMAC-SHA256 (RFC 2104) of all that
// follows it. So an event cannot be made up, changed, left out, repeated or
// moved by anybody who does not have the key, whatever they read of other
// events.

#pragma once

#include <sodium/crypto_auth_hmacsha256.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lab {

using SealKey = std::array<unsigned char, crypto_auth_hmacsha256_KEYBYTES>;

// A key that nobody can guess.
SealKey new_seal_key();

// One end of the channel: it makes the seals, or checks them.
class Seal {
 public:
  explicit Seal(const SealKey& key) : key_(key) {}

  // The next event as a line, its end included.
  std::string line_of(std::string_view text);

  // The text of a line, without its end; nothing if that is not the next event.
  std::optional<std::string> text_of(std::string_view line);

 private:
  std::string seal_of(std::string_view text);

  SealKey key_;
  // A member, so that what is computed with the key stays where the key is.
  crypto_auth_hmacsha256_state state_{};
  std::uint64_t next_ = 0;
};

}  // namespace lab
