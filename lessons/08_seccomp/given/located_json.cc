#include "lessons/08_seccomp/given/located_json.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "lessons/kit/check.h"

namespace container {
namespace {

// Deeper than any profile, and no danger for the stack.
constexpr std::size_t kDeepest = 32;

std::string place(const std::string& file, std::string_view text,
                  std::size_t offset) {
  const auto before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto column = offset - (before.rfind('\n') + 1) + 1;  // npos + 1 is 0.
  return fmt::format("{}:{}:{}", file, line, column);
}

// Builds the tree from what the parser tells it. The parser tells of a value or
// a name as soon as it has read it, and how far it has read is known from the
// stream.
class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Builder(const std::string& file, const std::string& text)
      : file_(file), text_(text), stream_(text) {}

  Json build() {
    (void)nlohmann::json::sax_parse(stream_, this);
    return std::move(root_);
  }

  bool null() override { return put(Json::Kind::kNull); }
  bool boolean(bool) override { return put(Json::Kind::kOther); }
  bool number_integer(std::int64_t) override { return put(Json::Kind::kOther); }
  bool number_unsigned(std::uint64_t value) override {
    put(Json::Kind::kNumber);
    last_->number = value;
    return true;
  }
  bool number_float(double, const std::string&) override {
    return put(Json::Kind::kOther);
  }
  bool string(std::string& value) override {
    put(Json::Kind::kText);
    last_->text = value;
    return true;
  }
  bool binary(nlohmann::json::binary_t&) override { return false; }

  bool key(std::string& name) override {
    const std::string where = next_place();
    for (const auto& other : open_.back()->members) {
      if (other.name == name) {
        kit::fail("{}: \"{}\" is there twice", where, name);
      }
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
    const auto where = place(file_, text_, std::max<std::size_t>(read, 1) - 1);
    if (read > text_.size()) kit::fail("{}: the text ends too early", where);
    kit::fail("{}: this is not JSON, at the end of: {}", where, token);
  }

 private:
  // Where the part that has just been read begins: behind the part before, and
  // what can be between two. (A number ends where the next byte is no digit, so
  // that byte has been read, too.)
  std::string next_place() {
    const auto begin =
        text_.find_first_not_of(" \t\r\n,:]}\xef\xbb\xbf", end_of_last_);
    end_of_last_ = static_cast<std::size_t>(
        stream_.rdbuf()->pubseekoff(0, std::ios::cur, std::ios::in));
    return place(file_, text_, begin);
  }

  bool put(Json::Kind kind) {
    Json json;
    json.kind = kind;
    json.where = next_place();
    if (open_.empty()) {
      root_ = std::move(json);
      last_ = &root_;
    } else if (open_.back()->kind == Json::Kind::kList) {
      last_ = &open_.back()->list.emplace_back(std::move(json));
    } else {
      json.name = key_;
      last_ = &open_.back()->members.emplace_back(std::move(json));
    }
    return true;
  }

  bool open(Json::Kind kind) {
    put(kind);
    if (open_.size() == kDeepest) refuse(*last_, "this is nested too deep");
    open_.push_back(last_);
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const std::string& file_;
  const std::string& text_;
  std::istringstream stream_;
  std::size_t end_of_last_ = 0;
  Json root_;
  Json* last_ = nullptr;
  std::vector<Json*> open_;  // Lists and objects that have not ended.
  std::string key_;
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
