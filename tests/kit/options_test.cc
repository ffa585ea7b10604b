#include "lessons/kit/options.h"

#include <stdexcept>

#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/parse.h"
#include "third_party/catch2.h"

namespace {

using Words = std::vector<std::string>;

struct Parsed {
  std::optional<std::uint64_t> number;
  std::vector<std::string> list;
  bool flag = false;
  kit::Command command;
};

Parsed parse(Words words) {
  Parsed result;
  kit::Options options("Does nothing.");
  options.add("--number", "N", "a number", result.number,
              [](const auto& text) { return kit::parse_number(text); });
  options.add_list("--item,-i", "TEXT", "an item", result.list,
                   [](const auto& text) { return text; });
  options.add_flag("--flag", "a flag", result.flag);
  words.insert(words.begin(), "program");
  auto argv = kit::c_strings(words);
  result.command = options.parse(static_cast<int>(words.size()), argv.data());
  return result;
}

TEST_CASE("without words there is no command") {
  CHECK(parse({}).command.empty());
  CHECK_FALSE(parse({}).number);
}

TEST_CASE("options end at the first word that is none") {
  const auto parsed = parse({"--number", "5", "ls", "--number", "6", "-l"});
  CHECK(parsed.number == 5);
  CHECK(parsed.command == Words{"ls", "--number", "6", "-l"});
}

TEST_CASE("options end at --, which is not part of the command") {
  CHECK(parse({"--", "ls", "--", "-l"}).command == Words{"ls", "--", "-l"});
  CHECK(parse({"--"}).command.empty());
  CHECK(parse({"--", "--number", "6"}).command == Words{"--number", "6"});
  CHECK(parse({"-"}).command == Words{"-"});
  CHECK(parse({""}).command == Words{""});
}

TEST_CASE("a value may follow after = or as the next word") {
  CHECK(parse({"--number=7"}).number == 7);
  CHECK(parse({"--item=a=b", "-i", "--", "-ic", "x"}).list ==
        Words{"a=b", "--", "c"});
}

TEST_CASE("a flag takes no value") {
  CHECK_FALSE(parse({"--number", "7"}).flag);
  CHECK(parse({"--flag"}).flag);
  const auto parsed = parse({"--flag", "7"});
  CHECK(parsed.flag);
  CHECK(parsed.command == Words{"7"});
}

TEST_CASE("values are taken as they are") {
  const Words odd = {"[a,b]", "{}", "a b", "\"q\"", "-1", "%x", "a,b"};
  Words words;
  for (const auto& value : odd) {
    words.push_back("--item");
    words.push_back(value);
  }
  CHECK(parse(words).list == odd);
}

TEST_CASE("what is wrong is said in one line") {
  const auto wrong = [](Words words, const std::string& message) {
    CHECK_THROWS_WITH(parse(std::move(words)),
                      Catch::Matchers::Equals(message));
  };
  wrong({"--number", "x"},
        "--number: \"x\" is not a whole number from 0 to 9223372036854775807");
  wrong({"--number", "-1"},
        "--number: \"-1\" is not a whole number from 0 to 9223372036854775807");
  wrong({"--number", "1", "--number", "1"}, "--number is given twice");
  wrong({"--number"}, "--number needs a value");
  wrong({"--help=x"}, "--help takes no value");
  wrong({"--flag=x"}, "--flag takes no value");
  wrong({"--flag", "--flag"}, "--flag is given twice");

  const std::string see =
      fmt::format(" (see {} --help)", ::program_invocation_short_name);
  wrong({"--nonsense", "ls"}, "unknown option --nonsense" + see);
  wrong({"--numbe", "1"}, "unknown option --numbe" + see);
  wrong({"-x"}, "unknown option -x" + see);
}

TEST_CASE("--help explains every option and ends with 0") {
  try {
    parse({"--number", "1", "--help"});
    FAIL("--help must not return");
  } catch (const kit::Exit& exit) {
    CHECK(exit.status() == 0);
    const std::string text = exit.what();
    for (const auto* part : {"usage: ", "[COMMAND [ARG]...]", "Does nothing.",
                             "--number N", "a number", "--item", "--help"}) {
      INFO(part << " in " << text);
      CHECK(text.find(part) != text.npos);
    }
  }
}

TEST_CASE("--help behind the command is the command's") {
  CHECK(parse({"ls", "--help"}).command == Words{"ls", "--help"});
}

}  // namespace
