#include "vm/launcher/skeleton.h"

#include <fmt/format.h>

#include <utility>

#include "vm/launcher/fresh_guest.h"
#include "vm/launcher/judge_job.h"
#include "vm/launcher/outputs.h"

namespace lab {
namespace {

constexpr int kTodoStatus = 75;

}  // namespace

int judge_skeleton(const JudgeOptions& options, const CourseTest& test,
                   const std::string& lesson) {
  auto job = job_of(lesson);
  for (const auto& argument : test.arguments) job.argv.push_back(argument);
  const auto [ending, output] = run_in_fresh_guest(
      1, archive_for(options, lesson), std::move(job), options);
  if (!ending.status) {
    fmt::print("not judged: {}{}\n", ending.refused, ending.guest_died);
    return kNotJudged;
  }
  const auto wanted = fmt::format(
      "{0}: step {1} is yours to write (docs/{0}.md)\n", lesson, test.todo);
  if (*ending.status == kTodoStatus && output == wanted) return kJudgedRight;
  fmt::print("expected  status {}, and: {}found     status {}, and: {}\n",
             kTodoStatus, wanted, *ending.status, output);
  return kJudgedWrong;
}

}  // namespace lab
