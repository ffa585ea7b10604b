#include "vm/launcher/program_list.h"

#include <fnmatch.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "vm/launcher/content.h"

namespace lab {
namespace {

using nlohmann::json;

// What follows "NAME: " in the header of a wrong program: a patch, or a source
// file in which it is a comment.
std::string field(const std::string& header, const std::string& name) {
  std::istringstream lines(header);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("// ")) line.erase(0, 3);
    if (!line.starts_with(name + ":")) continue;
    const auto begin = line.find_first_not_of(' ', name.size() + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

Program program_of(const json& entry) {
  Program program{.name = entry.at("name"), .path = entry.at("program")};
  program.expected.waiting = entry.value("waiting", "");
  if (entry.contains("wrong")) {
    const auto wrong = entry.at("wrong").get<std::string>();
    const auto header = content(wrong);
    program.about = "Mistake: " + field(header, "Mistake");
    program.expected.failure = field(header, "Fails");
    program.expected.text = field(header, "Says");
    if (program.expected.failure.empty()) {
      throw std::runtime_error(wrong + " does not say how it fails");
    }
  } else if (entry.contains("right")) {
    const auto right = entry.at("right").get<std::string>();
    const auto technique = field(content(right), "Technique");
    program.about = "Technique: " + technique;
    if (technique.empty()) {
      throw std::runtime_error(right + " does not say what is different");
    }
  }
  return program;
}

}  // namespace

std::vector<Program> programs_in(const std::string& list,
                                 const std::string& filter) {
  std::vector<Program> programs;
  for (const auto& entry : json::parse(content(list))) {
    auto program = program_of(entry);
    if (filter.empty() ||
        ::fnmatch(filter.c_str(), program.name.c_str(), 0) == 0) {
      programs.push_back(std::move(program));
    }
  }
  if (programs.empty()) throw std::runtime_error("there is nothing to judge");
  return programs;
}

}  // namespace lab
