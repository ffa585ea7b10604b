#include "lessons/kit/options.h"

#include <CLI/CLI.hpp>
#include <cerrno>

#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"

namespace kit {
namespace {

class HelpFormat : public CLI::Formatter {
 public:
  explicit HelpFormat(std::string usage) : usage_(std::move(usage)) {
    column_width(32);
  }

  std::string make_usage(const CLI::App*, std::string) const override {
    return fmt::format("usage: {} {}\n", ::program_invocation_short_name,
                       usage_);
  }

  std::string make_option_opts(const CLI::Option* option) const override {
    const std::string value = option->get_type_name();
    return value.empty() ? "" : " " + value;
  }

 private:
  std::string usage_;
};

}  // namespace

// CLI11 knows the options and explains them. Where they end is found here, so
// that what belongs to the command never becomes an option of ours.
struct Options::Parser {
  struct Entry {
    CLI::Option* option;
    Count count;
    Setter set;
  };

  CLI::App app;
  std::vector<Entry> entries;

  [[noreturn]] static void refuse(const std::string& word) {
    fail("unknown option {} (see {} --help)", word,
         std::string(::program_invocation_short_name));
  }

  // True if `word` is an option whose value is the next word.
  bool wants_value(const std::string& word) const {
    const bool is_long = word.starts_with("--");
    const auto equals = is_long ? word.find('=') : word.npos;
    const std::string name = word.substr(0, is_long ? equals : 2);
    const CLI::Option* option = app.get_option_no_throw(name);
    if (option == nullptr) refuse(name);
    const bool takes_value = option->get_items_expected_max() > 0;
    if (equals != word.npos && !takes_value) fail("{} takes no value", name);
    const bool has_value = is_long ? equals != word.npos : word.size() > 2;
    return takes_value && !has_value;
  }

  // How many of the words are options and their values.
  size_t count_options(const std::vector<std::string>& words) const {
    size_t i = 0;
    while (i < words.size() && words[i] != "--" && words[i].size() > 1 &&
           words[i].starts_with('-')) {
      const std::string& option = words[i++];
      if (!wants_value(option)) continue;
      if (i == words.size()) fail("{} needs a value", option);
      ++i;
    }
    return i;
  }
};

Options::Options(const std::string& summary, const std::string& usage)
    : parser_(std::make_unique<Parser>()) {
  parser_->app.description(summary);
  parser_->app.formatter(std::make_shared<HelpFormat>(usage));
  parser_->app.set_help_flag("--help", "say what the options do, and end");
}

Options::~Options() = default;

void Options::add_text(const std::string& name, const std::string& value,
                       const std::string& help, Count count, Setter set) {
  CLI::Option* option = parser_->app.add_option(name);
  option->description(help)->type_name(value)->expected(1);
  option->allow_extra_args(false);
  option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  parser_->entries.push_back({option, count, std::move(set)});
}

void Options::add_flag(const std::string& name, const std::string& help,
                       bool& target) {
  CLI::Option* option = parser_->app.add_flag(name);
  option->description(help);
  parser_->entries.push_back(
      {option, Count::kOnce, [&target](const auto&) { target = true; }});
}

Command Options::parse(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto end = static_cast<ptrdiff_t>(parser_->count_options(words));
  try {
    // CLI11 takes the words from the back.
    std::vector<std::string> options(words.rend() - end, words.rend());
    parser_->app.parse(std::move(options));
  } catch (const CLI::CallForHelp&) {
    throw Exit(0, parser_->app.help());
  } catch (const CLI::ParseError& error) {
    fail("{}", std::string(error.what()));
  }

  for (const auto& [option, count, set] : parser_->entries) {
    const std::string name = option->get_name();
    const auto& values = option->results();
    if (count == Count::kOnce && values.size() > 1)
      fail("{} is given twice", name);
    for (const auto& value : values) {
      try {
        set(value);
      } catch (const std::runtime_error& error) {
        fail("{}: {}", name, std::string(error.what()));
      }
    }
  }
  const bool marked = static_cast<size_t>(end) < words.size() &&
                      words[static_cast<size_t>(end)] == "--";
  return {words.begin() + end + (marked ? 1 : 0), words.end()};
}

}  // namespace kit
