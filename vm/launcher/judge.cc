#include "vm/launcher/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <system_error>

#include "vm/cpio.h"
#include "vm/launcher/printable.h"
#include "vm/launcher/session.h"
#include "vm/launcher/verdict.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr int kTodoStatus = 75;

// A result that nobody can read is none.
struct ReportNotWritten : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// A judged program may print without end: this much is kept.
class Kept {
 public:
  void add(std::string_view bytes) {
    const auto room = kMost - std::min(kMost, text_.size());
    text_.append(bytes.substr(0, room));
    left_out_ += bytes.size() - std::min(room, bytes.size());
  }

  [[nodiscard]] std::string text() const {
    return left_out_ == 0
               ? text_
               : fmt::format("{}\n[{} more bytes]\n", text_, left_out_);
  }

 private:
  static constexpr std::size_t kMost = 256 * 1024;
  std::string text_;
  std::size_t left_out_ = 0;
};

// Whoever collects results must not take an older file, or none, for this one.
void write_output(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  errno = 0;
  if (!(file << text).flush()) {
    throw ReportNotWritten(fmt::format(
        "cannot write {}: {}", path.string(),
        std::generic_category().message(errno == 0 ? ENOENT : errno)));
  }
}

// Writes one of the test's outputs: "console.log", or "console-2.log" if it is
// of the second machine.
void keep_output(const std::string& name, int machine,
                 const std::string& text) {
  const char* const directory = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  if (directory == nullptr) return;
  const auto number = machine == 1 ? "" : fmt::format("-{}", machine);
  write_output(fs::path(directory) / fmt::format("{}{}.log", name, number),
               text);
}

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
  keep_output("console", number, machine.qemu->console());
  keep_output("output", number, run.output);
  return run;
}

// What a machine gets, as an archive.
std::string archive_for(const JudgeOptions& options,
                        const std::string& lesson) {
  std::vector<ArchiveEntry> files = {
      archive_file(options.program, "job/" + lesson)};
  if (!options.judge.empty())
    files.push_back(archive_file(options.judge, "job/judge"));
  if (!options.probe.empty())
    files.push_back(archive_file(options.probe, "job/probe"));
  for (const auto& file : options.files) {
    const auto equals = file.find('=');
    if (equals == std::string::npos)
      throw std::runtime_error("--file wants NAME=PATH, not " + file);
    files.push_back(
        archive_file(file.substr(equals + 1), "job/" + file.substr(0, equals)));
  }
  return write_archive(files);
}

const std::vector<std::string> kEnvironment = {
    "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "TERM=dumb",
    "LANG=C.UTF-8"};

// A skeleton runs, does nothing, and names its first step.
int expect_todo(const JudgeOptions& options, const std::string& lesson) {
  Job job;
  job.argv = {"/job/" + lesson};
  for (const auto& argument : options.arguments) job.argv.push_back(argument);
  job.environment = kEnvironment;
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
  Job job;
  job.judge = true;
  job.argv = {"/job/judge"};
  if (!options.filter.empty()) job.argv.push_back(options.filter);
  job.environment = kEnvironment;
  for (const auto& setting :
       {"JUDGE_PROGRAM=/job/" + lesson, std::string("JUDGE_PROBE=/job/probe"),
        "JUDGE_SHARE=" + share, std::string("JUDGE_EVENTS_FD=3")}) {
    job.environment.push_back(setting);
  }
  job.guarded = !options.unguarded;
  if (options.unguarded) job.environment.emplace_back("JUDGE_UNGUARDED=1");
  return job;
}

// A mutant has to fail at the step that it names, and the report has to name
// the mistake.
class Expectation {
 public:
  Expectation(const JudgeOptions& options, const std::string& lesson)
      : step_(options.expect_failure),
        text_(options.expect_text),
        pattern_(options.expect_text),
        lesson_(lesson) {}

  // Nothing that comes later can change this: cases run in their order.
  [[nodiscard]] bool is_met(const Verdict& verdict) const {
    const auto step = failed_at(verdict);
    return (step_ == "any" ? step != "no step" : step == step_) &&
           says(verdict);
  }

  int judge(const Verdict& verdict) const {
    const bool met = is_met(verdict);
    fmt::print("{}: fails at {} ({} expected), the report {} /{}/\n",
               met ? "as it should" : "NOT AS IT SHOULD", failed_at(verdict),
               step_, says(verdict) ? "says" : "does not say", text_);
    return met ? kJudgedRight : kJudgedWrong;
  }

 private:
  static std::string failed_at(const Verdict& verdict) {
    if (!verdict.broken().empty()) return "machine";
    const auto* first = verdict.first_not_passed();
    if (first == nullptr) return "no step";
    const auto& step =
        first->waits_for.empty() ? first->step : first->waits_for;
    return step.empty() ? "given" : step;
  }

  [[nodiscard]] bool says(const Verdict& verdict) const {
    return std::regex_search(verdict.report(lesson_), pattern_);
  }

  std::string step_, text_;
  std::regex pattern_;
  std::string lesson_;
};

// A learner who has come as far as this step: no case fails, and the earliest
// step that one waits for is this one, to which the report sends the learner.
int judge_waiting(const Verdict& verdict, const std::string& step) {
  const auto* next = verdict.first_not_passed();
  const bool met = verdict.broken().empty() && next != nullptr &&
                   next->status == Case::Status::kWaiting &&
                   next->waits_for == step;
  fmt::print("{}: no case fails, and {} is the next step\n",
             met ? "as it should" : "NOT AS IT SHOULD", step);
  return met ? kJudgedRight : kJudgedWrong;
}

// A program that does nothing of what is asked.
int judge_idle(const Verdict& verdict) {
  const bool met = verdict.broken().empty() && verdict.points() == 0;
  fmt::print("{}: it is judged to the end, and earns no points\n",
             met ? "as it should" : "NOT AS IT SHOULD");
  return met ? kJudgedRight : kJudgedWrong;
}

// What is to be judged, and in how many machines.
struct Task {
  const JudgeOptions& options;
  std::string lesson;
  std::optional<Expectation> expectation;
  std::string archive;
  int machines = 1;
};

// What the judge in one machine has said and printed.
struct Judged {
  Verdict verdict;
  std::string output;
};

// Judges in one of the machines: its share of the cases.
Judged judge_share(const Task& task, int number) {
  const auto key = new_seal_key();
  Verdict verdict(key);
  const auto hear = [&](std::string_view bytes) { verdict.hear(bytes); };
  const auto enough = [&] {
    return !verdict.broken().empty() ||
           (task.expectation && task.expectation->is_met(verdict));
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

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// There is nothing to judge. That is a verdict, too, so that nobody takes an
// older one for it.
int judge_unbuilt(const std::string& lesson, const std::string& messages) {
  Verdict verdict(SealKey{});
  verdict.close("the program cannot be built", std::nullopt);
  fmt::print("{}\n\n{}\nIt cannot be built: 0 points.\n", lesson,
             printable(messages));
  if (const char* const file = std::getenv("XML_OUTPUT_FILE")) {
    write_output(file, verdict.junit(lesson));
  }
  return kJudgedWrong;
}

int judge_and_report(const JudgeOptions& options) {
  const std::string lesson = fs::path(options.program).filename();
  if (!options.messages.empty()) {
    const auto messages = content(options.messages);
    if (!messages.empty()) return judge_unbuilt(lesson, messages);
  }
  if (!options.expect_todo.empty()) return expect_todo(options, lesson);

  Task task{options, lesson, std::nullopt, archive_for(options, lesson)};
  if (!options.expect_failure.empty())
    task.expectation.emplace(options, lesson);
  // A filter leaves few cases: a second machine would cost more than it brings.
  if (options.filter.empty()) task.machines = options.machines;
  const auto [verdict, output] = judge_all(task);

  fmt::print("{}", verdict.report(lesson));
  if (!verdict.broken().empty() && !output.empty()) {
    fmt::print("\nThe judge printed:\n{}\n", printable(output));
  }
  if (const char* const file = std::getenv("XML_OUTPUT_FILE")) {
    write_output(file, verdict.junit(lesson));
  }
  if (task.expectation) return task.expectation->judge(verdict);
  if (!options.expect_waiting.empty()) {
    return judge_waiting(verdict, options.expect_waiting);
  }
  if (options.expect_no_points) return judge_idle(verdict);
  if (verdict.passed()) return kJudgedRight;
  return verdict.broken().empty() ? kJudgedWrong : kNotJudged;
}

}  // namespace

int judge(const JudgeOptions& options) {
  int status = kNotJudged;
  try {
    status = judge_and_report(options);
    if (std::fflush(stdout) != 0) {
      throw ReportNotWritten("cannot write the report to standard output");
    }
  } catch (const ReportNotWritten& error) {
    (void)std::fputs(fmt::format("lab: {}\n", error.what()).c_str(), stderr);
    status = kNotJudged;
  }
  return status;
}

}  // namespace lab
