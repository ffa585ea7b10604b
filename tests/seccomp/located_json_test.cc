// Where each value of a JSON text is said to stand, and each mistake.

#include "lessons/08_seccomp/given/located_json.h"

#include <cstdint>
#include <stdexcept>
#include <string>

#include "third_party/catch2.h"

using container::Json;
using container::parse_json;

namespace {

// All values in the order of the text, members with their names:
// "1:1; 1:7 a; 2:3; ".
void tell(const Json& json, std::string& told) {
  REQUIRE(json.where.substr(0, 2) == "f:");
  told += json.where.substr(2);
  if (!json.name.empty()) told += " " + json.name;
  told += "; ";
  for (const auto& each : json.list) tell(each, told);
  for (const auto& each : json.members) tell(each, told);
}

std::string places(const std::string& text) {
  std::string told;
  tell(parse_json("f", text), told);
  return told;
}

std::string problem(const std::string& text) {
  try {
    (void)parse_json("f", text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no problem";
}

// The problem's place.
std::string place(const std::string& text) {
  const auto what = problem(text);
  return what.substr(0, what.find(": "));
}

}  // namespace

TEST_CASE("a value that is the whole text, up to its last byte") {
  for (const char* text :
       {"7", "-7", "1.5", "1e2", "true", "null", "\"a\"", "[]", "{}"}) {
    CAPTURE(text);
    CHECK(places(text) == "1:1; ");
    CHECK(places(std::string("\n ") + text) == "2:2; ");
    CHECK(places(std::string(text) + " \n") == "1:1; ");
  }
}

TEST_CASE("values side by side, with no space and with much") {
  const std::string all = R"([1,-2,3.5,4e5,-0,true,false,null,"a",[],{},6])";
  CHECK(places(all) ==
        "1:1; 1:2; 1:4; 1:7; 1:11; 1:15; 1:18; 1:23; 1:29; 1:34; 1:38; 1:41; "
        "1:44; ");
  CHECK(places("[1 ,\n\t-2\n,3.5  , true\n\n,\"a\" ]") ==
        "1:1; 1:2; 2:2; 3:2; 3:9; 5:2; ");
}

TEST_CASE("lists and objects within each other") {
  CHECK(places("[[[1],[2,[3]]],[],[[4]]]") ==
        "1:1; 1:2; 1:3; 1:4; 1:7; 1:8; 1:10; 1:11; 1:16; 1:19; 1:20; 1:21; ");
  CHECK(places("[{\"a\":{\"b\":[1,{}]},\"c\":2},3]") ==
        "1:1; 1:2; 1:7 a; 1:12 b; 1:13; 1:15; 1:24 c; 1:27; ");
}

TEST_CASE("after a text with escapes, quotes and brackets in it") {
  CHECK(places(R"(["\"", 1])") == "1:1; 1:2; 1:8; ");
  CHECK(places(R"(["\\", 1])") == "1:1; 1:2; 1:8; ");
  CHECK(places(R"(["\\\"", 1])") == "1:1; 1:2; 1:10; ");
  CHECK(places(R"(["a,]}:{[\n\u00e4\ud83d\ude00", 1])") == "1:1; 1:2; 1:33; ");
  CHECK(places(R"({"\"}\n\\": "\\", "b": 1})") ==
        "1:1; 1:13 \"}\n\\; 1:24 b; ");
  // A text has no line ends of its own, only escapes: \n is on one line.
  CHECK(places("{\"a\\n\\n\":\n \"b\\n\",\n  \"c\":1}") ==
        "1:1; 2:2 a\n\n; 3:7 c; ");
  CHECK(place("[\n\"a\nb\"]") == "f:2:3");
}

TEST_CASE("lines that end as on Windows") {
  CHECK(places("{\r\n\"a\": 1,\r\n \"b\":\r\n[2,\r\n3]\r\n}\r\n") ==
        "1:1; 2:6 a; 4:1 b; 4:2; 5:1; ");
  CHECK(place("{\r\n\"a\": 1,\r\n \"a\": 2}") == "f:3:2");
}

TEST_CASE("UTF-8: columns count bytes, and a byte order mark is no value") {
  CHECK(places("[\"\u00e4\", 1]") == "1:1; 1:2; 1:8; ");
  CHECK(places("[\"\U0001f600\",\n\"\u20ac\", 1]") == "1:1; 1:2; 2:1; 2:8; ");
  CHECK(places("\xef\xbb\xbf[1]") == "1:4; 1:5; ");
  CHECK(place("[\"\xff\"]") == "f:1:3");
}

TEST_CASE("a name that is there twice is told of where it is again") {
  CHECK(problem("{\"a\": 1,\n  \"a\": 2}") == "f:2:3: \"a\" is there twice");
  CHECK(problem("{\"a\": {\"a\": 1},\n\"b\": [{\"a\": 1}, {\"a\": 2}]}") ==
        "no problem");
  CHECK(problem("{\"b\": {\"a\": 1, \"c\": 2}, \"c\": {},\n \"b\": 2}") ==
        "f:2:2: \"b\" is there twice");
  CHECK(
      problem("[{\"a\": 1}, {\"b\": {\"a\": 1}, \"a\": 2, \"\\u0061\": 3}]") ==
      "f:1:36: \"a\" is there twice");
}

TEST_CASE("32 values may hold each other, and the next is too deep") {
  const std::string begin(32, '[');
  CHECK(problem(begin + "1" + std::string(32, ']')) == "no problem");
  CHECK(problem("[" + begin) == "f:1:33: this is nested too deep");
  CHECK(problem(begin + "\n{}") == "f:2:1: this is nested too deep");
}

TEST_CASE("what is not JSON is told of at its last byte") {
  CHECK(place("") == "f:1:1");
  CHECK(place("[1,\n 2") == "f:2:3");
  CHECK(place("[1,\n]") == "f:2:1");
  CHECK(place("[1 2]") == "f:1:4");
  CHECK(place("[01]") == "f:1:3");
  CHECK(place("{1: 2}") == "f:1:2");
  CHECK(place("{\"a\" 1}") == "f:1:6");
  CHECK(place("[tru]") == "f:1:5");
  CHECK(place("[1]\n[2]") == "f:2:1");
  CHECK(place("[1, // one\n2]") == "f:1:5");
  CHECK(problem("[1,\n 2") == "f:2:3: the text ends too early");
  // The last byte of the text is there, and wrong.
  CHECK(problem("[[]}").find("f:1:4: this is not JSON") == 0);
}

TEST_CASE("a number that is too big is told of") {
  CHECK(place("[\n 1e999]") == "f:2:6");
  CHECK(parse_json("f", "18446744073709551615").number == UINT64_MAX);
  CHECK(parse_json("f", "18446744073709551616").kind == Json::Kind::kOther);
}
