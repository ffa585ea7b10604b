// What people read of a verdict.

#include "vm/launcher/report.h"

#include "third_party/catch2.h"

namespace {

using Status = lab::Case::Status;

lab::Case planned(const std::string& name, Status status) {
  return {.name = name,
          .step = kit::step_of("06.2"),
          .points = 3,
          .status = status};
}

std::string report_on(const lab::Case& test) {
  return lab::report({.cases = {test}, .of = 1, .done = true}, "06_cgroups");
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("all is right") {
  const auto report = report_on(planned("a", Status::kPassed));
  CHECK(has(report, "ok       06.2   a  (3 of 3)\n"));
  CHECK(has(report, "3 of 3 points. All is right."));
}

TEST_CASE("a failure: what, how many points, and where to go on") {
  auto test = planned("a", Status::kFailed);
  test.promises = {"inside", "EPERM"};
  test.failures = {{.file = "f.cc",
                    .line = 7,
                    .expected = "x == 1",
                    .found = "2 == 1",
                    .notes = {"Was it the child?"}}};
  const auto report = report_on(test);
  CHECK(has(report, "f.cc:7\n"));
  CHECK(has(report, "expected  x == 1\n"));
  CHECK(has(report, "found     2 == 1\n"));
  CHECK(has(report, "Was it the child?"));
  CHECK(has(report, "contract  06.2 [inside] [EPERM]\n"));
  CHECK(has(report, "0 of 3 points"));
  CHECK(has(report,
            "Next: step 06.2 is not right yet (docs/06_cgroups.md, step "
            "06.2)."));
}

TEST_CASE("a case that waits for a step names it") {
  auto test = planned("a", Status::kWaiting);
  test.waits_for = kit::step_of("06.1");
  const auto report = report_on(test);
  CHECK(has(report, "waiting  06.2   a  (for step 06.1)"));
  CHECK(has(report, "step 06.1 is yours to write"));
}

TEST_CASE("who does nothing is told why there are no points") {
  auto test = planned("a", Status::kPassed);
  test.idle = true;
  CHECK(has(report_on(test), "(0 of 3: it takes nothing to pass it)"));
}

TEST_CASE("what is not complete says why") {
  lab::Verdict verdict{.cases = {planned("a", Status::kStarted)}};
  verdict.incomplete = "the kernel\apanicked";
  const auto report = lab::report(verdict, "06_cgroups");
  CHECK(has(report, "not run  06.2   a"));
  CHECK(has(report, "Not judged to the end: the kernel?panicked."));
}

TEST_CASE("what a program printed does not reach the terminal as it is") {
  auto test = planned("a", Status::kFailed);
  test.failures = {{.found = "\x1b[2J\a\ttext\nmore"}};
  const auto report = report_on(test);
  CHECK(has(report, "?[2J?\ttext\n"));
  CHECK(has(report, "more\n"));
}
