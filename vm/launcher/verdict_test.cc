// The host believes a judge's story only if it is complete.

#include "vm/launcher/verdict.h"

#include <algorithm>
#include <sstream>

#include "third_party/catch2.h"

namespace {

using lab::Verdict;
using nlohmann::json;

const lab::SealKey kKey = {1, 2, 3};

// An event before it has its number and its seal.
std::string event(const json& fields) { return fields.dump() + "\n"; }

// What the judge sends for these events.
std::string sealed(const std::string& story, const lab::SealKey& key = kKey) {
  lab::Seal seal(key);
  std::string bytes;
  std::istringstream lines(story);
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

// How a judge ends that has said `story`.
int fitting_status(const std::string& story) {
  const bool all_passed = story.find("failed") == std::string::npos &&
                          story.find("failure") == std::string::npos &&
                          story.find("waiting") == std::string::npos;
  return all_passed ? 0 : 1;
}

Verdict verdict_of_bytes(const std::string& bytes,
                         const std::string& early_end = "", int status = 0) {
  Verdict verdict(kKey);
  verdict.hear(bytes);
  verdict.close(early_end, status);
  return verdict;
}

Verdict verdict_of(const std::string& story,
                   const std::string& early_end = "") {
  return verdict_of_bytes(sealed(story), early_end, fitting_status(story));
}

std::string good(const std::string& name) {
  return start(name) + result(name, "passed");
}

}  // namespace

TEST_CASE("a complete story in which all is right passes") {
  const auto verdict =
      verdict_of(plan({"a", "b"}) + good("a") + good("b") + kDone);
  CHECK(verdict.broken() == "");
  CHECK(verdict.passed());
  CHECK(verdict.report("06_cgroups").find("6 of 6 points") !=
        std::string::npos);
}

TEST_CASE("a judge that is one of many says first what the guest is like") {
  const auto verdict =
      verdict_of(state("two files") + plan({"a"}) + good("a") + kDone);
  CHECK(verdict.passed());
  CHECK(verdict.state() == "two files");
  CHECK(verdict_of(plan({"a"}) + good("a") + kDone).state().empty());
}

TEST_CASE("bytes may come in any pieces") {
  const auto story = sealed(plan({"a"}) + good("a") + kDone);
  Verdict verdict(kKey);
  for (const char byte : story) verdict.hear({&byte, 1});
  verdict.close("", 0);
  CHECK(verdict.passed());
}

TEST_CASE("a story that is not complete never passes") {
  const auto a = good("a");
  const std::vector<std::pair<std::string, std::string>> stories = {
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
      {"an unknown event", plan({"a"}) + a + event({{"event", "win"}}) + kDone},
      {"no JSON", plan({"a"}) + a + "passed\n" + kDone},
      {"JSON of another kind", plan({"a"}) + a + "[1]\n" + kDone},
      {"an endless line", std::string(3 << 20, 'x')},
  };
  for (const auto& [what, story] : stories) {
    INFO(what);
    const auto verdict = verdict_of(story);
    CHECK_FALSE(verdict.passed());
    CHECK(verdict.broken() != "");
  }
}

TEST_CASE("shares that were dealt to several machines make one verdict") {
  const auto first = plan({"a", "c"}, 3) + good("a") + good("c") + kDone;
  const auto second = plan({"b"}, 3) + good("b") + kDone;
  const auto whole =
      Verdict::of_shares({verdict_of(first), verdict_of(second)});
  CHECK(whole.passed());
  REQUIRE(whole.cases().size() == 3);
  CHECK(whole.cases()[1].name == "b");

  const auto wrong =
      plan({"b"}, 3) + start("b") + result("b", "failed") + kDone;
  CHECK_FALSE(
      Verdict::of_shares({verdict_of(first), verdict_of(wrong)}).passed());
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
    const auto whole =
        Verdict::of_shares({verdict_of(first), verdict_of(second)});
    CHECK_FALSE(whole.passed());
    CHECK(whole.broken() != "");
  }
}

TEST_CASE("who changes what the judge has sent breaks the story") {
  const auto story = plan({"a", "b"}) + good("a") + good("b") + kDone;
  std::vector<std::string> lines;
  std::istringstream bytes(sealed(story));
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
  const std::vector<std::pair<std::string, std::string>> stories = {
      {"an event twice", together({0, 1, 1, 2, 3, 4, 5})},
      {"an event again, later", together({0, 1, 2, 3, 4, 2, 5})},
      {"another order", together({0, 3, 4, 1, 2, 5})},
      {"an event left out", together({0, 1, 2, 4, 5})},
      {"only a part", together({0, 1, 2, 5})},
      {"a changed event", together({0, 1}) + changed + together({3, 4, 5})},
      {"another key", sealed(story, {1, 2, 4})},
      {"one event of another key",
       together({0, 1, 2, 3, 4}) + guess.line_of(R"({"event":"done"})")},
      {"no seal", story},
      {"a seal alone",
       together({0, 1, 2, 3, 4}) + lines[5].substr(0, 64) + "\n"},
      {"an empty line", together({0, 1, 2, 3, 4}) + "\n" + lines[5]},
      {"half a line at the end", together({0, 1, 2, 3, 4, 5}) + "{"},
  };
  for (const auto& [what, forged] : stories) {
    INFO(what);
    const auto verdict = verdict_of_bytes(forged);
    CHECK_FALSE(verdict.passed());
    CHECK(verdict.broken() != "");
  }
}

TEST_CASE("who does nothing earns nothing") {
  const auto planned = [](const char* name, const char* step, bool idle) {
    json tags = {step};
    if (idle) tags.push_back("idle");
    return json{{"name", name}, {"tags", tags}, {"points", 2}};
  };
  const auto story = [&](const std::vector<std::string>& passed) {
    std::string text = event(
        {{"event", "plan"},
         {"cases",
          {planned("untouched", "06.1", true), planned("made", "06.1", false),
           planned("all idle", "06.2", true),
           planned("more", "06.3", false)}}});
    for (const auto* name : {"untouched", "made", "all idle", "more"}) {
      const bool passes =
          std::find(passed.begin(), passed.end(), name) != passed.end();
      text += start(name) + result(name, passes ? "passed" : "failed");
    }
    return verdict_of(text + kDone).points();
  };
  CHECK(story({"untouched"}) == 0);
  CHECK(story({"untouched", "all idle"}) == 0);
  CHECK(story({"untouched", "made"}) == 4);
  // Another step does not help, unless this one has nothing but such cases.
  CHECK(story({"untouched", "more"}) == 2);
  CHECK(story({"all idle", "more"}) == 4);
  CHECK(story({"untouched", "made", "all idle", "more"}) == 8);
}

TEST_CASE("a judge that cannot go on says why") {
  const auto broken = event({{"event", "broken"}, {"why", "no footing"}});
  const auto verdict =
      verdict_of_bytes(sealed(plan({"a"}) + start("a") + broken), "", 70);
  CHECK_FALSE(verdict.passed());
  CHECK(verdict.broken() == "the judge cannot go on: no footing");
}

TEST_CASE("how the judge ended has to fit what it has said") {
  const auto right = plan({"a"}) + good("a") + kDone;
  const auto wrong = plan({"a"}) + start("a") + result("a", "failed") + kDone;
  CHECK(verdict_of_bytes(sealed(right), "", 0).passed());
  CHECK(verdict_of_bytes(sealed(wrong), "", 1).broken() == "");
  for (const int status : {1, 70, 128 + 9}) {
    CHECK(verdict_of_bytes(sealed(right), "", status).broken() != "");
  }
  for (const int status : {0, 128 + 9}) {
    CHECK(verdict_of_bytes(sealed(wrong), "", status).broken() != "");
  }
  Verdict verdict(kKey);
  verdict.hear(sealed(right));
  verdict.close("", std::nullopt);
  CHECK_FALSE(verdict.passed());
}

TEST_CASE(
    "a machine that ended early is not a pass, whatever was said before") {
  const auto verdict =
      verdict_of(plan({"a"}) + good("a") + kDone, "the kernel panicked");
  CHECK_FALSE(verdict.passed());
  CHECK(verdict.broken() == "the kernel panicked");
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
  CHECK(verdict.broken() == "");
  const auto report = verdict.report("06_cgroups");
  CHECK(report.find("Was it the child?") != std::string::npos);
  CHECK(report.find("0 of 3 points") != std::string::npos);
  CHECK(report.find("docs/06_cgroups.md, step 06.2") != std::string::npos);
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
  CHECK(verdict.broken() == "");
  CHECK(verdict.report("06_cgroups").find("step 06.1 is yours to write") !=
        std::string::npos);
}

TEST_CASE("what a program printed does not reach the terminal as it is") {
  const auto failure = event({{"event", "failure"},
                              {"case", "a"},
                              {"found", "\x1b[2J\a\ttext\nmore"}});
  const auto verdict = verdict_of(plan({"a"}) + start("a") + failure +
                                  result("a", "failed") + kDone);
  const auto report = verdict.report("06_cgroups");
  CHECK(report.find("?[2J?\ttext\n") != std::string::npos);
  CHECK(report.find("more\n") != std::string::npos);
}

TEST_CASE("the XML report cannot be broken by what a program printed") {
  const auto failure = event(
      {{"event", "failure"}, {"case", "a"}, {"found", "\"]]>\x01<x a=\"&\n"}});
  const auto verdict = verdict_of(plan({"a"}) + start("a") + failure +
                                  result("a", "failed") + kDone);
  const auto xml = verdict.junit("06_cgroups");
  CHECK(xml.find("<x a=") == std::string::npos);
  CHECK(xml.find('\x01') == std::string::npos);
  CHECK(xml.find("failures=\"1\"") != std::string::npos);
  CHECK(xml.find("time=\"0.000\"") !=
        std::string::npos);  // With a point: seconds.
}
