// The host believes a judge only if all that it says fits together.

#include "vm/launcher/judge_events.h"

#include <algorithm>
#include <sstream>

#include "third_party/catch2.h"

namespace {

using lab::JudgeEvents;
using lab::Verdict;
using nlohmann::json;

const lab::SealKey kKey = {1, 2, 3};

// An event before it has its number and its seal.
std::string event(const json& fields) { return fields.dump() + "\n"; }

// What the judge sends for these events.
std::string sealed(const std::string& events, const lab::SealKey& key = kKey) {
  lab::Seal seal(key);
  std::string bytes;
  std::istringstream lines(events);
  for (std::string line; std::getline(lines, line);)
    bytes += seal.line_of(line);
  return bytes;
}

std::string plan(const std::vector<std::string>& names, int of = 0) {
  json cases = json::array();
  for (const auto& name : names) {
    cases.push_back({{"name", name}, {"tags", {"06.2"}}, {"points", 3}});
  }
  return event({{"event", "plan"}, {"cases", cases}, {"of", of}});
}

std::string start(const std::string& name) {
  return event({{"event", "start"}, {"case", name}});
}

std::string result(const std::string& name, const std::string& status) {
  return event({{"event", "result"}, {"case", name}, {"status", status}});
}

std::string state(const std::string& text) {
  return event({{"event", "state"}, {"text", text}});
}

const std::string kDone = event({{"event", "done"}});

// How a judge ends that has said this.
int fitting_status(const std::string& events) {
  const bool all_passed = events.find("failed") == std::string::npos &&
                          events.find("failure") == std::string::npos &&
                          events.find("waiting") == std::string::npos;
  return all_passed ? 0 : 1;
}

Verdict verdict_of_bytes(const std::string& bytes,
                         const std::string& early_end = "", int status = 0) {
  JudgeEvents events(kKey);
  events.hear(bytes);
  events.close(early_end, status);
  return events.verdict();
}

Verdict verdict_of(const std::string& events,
                   const std::string& early_end = "") {
  return verdict_of_bytes(sealed(events), early_end, fitting_status(events));
}

std::string good(const std::string& name) {
  return start(name) + result(name, "passed");
}

}  // namespace

TEST_CASE("a judge that says all, and that all is right: passed") {
  const auto verdict =
      verdict_of(plan({"a", "b"}) + good("a") + good("b") + kDone);
  CHECK(verdict.incomplete == "");
  CHECK(verdict.passed());
  CHECK(verdict.points() == 6);
  CHECK(verdict.possible_points() == 6);
}

TEST_CASE("a judge that is one of many says first what the guest is like") {
  JudgeEvents events(kKey);
  events.hear(sealed(state("two files") + plan({"a"}) + good("a") + kDone));
  events.close("", 0);
  CHECK(events.verdict().passed());
  CHECK(events.state() == "two files");

  JudgeEvents others(kKey);
  others.hear(sealed(plan({"a"}) + good("a") + kDone));
  CHECK(others.state().empty());
}

TEST_CASE("bytes may come in any pieces") {
  const auto all = sealed(plan({"a"}) + good("a") + kDone);
  JudgeEvents events(kKey);
  for (const char byte : all) events.hear({&byte, 1});
  events.close("", 0);
  CHECK(events.verdict().passed());
}

TEST_CASE("what is not complete never passes") {
  const auto a = good("a");
  const std::vector<std::pair<std::string, std::string>> sequences = {
      {"nothing at all", ""},
      {"no plan", a + kDone},
      {"an empty plan", plan({}) + kDone},
      {"two plans", plan({"a"}) + plan({"a"}) + a + kDone},
      {"no end", plan({"a"}) + a},
      {"a case without a result", plan({"a"}) + start("a") + kDone},
      {"a case that never started", plan({"a", "b"}) + a + kDone},
      {"a result without a start", plan({"a"}) + result("a", "passed") + kDone},
      {"a case that was not planned", plan({"a"}) + a + good("x") + kDone},
      {"a case that came twice", plan({"a"}) + a + a + kDone},
      {"two results", plan({"a"}) + a + result("a", "passed") + kDone},
      {"something after the end", plan({"a"}) + a + kDone + start("a")},
      {"a state after the plan", plan({"a"}) + state("x") + a + kDone},
      {"two states", state("x") + state("x") + plan({"a"}) + a + kDone},
      {"a case that waits for no step",
       plan({"a"}) + start("a") + result("a", "waiting") + kDone},
      {"an unknown event", plan({"a"}) + a + event({{"event", "win"}}) + kDone},
      {"no JSON", plan({"a"}) + a + "passed\n" + kDone},
      {"JSON of another kind", plan({"a"}) + a + "[1]\n" + kDone},
      {"an endless line", std::string(3 << 20, 'x')},
  };
  for (const auto& [what, sequence] : sequences) {
    INFO(what);
    const auto verdict = verdict_of(sequence);
    CHECK_FALSE(verdict.passed());
    CHECK(verdict.incomplete != "");
  }
}

TEST_CASE("shares that were dealt to several guests make one verdict") {
  const auto first = plan({"a", "c"}, 3) + good("a") + good("c") + kDone;
  const auto second = plan({"b"}, 3) + good("b") + kDone;
  const auto whole = lab::combine({verdict_of(first), verdict_of(second)});
  CHECK(whole.passed());
  REQUIRE(whole.cases.size() == 3);
  CHECK(whole.cases[1].name == "b");

  const auto wrong =
      plan({"b"}, 3) + start("b") + result("b", "failed") + kDone;
  CHECK_FALSE(lab::combine({verdict_of(first), verdict_of(wrong)}).passed());
}

TEST_CASE("shares that are not complete, or not all, never pass") {
  const auto first = plan({"a", "c"}, 3) + good("a") + good("c") + kDone;
  const std::vector<std::pair<std::string, std::string>> seconds = {
      {"nothing", ""},
      {"one that ended early", plan({"b"}, 3) + start("b")},
      {"one case too few", plan({"b"}, 4) + good("b") + kDone},
      {"one case too many",
       plan({"b", "d"}, 3) + good("b") + good("d") + kDone},
  };
  for (const auto& [what, second] : seconds) {
    INFO(what);
    const auto whole = lab::combine({verdict_of(first), verdict_of(second)});
    CHECK_FALSE(whole.passed());
    CHECK(whole.incomplete != "");
  }
}

TEST_CASE("whoever changes what the judge has sent is found out") {
  const auto all = plan({"a", "b"}) + good("a") + good("b") + kDone;
  std::vector<std::string> lines;
  std::istringstream bytes(sealed(all));
  for (std::string line; std::getline(bytes, line);)
    lines.push_back(line + "\n");
  REQUIRE(lines.size() == 6);
  const auto together = [&](const std::vector<std::size_t>& which) {
    std::string text;
    for (const auto each : which) text += lines[each];
    return text;
  };
  REQUIRE(verdict_of_bytes(together({0, 1, 2, 3, 4, 5})).passed());

  auto changed = lines[2];
  changed.replace(changed.find("passed"), 6, "failed");
  lab::Seal guess({1, 2, 4});
  const std::vector<std::pair<std::string, std::string>> sequences = {
      {"an event twice", together({0, 1, 1, 2, 3, 4, 5})},
      {"an event again, later", together({0, 1, 2, 3, 4, 2, 5})},
      {"another order", together({0, 3, 4, 1, 2, 5})},
      {"an event left out", together({0, 1, 2, 4, 5})},
      {"only a part", together({0, 1, 2, 5})},
      {"a changed event", together({0, 1}) + changed + together({3, 4, 5})},
      {"another key", sealed(all, {1, 2, 4})},
      {"one event of another key",
       together({0, 1, 2, 3, 4}) + guess.line_of(R"({"event":"done"})")},
      {"no seal", all},
      {"a seal alone",
       together({0, 1, 2, 3, 4}) + lines[5].substr(0, 64) + "\n"},
      {"an empty line", together({0, 1, 2, 3, 4}) + "\n" + lines[5]},
      {"half a line at the end", together({0, 1, 2, 3, 4, 5}) + "{"},
  };
  for (const auto& [what, forged] : sequences) {
    INFO(what);
    const auto verdict = verdict_of_bytes(forged);
    CHECK_FALSE(verdict.passed());
    CHECK(verdict.incomplete != "");
  }
}

TEST_CASE("who does nothing earns nothing") {
  const auto planned = [](const char* name, const char* step, bool idle) {
    json tags = {step};
    if (idle) tags.push_back("idle");
    return json{{"name", name}, {"tags", tags}, {"points", 2}};
  };
  const auto points_for = [&](const std::vector<std::string>& passed) {
    std::string events = event(
        {{"event", "plan"},
         {"cases",
          {planned("untouched", "06.1", true), planned("made", "06.1", false),
           planned("all idle", "06.2", true),
           planned("more", "06.3", false)}}});
    for (const auto* name : {"untouched", "made", "all idle", "more"}) {
      const bool passes =
          std::find(passed.begin(), passed.end(), name) != passed.end();
      events += start(name) + result(name, passes ? "passed" : "failed");
    }
    return verdict_of(events + kDone).points();
  };
  CHECK(points_for({"untouched"}) == 0);
  CHECK(points_for({"untouched", "all idle"}) == 0);
  CHECK(points_for({"untouched", "made"}) == 4);
  // Another step does not help, unless this one has nothing but such cases.
  CHECK(points_for({"untouched", "more"}) == 2);
  CHECK(points_for({"all idle", "more"}) == 4);
  CHECK(points_for({"untouched", "made", "all idle", "more"}) == 8);
}

TEST_CASE("a judge that cannot go on says why") {
  const auto broken = event({{"event", "broken"}, {"why", "no footing"}});
  const auto verdict =
      verdict_of_bytes(sealed(plan({"a"}) + start("a") + broken), "", 70);
  CHECK_FALSE(verdict.passed());
  CHECK(verdict.incomplete == "the judge cannot go on: no footing");
}

TEST_CASE("how the judge ended has to fit what it has said") {
  const auto right = plan({"a"}) + good("a") + kDone;
  const auto wrong = plan({"a"}) + start("a") + result("a", "failed") + kDone;
  CHECK(verdict_of_bytes(sealed(right), "", 0).passed());
  CHECK(verdict_of_bytes(sealed(wrong), "", 1).incomplete == "");
  for (const int status : {1, 70, 128 + 9}) {
    CHECK(verdict_of_bytes(sealed(right), "", status).incomplete != "");
  }
  for (const int status : {0, 128 + 9}) {
    CHECK(verdict_of_bytes(sealed(wrong), "", status).incomplete != "");
  }
  JudgeEvents events(kKey);
  events.hear(sealed(right));
  events.close("", std::nullopt);
  CHECK_FALSE(events.verdict().passed());
}

TEST_CASE("a guest that ended early is not a pass, whatever was said before") {
  const auto verdict =
      verdict_of(plan({"a"}) + good("a") + kDone, "the kernel panicked");
  CHECK_FALSE(verdict.passed());
  CHECK(verdict.incomplete == "the kernel panicked");
}

TEST_CASE("a case with a failure has failed, whatever its result says") {
  const auto failure = event({{"event", "failure"},
                              {"case", "a"},
                              {"file", "f.cc"},
                              {"line", 7},
                              {"expected", "x == 1"},
                              {"found", "2 == 1"},
                              {"notes", {"Was it the child?"}}});
  const auto verdict = verdict_of(plan({"a"}) + start("a") + failure +
                                  result("a", "passed") + kDone);
  CHECK_FALSE(verdict.passed());
  CHECK(verdict.incomplete == "");
  CHECK(verdict.points() == 0);
  REQUIRE(verdict.cases.front().failures.size() == 1);
  const auto& heard = verdict.cases.front().failures.front();
  CHECK(heard.file == "f.cc");
  CHECK(heard.line == 7);
  CHECK(heard.expected == "x == 1");
  CHECK(heard.found == "2 == 1");
  CHECK(heard.notes == std::vector<std::string>{"Was it the child?"});
}

TEST_CASE("the earliest step that is waited for comes next") {
  const auto waiting = [](const char* name, const char* step) {
    return start(name) + event({{"event", "result"},
                                {"case", name},
                                {"status", "waiting"},
                                {"step", step}});
  };
  const auto verdict =
      verdict_of(plan({"a", "b", "c"}) + waiting("a", "06.10") +
                 waiting("b", "06.9") + waiting("c", "06.9") + kDone);
  REQUIRE(verdict.first_not_passed() != nullptr);
  CHECK(verdict.first_not_passed()->name == "b");
}

TEST_CASE("a case that waits for a step names it") {
  const auto waiting = event({{"event", "result"},
                              {"case", "a"},
                              {"status", "waiting"},
                              {"step", "06.1"}});
  const auto verdict = verdict_of(plan({"a"}) + start("a") + waiting + kDone);
  CHECK_FALSE(verdict.passed());
  CHECK(verdict.incomplete == "");
  CHECK(verdict.cases.front().waits_for == kit::step_of("06.1"));
}
