// What tools read of a verdict. That any XML parser can read it is xml_test's.

#include "vm/launcher/junit.h"

#include "third_party/catch2.h"

namespace {

using Outcome = lab::JunitCase::Outcome;
using Status = lab::Case::Status;

std::string xml_of(const lab::Case& test, const std::string& incomplete = "") {
  return lab::junit("06_cgroups", {.cases = {test}, .incomplete = incomplete});
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

int count(const std::string& text, const std::string& part) {
  int number = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
    ++number;
  return number;
}

}  // namespace

TEST_CASE("a case that has passed has nothing in it") {
  const auto xml =
      xml_of({.name = "a", .status = Status::kPassed, .seconds = 1.5});
  CHECK(has(xml,
            "<testcase classname=\"06_cgroups\" name=\"a\" "
            "time=\"1.500\"></testcase>"));  // With a point: seconds.
  CHECK(has(xml, "tests=\"1\" failures=\"0\" errors=\"0\" time=\"1.500\""));
}

TEST_CASE("two failures of a case are one, with a short message") {
  lab::Case test{.name = "a", .status = Status::kFailed};
  test.failures = {{.file = "f.cc",
                    .line = 7,
                    .expected = "x == 1\nof all",
                    .found = "2 == 1",
                    .notes = {"Was it the child?"}},
                   {.file = "f.cc", .line = 9, .expected = "y < 2"}};
  const auto xml = xml_of(test);
  CHECK(count(xml, "<failure") == 1);
  CHECK(has(xml,
            "<failure message=\"f.cc:7: expected x == 1\">"
            "f.cc:7\nexpected  x == 1\nof all\nfound     2 == 1\n"
            "Was it the child?\n\n"
            "f.cc:9\nexpected  y &lt; 2\nfound     </failure>"));
  CHECK(has(xml, "failures=\"1\" errors=\"0\""));
}

TEST_CASE("a failure without an expectation says what was found") {
  lab::Case test{.name = "a", .status = Status::kFailed};
  test.failures = {{.file = "f.cc", .line = 7, .found = "nothing"}};
  CHECK(has(xml_of(test), "message=\"f.cc:7: found nothing\""));
  test.failures.clear();
  CHECK(has(xml_of(test), "<failure message=\"it has failed\">it has failed<"));
}

TEST_CASE("a long message is cut between two characters, and the body is not") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\xc3\xa9";
  for (const auto* before : {"", "x"}) {
    const auto xml = lab::junit("s", {{.name = "a",
                                       .outcome = Outcome::kFailure,
                                       .message = before + text}});
    CHECK(has(xml, "\xc3\xa9...\">"));
    CHECK(has(xml, text + "</failure>"));
  }
}

TEST_CASE("a case that waits is a failure, and one without a result an error") {
  const auto waits = xml_of({.name = "a",
                             .status = Status::kWaiting,
                             .waits_for = kit::step_of("06.1")});
  CHECK(has(waits,
            "<failure message=\"step 06.1 is yours to write "
            "(docs/06_cgroups.md)\">step 06.1 is yours"));

  lab::Case test{.name = "a", .status = Status::kStarted};
  test.failures = {{.file = "f.cc", .line = 7, .expected = "x == 1"}};
  const auto xml = xml_of(test, "the kernel panicked");
  CHECK(has(xml, "<error message=\"no result\">f.cc:7\nexpected  x == 1"));
  CHECK(has(xml,
            "name=\"the judge ran to its end\" time=\"0.000\">"
            "<error message=\"the kernel panicked\">the kernel panicked<"));
  CHECK(has(xml, "tests=\"2\" failures=\"0\" errors=\"2\""));
  CHECK(count(xml, "<error") == 2);
}

TEST_CASE("the report cannot be broken by what a program printed") {
  lab::Case test{.name = "a", .status = Status::kFailed};
  test.failures = {{.found = "\"]]>\x01<x a=\"&\n"}};
  const auto xml = xml_of(test);
  CHECK_FALSE(has(xml, "<x a="));
  CHECK_FALSE(has(xml, "]]>"));
  CHECK_FALSE(has(xml, "\x01"));
}
