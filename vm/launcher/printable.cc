#include "vm/launcher/printable.h"

#include <cstdint>

namespace lab {
namespace {

struct Character {
  std::size_t size = 0;  // In bytes; 0 if there is none in UTF-8.
  std::uint32_t code = 0;
};

// The character that a text begins with: RFC 3629.
Character first_of(std::string_view text) {
  const auto byte = [&](std::size_t at) {
    return static_cast<unsigned char>(text[at]);
  };
  if (byte(0) < 0x80) return {1, byte(0)};

  const std::size_t size = byte(0) >= 0xf0   ? 4
                           : byte(0) >= 0xe0 ? 3
                           : byte(0) >= 0xc0 ? 2
                                             : 0;
  if (size == 0 || byte(0) > 0xf4 || text.size() < size) return {};
  std::uint32_t code = byte(0) & (0x7fU >> size);
  for (std::size_t each = 1; each < size; ++each) {
    if ((byte(each) & 0xc0) != 0x80) return {};
    code = code << 6 | (byte(each) & 0x3fU);
  }
  // Each character has one form only, the shortest.
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < kLeast[size] || code > 0x10ffff) return {};
  return {size, code};
}

bool is_printable(std::uint32_t code) {
  if (code == '\n' || code == '\t') return true;
  if (code < 0x20 || (0x7f <= code && code < 0xa0)) return false;
  if (0xd800 <= code && code < 0xe000) return false;
  return (code & 0xfffe) != 0xfffe && !(0xfdd0 <= code && code < 0xfdf0);
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const auto [size, code] = first_of(text);
    if (size > 0 && is_printable(code)) {
      result += text.substr(0, size);
    } else {
      result += '?';
    }
    text.remove_prefix(size > 0 ? size : 1);
  }
  return result;
}

}  // namespace lab
