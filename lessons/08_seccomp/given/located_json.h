// Given: JSON whose parts know where in the text they stand, for messages.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace container {

// One value of a JSON text. Those that have no place here (true, 1.5) are
// kOther.
struct Json {
  enum class Kind { kNull, kNumber, kText, kList, kObject, kOther };

  std::string name;  // If it is a member of an object.
  Kind kind = Kind::kNull;
  std::string where;         // "profile.json:3:14": line 3, its 14th byte.
  std::uint64_t number = 0;  // A negative one is kOther.
  std::string text;
  std::vector<Json> list;
  std::vector<Json> members;

  // The member of that name, or nullptr: also for one that is null.
  const Json* find(std::string_view wanted) const;
};

// Throws std::runtime_error with the place and the reason if `text` is not JSON
// or if an object has two members of one name.
//
// file: its name, for messages.
Json parse_json(const std::string& file, const std::string& text);

// Throws std::runtime_error with the place of `json` before what is wrong.
[[noreturn]] void refuse(const Json& json, const std::string& why);

}  // namespace container
