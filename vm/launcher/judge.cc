#include "vm/launcher/judge.h"

#include <fmt/format.h>

#include <filesystem>
#include <future>
#include <stdexcept>

#include "vm/archive.h"
#include "vm/launcher/judge_job.h"
#include "vm/launcher/printable.h"
#include "vm/launcher/job.h"
#include "vm/launcher/verdict.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr int kTodoStatus = 75;

struct Listener {
  std::function<void(std::string_view)> events = [](std::string_view) {};
  std::function<bool()> enough = [] { return false; };  // As SessionOptions.
  std::string key = {};                                 // As SessionOptions.
};

struct Run {
  Ending ending;
  std::string output;
};

// Runs `job` in machine `number`, which gets the files in `archive`.
Run run_in_machine(int number, const std::string& archive, Job job,
                   const JudgeOptions& options, const Listener& listener = {}) {
  Disks disks = make_disks();
  if (!options.image.empty()) add_image(disks, job, options.image);
  job.payload = put_payload(disks, archive);
  auto machine =
      wake(Parts::beside_launcher(), std::move(disks),
           [](const std::string& line) { fmt::print("lab: {}\n", line); });
  Kept output;
  const auto keep = [&](std::string_view bytes) { output.add(bytes); };
  Run run;
  run.ending =
      run_session(machine, std::move(job), {keep, keep, listener.events},
                  {.forward_input = false,
                   .deadline = std::chrono::seconds(options.deadline_seconds),
                   .enough = listener.enough,
                   .key = listener.key});
  run.output = output.text();
  const auto suffix = number == 1 ? "" : fmt::format("-{}", number);
  keep_output("console" + suffix, machine.qemu->console());
  keep_output("output" + suffix, run.output);
  return run;
}

// What a machine gets, as an archive.
std::string archive_for(const JudgeOptions& options,
                        const std::string& lesson) {
  auto files =
      files_of_job(options.program, lesson, options.judge, options.probe);
  for (const auto& file : options.files) {
    const auto equals = file.find('=');
    if (equals == std::string::npos)
      throw std::runtime_error("--file wants NAME=PATH, not " + file);
    files.push_back(
        archive_file(file.substr(equals + 1), "job/" + file.substr(0, equals)));
  }
  return write_archive(files);
}

// A skeleton runs, does nothing, and names its first step.
int expect_todo(const JudgeOptions& options, const std::string& lesson) {
  auto job = job_of(lesson);
  for (const auto& argument : options.arguments) job.argv.push_back(argument);
  const auto run =
      run_in_machine(1, archive_for(options, lesson), std::move(job), options);
  const auto wanted =
      fmt::format("{}: step {} is yours to write (docs/{}.md)\n", lesson,
                  options.expect_todo, lesson);
  if (!run.ending.status) {
    fmt::print("not judged: {}{}\n", run.ending.refused,
               run.ending.machine_died);
    return kNotJudged;
  }
  if (*run.ending.status == kTodoStatus && run.output == wanted)
    return kJudgedRight;
  fmt::print("expected  status {}, and: {}found     status {}, and: {}\n",
             kTodoStatus, wanted, *run.ending.status, run.output);
  return kJudgedWrong;
}

Job judge_job(const JudgeOptions& options, const std::string& lesson,
              const std::string& share) {
  auto job = job_of_judge(lesson, options.filter);
  job.environment.push_back("JUDGE_SHARE=" + share);
  job.guarded = !options.unguarded;
  if (options.unguarded) job.environment.emplace_back("JUDGE_UNGUARDED=1");
  return job;
}

// What is to be judged, and in how many machines.
struct Task {
  const JudgeOptions& options;
  std::string lesson;
  Expectation expectation;
  std::string archive;
  int machines = 1;
};

// Judges in one of the machines: its share of the cases.
Judged judge_share(const Task& task, int number) {
  const auto key = new_seal_key();
  Verdict verdict(key);
  const auto hear = [&](std::string_view bytes) { verdict.hear(bytes); };
  const auto enough = [&] {
    return !verdict.broken().empty() || task.expectation.is_settled(verdict);
  };
  const auto share = fmt::format("{}/{}", number, task.machines);
  const auto run = run_in_machine(
      number, task.archive, judge_job(task.options, task.lesson, share),
      task.options, {hear, enough, std::string(key.begin(), key.end())});
  if (!enough()) {
    verdict.close(run.ending.refused + run.ending.machine_died,
                  run.ending.status);
  }
  return {std::move(verdict), run.output};
}

// Judges in all machines at once. Each has a thread that waits for it.
Judged judge_all(const Task& task) {
  std::vector<std::future<Judged>> running;
  for (int number = 1; number <= task.machines; ++number) {
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
  return {Verdict::of_shares(verdicts), output};
}

// There is nothing to judge. That is a verdict, too, so that nobody takes an
// older one for it.
int judge_unbuilt(const std::string& lesson, const std::string& messages) {
  Verdict verdict(SealKey{});
  verdict.close("the program cannot be built", std::nullopt);
  fmt::print("{}\n\n{}\nIt cannot be built: 0 points.\n", lesson,
             printable(messages));
  write_junit(verdict.junit(lesson));
  return kJudgedWrong;
}

int judge_and_report(const JudgeOptions& options) {
  const std::string lesson = fs::path(options.program).filename();
  if (!options.messages.empty()) {
    const auto messages = content(options.messages);
    if (!messages.empty()) return judge_unbuilt(lesson, messages);
  }
  if (!options.expect_todo.empty()) return expect_todo(options, lesson);

  Task task{options, lesson, Expectation(options.expected, lesson),
            archive_for(options, lesson)};
  // A filter leaves few cases: a second machine would cost more than it brings.
  if (options.filter.empty()) task.machines = options.machines;
  const auto [verdict, output] = judge_all(task);

  fmt::print("{}", verdict.report(lesson));
  if (!verdict.broken().empty() && !output.empty()) {
    fmt::print("\nThe judge printed:\n{}\n", printable(output));
  }
  write_junit(verdict.junit(lesson));
  if (task.expectation.is_any()) {
    const bool met = task.expectation.is_met(verdict);
    fmt::print("{}: {}\n", met ? "as it should" : "NOT AS IT SHOULD",
               task.expectation.describe(verdict));
    return met ? kJudgedRight : kJudgedWrong;
  }
  if (verdict.passed()) return kJudgedRight;
  return verdict.broken().empty() ? kJudgedWrong : kNotJudged;
}

}  // namespace

int judge(const JudgeOptions& options) {
  return with_report([&] { return judge_and_report(options); });
}

}  // namespace lab
