#include "vm/launcher/judge_events.h"

#include <fmt/format.h>

#include <algorithm>

namespace lab {
namespace {

using nlohmann::json;
using Status = Case::Status;

constexpr std::size_t kLongestLine = 1 << 20;

Case planned_case(const json& planned) {
  Case test;
  test.name = planned.at("name");
  test.points = planned.value("points", 0);
  for (const auto& tag : planned.value("tags", std::vector<std::string>{})) {
    if (const auto step = kit::step_of(tag)) {
      test.step = step;
    } else if (tag == "idle") {
      test.idle = true;
    } else if (tag != "given") {
      test.promises.push_back(tag);
    }
  }
  return test;
}

}  // namespace

void JudgeEvents::hear(std::string_view bytes) {
  if (!verdict_.incomplete.empty()) return;
  lines_.add(bytes);
  for (std::string line; verdict_.incomplete.empty() && lines_.next(line);) {
    try {
      take_line(line);
    } catch (const json::exception&) {
      reject("the judge sent something malformed");
    }
  }
  if (lines_.size() > kLongestLine) reject("the judge sent an endless line");
}

void JudgeEvents::take_line(const std::string& line) {
  const auto text = seal_.text_of(line);
  if (!text) return reject("an event is forged: it has not the judge's seal");
  take_event(json::parse(*text));
}

void JudgeEvents::take_event(const json& event) {
  const auto what = event.at("event").get<std::string>();
  if (verdict_.done) return reject("an event came after the end");
  if (what == "broken") {
    return reject("the judge cannot go on: " +
                  event.at("why").get<std::string>());
  }
  if (what == "state" && !planned_ && state_.empty()) {
    state_ = event.at("text").get<std::string>();
    return;
  }
  if (what == "plan") return plan(event);
  if (!planned_) return reject("an event came before the plan");
  if (what == "done") {
    verdict_.done = true;
    return;
  }

  const auto name = event.at("case").get<std::string>();
  const auto test = std::ranges::find(verdict_.cases, name, &Case::name);
  if (test == verdict_.cases.end()) {
    reject("a result for a case that was not planned");
  } else if (what == "start") {
    start(*test);
  } else if (what == "failure") {
    fail(*test, event);
  } else if (what == "result") {
    end(*test, event);
  } else {
    reject("the judge sent an unknown event");
  }
}

void JudgeEvents::plan(const json& event) {
  if (planned_) return reject("the judge planned twice");
  planned_ = true;
  for (const auto& planned : event.at("cases")) {
    verdict_.cases.push_back(planned_case(planned));
  }
  verdict_.of = event.value("of", std::size_t{0});
  if (verdict_.cases.empty()) reject("the judge planned nothing");
}

void JudgeEvents::start(Case& test) {
  if (test.status != Status::kPlanned) return reject("a case started twice");
  test.status = Status::kStarted;
}

void JudgeEvents::fail(Case& test, const json& event) {
  if (test.status != Status::kStarted) {
    return reject("a failure of no running case");
  }
  test.failures.push_back({event.value("file", ""), event.value("line", 0),
                           event.value("expected", ""),
                           event.value("found", ""),
                           event.value("notes", std::vector<std::string>{})});
}

void JudgeEvents::end(Case& test, const json& event) {
  if (test.status != Status::kStarted) {
    return reject("a result of no running case");
  }
  const auto status = event.at("status").get<std::string>();
  test.seconds = event.value("seconds", 0.0);
  if (status == "waiting") {
    test.waits_for = kit::step_of(event.value("step", ""));
    if (!test.waits_for) return reject("a case waits for what is no step");
    test.status = Status::kWaiting;
  } else {
    const bool passed = status == "passed" && test.failures.empty();
    test.status = passed ? Status::kPassed : Status::kFailed;
  }
}

void JudgeEvents::close(const std::string& why, std::optional<int> status) {
  if (!why.empty()) return reject(why);
  if (lines_.size() > 0) return reject("the last event is not whole");
  if (!planned_) return reject("the judge ended before its plan");
  if (!verdict_.done) {
    const auto running =
        std::ranges::find(verdict_.cases, Status::kStarted, &Case::status);
    return reject(
        running == verdict_.cases.end()
            ? "the judge ended before it was done"
            : fmt::format("the judge ended during \"{}\"", running->name));
  }
  const bool missing =
      std::ranges::any_of(verdict_.cases, [](const Case& test) {
        return test.status == Status::kPlanned ||
               test.status == Status::kStarted;
      });
  if (missing) return reject("the judge left out cases that it had planned");
  if (status != (verdict_.passed() ? 0 : 1)) {
    reject(fmt::format(
        "the judge ended with status {}, which does not fit what it had said",
        status ? fmt::to_string(*status) : "unknown"));
  }
}

// The first reason stays.
void JudgeEvents::reject(const std::string& why) {
  if (verdict_.incomplete.empty()) verdict_.incomplete = why;
}

}  // namespace lab
