#include "lessons/kit/archive.h"

#include <charconv>

#include "lessons/kit/check.h"

namespace kit {
namespace {

// "070701", then 13 fields of 8 hexadecimal digits. Those that are read here:
constexpr std::string_view kMagic = "070701";
constexpr size_t kHeaderSize = 110;
constexpr size_t kMode = 1;
constexpr size_t kChanged = 5;
constexpr size_t kContentSize = 6;
constexpr size_t kNameSize = 11;

[[noreturn]] void damaged() { fail("the archive is damaged"); }

size_t field(std::string_view header, size_t index) {
  const auto digits = header.substr(kMagic.size() + 8 * index, 8);
  size_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto result = std::from_chars(digits.data(), end, value, 16);
  if (result.ec != std::errc{} || result.ptr != end) damaged();
  return value;
}

// Name and content are filled up with zeros, so that each begins at a multiple
// of four.
size_t round_up(size_t size) { return (size + 3) & ~size_t{3}; }

}  // namespace

bool Archive::next(ArchiveEntry& entry) {
  if (rest_.size() < kHeaderSize || !rest_.starts_with(kMagic)) damaged();
  const size_t name_size = field(rest_, kNameSize);  // With a '\0'.
  const size_t content_at = round_up(kHeaderSize + name_size);
  const size_t content_size = field(rest_, kContentSize);
  const size_t size = round_up(content_at + content_size);
  if (name_size == 0 || size > rest_.size()) damaged();

  const auto name = rest_.substr(kHeaderSize, name_size - 1);
  if (name == "TRAILER!!!") return false;
  entry = {name, static_cast<mode_t>(field(rest_, kMode)),
           static_cast<time_t>(field(rest_, kChanged)),
           rest_.substr(content_at, content_size)};
  rest_.remove_prefix(size);
  return true;
}

}  // namespace kit
