// Prints the XML report of a verdict in which everything that can come from a
// program is the argument: a failure's text, a case's name, why the story
// broke.

#include <fmt/format.h>

#include "vm/launcher/verdict.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string text = argv[1];
  const auto event = [&](nlohmann::json fields) {
    fields["case"] = fields["name"] = text;
    return fields.dump(-1, ' ', false,
                       nlohmann::json::error_handler_t::replace);
  };
  const lab::SealKey key{};
  lab::Seal seal(key);
  lab::Verdict verdict(key);
  for (const nlohmann::json& each :
       {nlohmann::json{{"event", "plan"},
                       {"cases", {{{"name", text}, {"points", 1}}}}},
        nlohmann::json{{"event", "start"}},
        nlohmann::json{{"event", "failure"},
                       {"file", text},
                       {"expected", text},
                       {"found", text},
                       {"notes", {text}}}}) {
    verdict.hear(seal.line_of(event(each)));
  }
  verdict.close(text, std::nullopt);
  fmt::print("{}", verdict.junit(text));
}
