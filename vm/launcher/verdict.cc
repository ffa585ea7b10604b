#include "vm/launcher/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "vm/launcher/printable.h"

namespace lab {
namespace {

using nlohmann::json;
using Status = Case::Status;

constexpr std::size_t kLongestLine = 1 << 20;

bool is_step(const std::string& tag) {
  return tag.size() >= 4 && tag[2] == '.' &&
         tag.find_first_not_of("0123456789.") == tag.npos;
}

std::string indented(const std::string& text, const std::string& margin) {
  std::string result = margin;
  for (const char letter : printable(text)) {
    result.push_back(letter);
    if (letter == '\n') result += margin;
  }
  return result + "\n";
}

std::string text_of(const Failure& failure) {
  std::string text =
      fmt::format("{}:{}\nexpected  {}\nfound     {}", failure.file,
                  failure.line, failure.expected, failure.found);
  for (const auto& note : failure.notes) text += "\n" + note;
  return text;
}

// The step that it waits for: "06.10" comes after "06.9".
std::pair<std::size_t, std::string> order_of(const Case& test) {
  return {test.waits_for.size(), test.waits_for};
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

}  // namespace

void Verdict::hear(std::string_view bytes) {
  if (!broken_.empty()) return;
  lines_.add(bytes);
  for (std::string line; broken_.empty() && lines_.next(line);) {
    try {
      take(line);
    } catch (const json::exception&) {
      break_story("the judge sent something malformed");
    }
  }
  if (lines_.size() > kLongestLine)
    break_story("the judge sent an endless line");
}

void Verdict::take(const std::string& line) {
  const auto text = seal_.text_of(line);
  if (!text)
    return break_story("an event is forged: it has not the judge's seal");
  const auto event = json::parse(*text);
  const auto what = event.at("event").get<std::string>();
  if (done_) return break_story("an event came after the end");
  if (what == "broken")
    return break_story("the judge cannot go on: " +
                       event.at("why").get<std::string>());
  if (what == "state" && !planned_ && state_.empty()) {
    state_ = event.at("text").get<std::string>();
    return;
  }
  if (what == "plan") return plan(event);
  if (!planned_) return break_story("an event came before the plan");

  if (what == "done") {
    done_ = true;
    return;
  }
  auto& test = known(event);
  if (!broken_.empty()) return;
  if (what == "start") {
    if (test.status != Status::kPlanned)
      return break_story("a case started twice");
    test.status = Status::kStarted;
  } else if (what == "failure") {
    if (test.status != Status::kStarted)
      return break_story("a failure of no running case");
    test.failures.push_back({event.value("file", ""), event.value("line", 0),
                             event.value("expected", ""),
                             event.value("found", ""),
                             event.value("notes", std::vector<std::string>{})});
  } else if (what == "result") {
    if (test.status != Status::kStarted)
      return break_story("a result of no running case");
    const auto status = event.at("status").get<std::string>();
    test.seconds = event.value("seconds", 0.0);
    test.waits_for = event.value("step", "");
    if (status == "passed" && test.failures.empty()) {
      test.status = Status::kPassed;
    } else if (status == "waiting") {
      test.status = Status::kWaiting;
    } else {
      test.status = Status::kFailed;
    }
  } else {
    break_story("the judge sent an unknown event");
  }
}

void Verdict::plan(const json& event) {
  if (planned_) return break_story("the judge planned twice");
  planned_ = true;
  for (const auto& planned : event.at("cases")) {
    Case test;
    test.name = planned.at("name");
    test.points = planned.value("points", 0);
    for (const auto& tag : planned.value("tags", std::vector<std::string>{})) {
      if (is_step(tag)) test.step = tag;
      if (tag == "idle") test.idle = true;
    }
    cases_.push_back(std::move(test));
  }
  of_ = event.value("of", std::size_t{0});
  if (cases_.empty()) break_story("the judge planned nothing");
}

Case& Verdict::known(const json& event) {
  const auto name = event.at("case").get<std::string>();
  const auto found = std::ranges::find(cases_, name, &Case::name);
  if (found != cases_.end()) return *found;
  break_story("a result for a case that was not planned");
  return cases_.front();
}

void Verdict::close(const std::string& why, std::optional<int> status) {
  if (!broken_.empty()) return;
  if (!why.empty()) return break_story(why);
  if (lines_.size() > 0) return break_story("the last event is not whole");
  if (!planned_) return break_story("the judge ended before its plan");
  if (!done_) {
    const auto running =
        std::ranges::find(cases_, Status::kStarted, &Case::status);
    return break_story(
        running == cases_.end()
            ? "the judge ended before it was done"
            : fmt::format("the judge ended during \"{}\"", running->name));
  }
  const bool missing = std::ranges::any_of(cases_, [](const Case& test) {
    return test.status == Status::kPlanned || test.status == Status::kStarted;
  });
  if (missing)
    return break_story("the judge left out cases that it had planned");
  const int fitting = passed() ? 0 : 1;
  if (status != fitting) {
    break_story(fmt::format(
        "the judge ended with status {}, which does not fit what it had said",
        status ? fmt::to_string(*status) : "unknown"));
  }
}

Verdict Verdict::of_shares(const std::vector<Verdict>& shares) {
  // One machine may have been given a filter, and so not all the cases.
  if (shares.size() == 1) return shares.front();

  Verdict whole(SealKey{});
  whole.done_ = std::ranges::all_of(shares, &Verdict::done_);
  std::size_t most = 0;
  for (const auto& share : shares) {
    whole.break_story(share.broken_);
    most = std::max(most, share.cases_.size());
  }
  for (std::size_t round = 0; round < most; ++round) {
    for (const auto& share : shares) {
      if (round < share.cases_.size()) {
        whole.cases_.push_back(share.cases_[round]);
      }
    }
  }
  const bool all = std::ranges::all_of(shares, [&](const Verdict& share) {
    return share.of_ == whole.cases_.size();
  });
  if (!all) whole.break_story("the machines' shares are not all the cases");
  return whole;
}

void Verdict::break_story(const std::string& why) {
  if (broken_.empty()) broken_ = why;
}

bool Verdict::passed() const {
  return broken_.empty() && done_ &&
         std::ranges::all_of(cases_, [](const Case& test) {
           return test.status == Status::kPassed;
         });
}

const Case* Verdict::first_not_passed() const {
  const auto failed = std::ranges::find(cases_, Status::kFailed, &Case::status);
  if (failed != cases_.end()) return &*failed;

  // Two processes of a container can each come to an unwritten step: which one
  // a case waits for is then by chance, and the earliest is to be written next.
  const Case* next = nullptr;
  for (const auto& test : cases_) {
    if (test.status != Status::kWaiting) continue;
    if (next == nullptr || order_of(test) < order_of(*next)) next = &test;
  }
  return next;
}

// One case as lines of the report.
std::string Verdict::describe(const Case& test) const {
  static const std::string kMargin(18, ' ');
  std::string remark;
  if (test.status == Status::kWaiting && test.waits_for != test.step) {
    remark = fmt::format("  (for step {})", test.waits_for);
  } else if (test.points > 0) {
    const bool withheld = test.status == Status::kPassed && earned(test) == 0;
    remark = fmt::format("  ({} of {}{})", earned(test), test.points,
                         withheld ? ": it takes nothing to pass it" : "");
  }
  auto text = fmt::format("  {:<8} {:<5}  {}{}\n", word(test.status), test.step,
                          test.name, remark);
  for (const auto& failure : test.failures) {
    text += indented(text_of(failure), kMargin);
  }
  return text;
}

std::string Verdict::report(const std::string& lesson) const {
  std::string text = lesson + "\n\n";
  for (const auto& test : cases_) text += describe(test);
  return text + "\n" + summary(lesson) + "\n";
}

int Verdict::earned(const Case& test) const {
  if (test.status != Status::kPassed) return 0;
  if (!test.idle) return test.points;

  bool step_wants_something = false;
  bool any_passed = false;
  for (const auto& other : cases_) {
    if (other.idle || other.points == 0) continue;
    const bool passed = other.status == Status::kPassed;
    any_passed = any_passed || passed;
    if (other.step != test.step) continue;
    if (passed) return test.points;
    step_wants_something = true;
  }
  return any_passed && !step_wants_something ? test.points : 0;
}

int Verdict::points() const {
  return std::accumulate(
      cases_.begin(), cases_.end(), 0,
      [this](int sum, const Case& test) { return sum + earned(test); });
}

std::string Verdict::summary(const std::string& lesson) const {
  int possible = 0;
  for (const auto& test : cases_) possible += test.points;
  const auto score = fmt::format("{} of {} points.", points(), possible);
  if (!broken_.empty()) {
    return fmt::format("Not judged to the end: {}.\n{}", printable(broken_),
                       score);
  }
  const auto* next = first_not_passed();
  if (next == nullptr) return score + " All is right.";

  const bool waits = next->status == Status::kWaiting;
  const auto step = waits ? next->waits_for : next->step;
  if (step.empty()) return fmt::format("{} Next: \"{}\".", score, next->name);
  return fmt::format("{} Next: step {} {} (docs/{}.md, step {}).", score, step,
                     waits ? "is yours to write" : "is not right yet", lesson,
                     step);
}

std::string Verdict::junit(const std::string& of) const {
  const auto lesson = escape_xml(of);
  const auto count = [&](Status status) {
    return std::ranges::count(cases_, status, &Case::status);
  };
  const double seconds = std::accumulate(
      cases_.begin(), cases_.end(), 0.0,
      [](double sum, const Case& test) { return sum + test.seconds; });
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n<testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" "
      "errors=\"{}\" time=\"{:.3f}\">\n",
      lesson, cases_.size() + (broken_.empty() ? 0 : 1),
      count(Status::kFailed) + count(Status::kWaiting), broken_.empty() ? 0 : 1,
      seconds);
  for (const auto& test : cases_) {
    xml +=
        fmt::format("<testcase classname=\"{}\" name=\"{}\" time=\"{:.3f}\">",
                    lesson, escape_xml(test.name), test.seconds);
    for (const auto& failure : test.failures) {
      xml += fmt::format("<failure message=\"{}\"/>",
                         escape_xml(text_of(failure)));
    }
    if (test.status == Status::kWaiting) {
      xml += fmt::format("<failure message=\"step {} is yours to write\"/>",
                         escape_xml(test.waits_for));
    } else if (test.status == Status::kPlanned ||
               test.status == Status::kStarted) {
      xml += "<error message=\"no result\"/>";
    }
    xml += "</testcase>\n";
  }
  if (!broken_.empty()) {
    xml += fmt::format(
        "<testcase classname=\"{0}\" name=\"the judge ran to its end\" "
        "time=\"0.0\">"
        "<error message=\"{1}\"/></testcase>\n",
        lesson, escape_xml(broken_));
  }
  return xml + "</testsuite>\n</testsuites>\n";
}

}  // namespace lab
