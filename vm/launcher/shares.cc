#include "vm/launcher/shares.h"

#include <fmt/format.h>

#include <future>
#include <vector>

#include "vm/launcher/expectation.h"
#include "vm/launcher/fresh_guest.h"
#include "vm/launcher/judge_events.h"

namespace lab {
namespace {

// What is to be judged, and in how many guests.
struct Task {
  const JudgeOptions& options;
  const CourseTest& test;
  const std::string& lesson;
  Expectation expectation;
  std::string archive;
  int guests = 1;
};

Job job_of_share(const Task& task, int number) {
  auto job = job_of_judge(task.lesson, task.options.filter);
  job.environment.push_back(
      fmt::format("JUDGE_SHARE={}/{}", number, task.guests));
  job.guarded = !task.test.unguarded;
  if (task.test.unguarded) job.environment.emplace_back("JUDGE_UNGUARDED=1");
  return job;
}

// Judges in one of the guests: its share of the cases.
Judged judge_share(const Task& task, int number) {
  const auto key = new_seal_key();
  JudgeEvents events(key);
  const auto& verdict = events.verdict();
  const auto hear = [&](std::string_view bytes) { events.hear(bytes); };
  const auto enough = [&] {
    return !verdict.incomplete.empty() || task.expectation.is_settled(verdict);
  };
  const auto [ending, output] = run_in_fresh_guest(
      number, task.archive, job_of_share(task, number), task.options,
      {hear, enough, std::string(key.begin(), key.end())});
  if (!enough()) {
    events.close(ending.refused + ending.guest_died, ending.status);
  }
  return {verdict, output};
}

}  // namespace

Judged judge_in_shares(const JudgeOptions& options, const CourseTest& test,
                       const std::string& lesson) {
  const Task task{options,
                  test,
                  lesson,
                  Expectation(test.expected, lesson),
                  archive_for(options, lesson),
                  options.filter.empty() ? options.guests : 1};
  // Each guest has a thread that waits for it.
  std::vector<std::future<Judged>> running;
  for (int number = 1; number <= task.guests; ++number) {
    running.push_back(std::async(
        std::launch::async, [&, number] { return judge_share(task, number); }));
  }
  std::vector<Verdict> verdicts;
  std::string output;
  for (auto& each : running) {
    auto judged = each.get();
    verdicts.push_back(std::move(judged.verdict));
    output += judged.output;
  }
  return {combine(verdicts), output};
}

}  // namespace lab
