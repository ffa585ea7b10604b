#include "lessons/08_seccomp/given/located_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_set>

#include "lessons/kit/check.h"

namespace container {
namespace {

// Deeper than any profile, and no danger for the stack.
constexpr std::size_t kDeepest = 32;

// Builds the tree from what the parser tells. The parser tells of a value or a
// name once it has read its last byte; of a number, also the byte after it.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(const std::string& file, const std::string& text)
      : file_(file), text_(text), unread_(text) {}

  Json build() {
    (void)nlohmann::json::sax_parse(unread_, this);
    return std::move(root_.list.front());
  }

  bool null() override { return put(Json::Kind::kNull); }
  bool boolean(bool) override { return put(Json::Kind::kOther); }
  bool number_integer(std::int64_t) override { return put(Json::Kind::kOther); }
  bool number_unsigned(std::uint64_t value) override {
    add(Json::Kind::kNumber).number = value;
    return true;
  }
  bool number_float(double, const std::string&) override {
    return put(Json::Kind::kOther);
  }
  bool string(std::string& value) override {
    add(Json::Kind::kText).text = value;
    return true;
  }
  bool binary(nlohmann::json::binary_t&) override { return false; }

  bool key(std::string& name) override {
    const std::string where = next_place();
    if (!names_.back().insert(name).second) {
      kit::fail("{}: \"{}\" is there twice", where, name);
    }
    key_ = name;
    return true;
  }
  bool start_object(std::size_t) override { return open(Json::Kind::kObject); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Json::Kind::kList); }
  bool end_array() override { return close(); }

  // read: how many bytes have been, the wrong one included.
  bool parse_error(std::size_t read, const std::string& token,
                   const nlohmann::json::exception&) override {
    const auto where = place(std::max<std::size_t>(read, 1) - 1);
    if (read > text_.size()) kit::fail("{}: the text ends too early", where);
    kit::fail("{}: this is not JSON, at the end of: {}", where, token);
  }

 private:
  // Lines are counted as the parser goes on: it never asks for an earlier
  // place.
  std::string place(std::size_t offset) {
    const auto passed =
        std::string_view(text_).substr(counted_, offset - counted_);
    line_ += std::count(passed.begin(), passed.end(), '\n');
    const auto last = passed.rfind('\n');
    if (last != passed.npos) line_begin_ = counted_ + last + 1;
    counted_ = offset;
    return fmt::format("{}:{}:{}", file_, line_, offset - line_begin_ + 1);
  }

  // Where the value or name begins that the parser has just read. Between the
  // one before and this one stand only bytes that cannot begin either.
  std::string next_place() {
    constexpr const char* kBetween = " \t\r\n,:]}\xef\xbb\xbf";
    const auto begin = text_.find_first_not_of(kBetween, end_);
    end_ = text_.size() - static_cast<std::size_t>(unread_.rdbuf()->in_avail());
    return place(begin);
  }

  Json& add(Json::Kind kind) {
    Json& outer = *open_.back();
    const bool is_object = outer.kind == Json::Kind::kObject;
    Json& json = (is_object ? outer.members : outer.list).emplace_back();
    if (is_object) json.name = key_;
    json.kind = kind;
    json.where = next_place();
    return json;
  }

  bool put(Json::Kind kind) {
    add(kind);
    return true;
  }

  bool open(Json::Kind kind) {
    Json& json = add(kind);
    if (open_.size() > kDeepest) refuse(json, "this is nested too deep");
    open_.push_back(&json);
    names_.emplace_back();
    return true;
  }

  bool close() {
    open_.pop_back();
    names_.pop_back();
    return true;
  }

  const std::string& file_;
  const std::string& text_;
  std::istringstream unread_;
  std::size_t end_ = 0;  // Of the value or name before, or one byte later.
  std::size_t counted_ = 0, line_begin_ = 0;  // Up to where lines are counted.
  std::ptrdiff_t line_ = 1;
  Json root_;  // A list of one value: that of the whole text.
  std::vector<Json*> open_{&root_};  // Lists and objects that have not ended.
  std::vector<std::unordered_set<std::string>> names_;  // Of each that is open,
  std::string key_;                                     // and the last one.
};

}  // namespace

const Json* Json::find(std::string_view wanted) const {
  for (const auto& member : members) {
    if (member.name != wanted) continue;
    return member.kind == Kind::kNull ? nullptr : &member;
  }
  return nullptr;
}

Json parse_json(const std::string& file, const std::string& text) {
  return Builder(file, text).build();
}

void refuse(const Json& json, const std::string& why) {
  kit::fail("{}: {}", json.where, why);
}

}  // namespace container
