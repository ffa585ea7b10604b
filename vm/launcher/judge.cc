#include "vm/launcher/judge.h"

#include <fmt/format.h>

#include <filesystem>

#include "vm/launcher/content.h"
#include "vm/launcher/expectation.h"
#include "vm/launcher/judge_job.h"
#include "vm/launcher/junit.h"
#include "vm/launcher/outputs.h"
#include "vm/launcher/printable.h"
#include "vm/launcher/shares.h"
#include "vm/launcher/skeleton.h"

namespace lab {
namespace {

// There is nothing to judge. That is a verdict, too, so that nobody takes an
// older one for it.
int report_unbuilt(const std::string& lesson, const std::string& messages) {
  Verdict verdict;
  verdict.incomplete = "the program cannot be built";
  fmt::print("{}\n\n{}\nIt cannot be built: 0 points.\n", lesson,
             printable(messages));
  write_junit(junit(lesson, verdict));
  return kJudgedWrong;
}

int status_of(const Verdict& verdict) {
  if (verdict.passed()) return kJudgedRight;
  return verdict.incomplete.empty() ? kJudgedWrong : kNotJudged;
}

int judge_and_report(const JudgeOptions& options, const CourseTest& test) {
  const std::string lesson = std::filesystem::path(options.program).filename();
  if (!options.messages.empty()) {
    const auto messages = content(options.messages);
    if (!messages.empty()) return report_unbuilt(lesson, messages);
  }
  if (!test.todo.empty()) return judge_skeleton(options, test, lesson);

  const auto judged = judge_in_shares(options, test, lesson);
  const auto& verdict = judged.verdict;
  fmt::print("{}", report_on(judged, lesson));
  write_junit(junit(lesson, verdict));

  const Expectation expectation(test.expected, lesson);
  if (!expectation.is_any()) return status_of(verdict);
  const bool met = expectation.is_met(verdict);
  fmt::print("{}: {}\n", met ? "as it should" : "NOT AS IT SHOULD",
             expectation.describe(verdict));
  return met ? kJudgedRight : kJudgedWrong;
}

}  // namespace

int judge(const JudgeOptions& options, const CourseTest& test) {
  return with_report([&] { return judge_and_report(options, test); });
}

}  // namespace lab
