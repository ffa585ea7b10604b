#include "vm/launcher/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "vm/launcher/printable.h"
#include "vm/launcher/report.h"

namespace lab {
namespace {

using Outcome = JunitCase::Outcome;
using Status = Case::Status;

constexpr std::size_t kLongestMessage = 120;

// The text's first line, or as much of it as a tool can show in a list.
std::string short_line(const std::string& text) {
  auto line = printable(text.substr(0, text.find('\n')));
  if (line.size() <= kLongestMessage) return line;
  auto end = kLongestMessage;
  while ((line[end] & 0xc0) == 0x80)
    --end;  // Not in the middle of a character.
  return line.substr(0, end) + "...";
}

// The text as the content of an element, or as the value of an attribute.
std::string escape_xml(const std::string& text) {
  std::string result;
  for (const char letter : printable(text)) {
    switch (letter) {
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '&':
        result += "&amp;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += letter;
    }
  }
  return result;
}

// What says why a case has not passed: a <failure> or an <error>.
std::string reason(const char* name, const JunitCase& test) {
  const auto& details = test.details.empty() ? test.message : test.details;
  return fmt::format("<{0} message=\"{1}\">{2}</{0}>", name,
                     escape_xml(short_line(test.message)), escape_xml(details));
}

std::string testcase(const std::string& suite, const JunitCase& test) {
  auto xml =
      fmt::format("<testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">",
                  escape_xml(suite), escape_xml(test.name), test.seconds);
  if (test.outcome == Outcome::kFailure) xml += reason("failure", test);
  if (test.outcome == Outcome::kError) xml += reason("error", test);
  return xml + "</testcase>\n";
}

// All of a case's failures as one: its message is about the first.
void add_failures(JunitCase& result, const std::vector<Failure>& failures) {
  result.outcome = Outcome::kFailure;
  if (failures.empty()) {
    result.message = "it has failed";
    return;
  }
  const auto& first = failures.front();
  const auto what = first.expected.empty() ? "found " + first.found
                                           : "expected " + first.expected;
  result.message = fmt::format("{}:{}: {}", first.file, first.line, what);
  for (const auto& failure : failures) {
    if (!result.details.empty()) result.details += "\n\n";
    result.details += text_of(failure);
  }
}

JunitCase junit_case(const std::string& lesson, const Case& test) {
  JunitCase result{.name = test.name, .seconds = test.seconds};
  switch (test.status) {
    case Status::kPassed:
      break;
    case Status::kFailed:
      add_failures(result, test.failures);
      break;
    case Status::kWaiting:
      result.outcome = Outcome::kFailure;
      result.message =
          fmt::format("step {} is yours to write (docs/{}.md)",
                      kit::to_string(test.waits_for.value()), lesson);
      break;
    default:
      // What had failed by then is worth knowing, too.
      add_failures(result, test.failures);
      result.outcome = Outcome::kError;
      result.message = "no result";
  }
  return result;
}

}  // namespace

std::string junit(const std::string& suite,
                  const std::vector<JunitCase>& cases) {
  const auto count = [&](Outcome outcome) {
    return std::ranges::count(cases, outcome, &JunitCase::outcome);
  };
  const double seconds = std::accumulate(
      cases.begin(), cases.end(), 0.0,
      [](double sum, const JunitCase& test) { return sum + test.seconds; });
  auto xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" "
      "errors=\"{}\" time=\"{:.3f}\">\n",
      escape_xml(suite), cases.size(), count(Outcome::kFailure),
      count(Outcome::kError), seconds);
  for (const auto& test : cases) xml += testcase(suite, test);
  return xml + "</testsuite>\n</testsuites>\n";
}

std::string junit(const std::string& lesson, const Verdict& verdict) {
  std::vector<JunitCase> cases;
  for (const auto& test : verdict.cases) {
    cases.push_back(junit_case(lesson, test));
  }
  if (!verdict.incomplete.empty()) {
    cases.push_back({.name = "the judge ran to its end",
                     .outcome = Outcome::kError,
                     .message = verdict.incomplete});
  }
  return junit(lesson, cases);
}

}  // namespace lab
