// What all ways of judging programs share: what the machine gets, what is kept
// of what it prints, and where results are written.

#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "vm/archive.h"
#include "vm/launcher/verdict.h"
#include "vm/protocol.h"

namespace lab {

// Statuses of `lab judge` and `lab judge-many`.
inline constexpr int kJudgedRight = 0;
inline constexpr int kJudgedWrong = 1;  // Judged, and something is not right.
// The machine or the judge did not live to the end: the report says of what. Or
// the report itself could not be written: a line on standard error says where.
inline constexpr int kNotJudged = 2;

// Calls `judge`, which prints a report and returns a status, and returns that:
// kNotJudged if standard output or a file did not take the report.
int with_report(const std::function<int()>& judge);

// What is in a file. Throws std::runtime_error.
std::string content(const std::string& path);

// Writes JUnit XML to $XML_OUTPUT_FILE, if that is set. For with_report().
void write_junit(const std::string& xml);

// Writes one of the test's outputs, NAME.log in $TEST_UNDECLARED_OUTPUTS_DIR,
// if that is set. For with_report().
void keep_output(const std::string& name, const std::string& text);

// A judged program may print without end: this much is kept.
class Kept {
 public:
  void add(std::string_view bytes);
  [[nodiscard]] std::string text() const;

 private:
  std::string text_;
  std::size_t left_out_ = 0;
};

// What one judge has said and printed.
struct Judged {
  Verdict verdict;
  std::string output;
};

// The files of a job, for the machine's archive: `program` as /job/LESSON, the
// judge and its probe. "" leaves one out.
std::vector<ArchiveEntry> files_of_job(const std::string& program,
                                       const std::string& lesson,
                                       const std::string& judge,
                                       const std::string& probe);

// A job without arguments, which runs /job/NAME.
Job job_of(const std::string& name);

// A judge's job, with these files. `filter`: which cases, as Catch2 wants it.
Job job_of_judge(const std::string& lesson, const std::string& filter);

}  // namespace lab
