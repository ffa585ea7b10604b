// The command line of a lesson: [OPTION]... [--] [COMMAND [ARG]...]

#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lessons/kit/program.h"

namespace kit {

// Declares the options, then reads them.
//
//   std::optional<std::uint64_t> pids_max;
//   kit::Options options("Runs COMMAND with limits.");
//   options.add("--pids-max", "N", "at most N processes", pids_max,
//               [](auto text) { return kit::parse_number(text, 1); });
//   kit::Command command = options.parse(argc, argv);
//
// Options end at "--" or at the first word that is not one: what follows is the
// command with its own options. --help is always there.
class Options {
 public:
  // usage: what follows the program's name in the first line of --help.
  explicit Options(
      const std::string& summary,
      const std::string& usage = "[OPTION]... [--] [COMMAND [ARG]...]");
  ~Options();

  // Adds `--name VALUE`, which may be given once. `to_value` turns the text
  // into what `target` takes, and may throw std::runtime_error.
  template <typename Target, typename Parse>
  void add(const std::string& name, const std::string& value,
           const std::string& help, Target& target, Parse to_value) {
    add_text(
        name, value, help, Count::kOnce,
        [&target, to_value](const auto& text) { target = to_value(text); });
  }

  // The same for an option that may be given several times.
  template <typename Item, typename Parse>
  void add_list(const std::string& name, const std::string& value,
                const std::string& help, std::vector<Item>& target,
                Parse to_value) {
    add_text(name, value, help, Count::kMany,
             [&target, to_value](const auto& text) {
               target.push_back(to_value(text));
             });
  }

  // Adds an option without a value, which sets `target`. It may be given once.
  void add_flag(const std::string& name, const std::string& help, bool& target);

  // Returns the words of the command; none if none is given.
  //
  // Throws Exit with status 0 and the explanations for --help, and
  // std::runtime_error for an unknown option, one without its value, one that
  // is given twice, and a value that cannot be parsed.
  Command parse(int argc, char** argv);

 private:
  enum class Count { kOnce, kMany };
  using Setter = std::function<void(const std::string&)>;
  void add_text(const std::string& name, const std::string& value,
                const std::string& help, Count count, Setter set);

  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace kit
