// Where a judging leaves its results: the statuses, and the files of a test.

#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace lab {

// Statuses of `lab judge` and `lab judge-many`.
inline constexpr int kJudgedRight = 0;
inline constexpr int kJudgedWrong = 1;  // Judged, and something is not right.
// The guest or the judge did not live to the end: the report says of what. Or
// the report itself could not be written: a line on standard error says where.
inline constexpr int kNotJudged = 2;

// Calls `judge`, which prints a report and returns a status, and returns that:
// kNotJudged if standard output or a file did not take the report.
int with_report(const std::function<int()>& judge);

// Writes JUnit XML to $XML_OUTPUT_FILE, if that is set. For with_report().
void write_junit(const std::string& xml);

// Writes one of the test's outputs, NAME.log in $TEST_UNDECLARED_OUTPUTS_DIR,
// if that is set. For with_report().
void keep_output(const std::string& name, const std::string& text);

// What a judging took in one guest: to wake it, to bring the job's files there,
// and to judge.
struct Times {
  std::chrono::duration<double> wake, payload, judge;
};

// Adds a line of JSON with these seconds to $LAB_TIMES, if that is set: for
// //tests/bench:suite.
void note_times(const Times& times);

}  // namespace lab
