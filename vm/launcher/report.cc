#include "vm/launcher/report.h"

#include <fmt/format.h>

#include "vm/launcher/printable.h"

namespace lab {
namespace {

using Status = Case::Status;

std::string indented(const std::string& text, const std::string& margin) {
  std::string result = margin;
  for (const char letter : printable(text)) {
    result.push_back(letter);
    if (letter == '\n') result += margin;
  }
  return result + "\n";
}

const char* word(Status status) {
  switch (status) {
    case Status::kPassed:
      return "ok";
    case Status::kFailed:
      return "WRONG";
    case Status::kWaiting:
      return "waiting";
    default:
      return "not run";
  }
}

std::string name_of(const std::optional<kit::Step>& step) {
  return step ? kit::to_string(*step) : "";
}

// What follows a case's name in parentheses.
std::string remark_on(const Verdict& verdict, const Case& test) {
  if (test.status == Status::kWaiting && test.waits_for != test.step) {
    return fmt::format("  (for step {})", name_of(test.waits_for));
  }
  if (test.points == 0) return "";
  const int points = verdict.points_of(test);
  const bool withheld = test.status == Status::kPassed && points == 0;
  return fmt::format("  ({} of {}{})", points, test.points,
                     withheld ? ": it takes nothing to pass it" : "");
}

// As the marks are in the contract: "06.1 [between] [stay]".
std::string promises_of(const Case& test) {
  auto text = name_of(test.step);
  for (const auto& promise : test.promises) text += " [" + promise + "]";
  return text;
}

std::string lines_about(const Verdict& verdict, const Case& test) {
  static const std::string kMargin(18, ' ');
  auto text =
      fmt::format("  {:<8} {:<5}  {}{}\n", word(test.status),
                  name_of(test.step), test.name, remark_on(verdict, test));
  for (const auto& failure : test.failures) {
    text += indented(text_of(failure), kMargin);
  }
  if (test.failures.empty() || test.promises.empty()) return text;
  return text + indented("contract  " + promises_of(test), kMargin);
}

std::string summary(const Verdict& verdict, const std::string& lesson) {
  const auto score = fmt::format("{} of {} points.", verdict.points(),
                                 verdict.possible_points());
  if (!verdict.incomplete.empty()) {
    return fmt::format("Not judged to the end: {}.\n{}",
                       printable(verdict.incomplete), score);
  }
  const auto* next = verdict.first_not_passed();
  if (next == nullptr) return score + " All is right.";

  const bool waits = next->status == Status::kWaiting;
  const auto step = waits ? next->waits_for : next->step;
  if (!step) return fmt::format("{} Next: \"{}\".", score, next->name);
  return fmt::format("{0} Next: step {1} {2} (docs/{3}.md, step {1}).", score,
                     name_of(step),
                     waits ? "is yours to write" : "is not right yet", lesson);
}

}  // namespace

std::string report(const Verdict& verdict, const std::string& lesson) {
  std::string text = lesson + "\n\n";
  for (const auto& test : verdict.cases) text += lines_about(verdict, test);
  return text + "\n" + summary(verdict, lesson) + "\n";
}

std::string text_of(const Failure& failure) {
  std::string text =
      fmt::format("{}:{}\nexpected  {}\nfound     {}", failure.file,
                  failure.line, failure.expected, failure.found);
  for (const auto& note : failure.notes) text += "\n" + note;
  return text;
}

}  // namespace lab
