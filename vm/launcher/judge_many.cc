#include "vm/launcher/judge_many.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "vm/launcher/content.h"
#include "vm/launcher/expectation.h"
#include "vm/launcher/judge_job.h"
#include "vm/launcher/junit.h"
#include "vm/launcher/outputs.h"
#include "vm/launcher/printable.h"
#include "vm/launcher/report.h"
#include "vm/launcher/shared_guest.h"

namespace lab {
namespace {

using nlohmann::json;

// --- What is to be judged ----------------------------------------------------

struct Program {
  std::string name;
  std::string path;          // Its file name is the lesson's.
  std::string mistake = {};  // In words; "" if it is none.
  Expected expected = {};
};

// What follows "NAME: " in the header of a wrong program: a patch, or a source
// file in which it is a comment.
std::string field(const std::string& header, const std::string& name) {
  std::istringstream lines(header);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("// ")) line.erase(0, 3);
    if (!line.starts_with(name + ":")) continue;
    const auto begin = line.find_first_not_of(' ', name.size() + 1);
    return begin == std::string::npos ? "" : line.substr(begin);
  }
  return "";
}

Program program_of(const json& entry) {
  Program program{.name = entry.at("name"), .path = entry.at("program")};
  program.expected.waiting = entry.value("waiting", "");
  if (!entry.contains("wrong")) return program;
  const auto wrong = entry.at("wrong").get<std::string>();
  const auto header = content(wrong);
  program.mistake = field(header, "Mistake");
  program.expected.failure = field(header, "Fails");
  program.expected.text = field(header, "Says");
  if (program.expected.failure.empty()) {
    throw std::runtime_error(wrong + " does not say how it fails");
  }
  return program;
}

std::vector<Program> programs_of(const ManyOptions& options) {
  std::vector<Program> programs;
  for (const auto& entry : json::parse(content(options.list))) {
    auto program = program_of(entry);
    if (options.filter.empty() ||
        ::fnmatch(options.filter.c_str(), program.name.c_str(), 0) == 0) {
      programs.push_back(std::move(program));
    }
  }
  if (programs.empty()) throw std::runtime_error("there is nothing to judge");
  return programs;
}

// --- All of them -------------------------------------------------------------

// What has become of one program.
struct Result {
  bool met = false;
  std::string report = {};  // For people.
  double seconds = 0;
};

class Many {
 public:
  explicit Many(const ManyOptions& options)
      : options_(options),
        programs_(programs_of(options)),
        results_(programs_.size()) {}

  int run();

 private:
  void work();
  Result judge(const Program& program, std::optional<SharedGuest>& guest);
  Judged judge(const Program& program, const std::string& lesson,
               const Expectation& expectation,
               std::optional<SharedGuest>& guest);
  void tell(const Program& program, const Result& result);
  void write_results() const;

  const ManyOptions& options_;
  const std::vector<Program> programs_;
  std::vector<Result> results_;  // Of each, written by who has judged it.
  std::atomic<std::size_t> next_ = 0;
  std::mutex printing_;
};

// Each guest has a thread, which wakes it and ends it.
int Many::run() {
  std::vector<std::future<void>> running;
  for (int number = 0; number < options_.guests; ++number) {
    running.push_back(std::async(std::launch::async, [this] { work(); }));
  }
  for (auto& each : running) each.get();
  write_results();
  const auto met = std::ranges::count(results_, true, &Result::met);
  fmt::print("\n{} of {} are as they should be.\n", met, results_.size());
  return met == std::ssize(results_) ? kJudgedRight : kJudgedWrong;
}

void Many::work() try {
  std::optional<SharedGuest> guest;
  for (auto i = next_++; i < programs_.size(); i = next_++) {
    const auto begin = Clock::now();
    results_[i] = judge(programs_[i], guest);
    const std::chrono::duration<double> time = Clock::now() - begin;
    results_[i].seconds = time.count();
    tell(programs_[i], results_[i]);
  }
} catch (...) {
  next_ = programs_.size();  // The others need not go on.
  throw;
}

Result Many::judge(const Program& program, std::optional<SharedGuest>& guest) {
  const std::string lesson = std::filesystem::path(program.path).filename();
  const Expectation expectation(program.expected, lesson);
  const auto [verdict, output] = judge(program, lesson, expectation, guest);
  const bool met = expectation.is_met(verdict);
  auto report = expectation.describe(verdict);
  if (met) return {.met = true, .report = report};

  report += "\n\n" + lab::report(verdict, lesson);
  if (!verdict.incomplete.empty() && !output.empty()) {
    report += fmt::format("\nThe judge printed:\n{}\n", printable(output));
  }
  return {.met = false, .report = report};
}

// Judges in `guest`, or in a fresh one if there is none or if it has changed.
// Leaves no guest there in which no other judge may follow.
Judged Many::judge(const Program& program, const std::string& lesson,
                   const Expectation& expectation,
                   std::optional<SharedGuest>& guest) {
  const auto archive = write_archive(
      files_of_job(program.path, lesson, options_.judge, options_.probe));
  auto job = job_of_judge(lesson, "");
  job.environment.emplace_back("JUDGE_ONE_OF_MANY=1");
  for (;;) {
    if (!guest) guest.emplace();
    auto judged = guest->judge(archive, job, expectation,
                               std::chrono::seconds(options_.deadline_seconds));
    if (!judged) {
      const std::lock_guard printing(printing_);
      fmt::print("{}: in a fresh lab machine, for this one has changed:{}\n",
                 program.name, guest->changes());
    } else if (!expectation.is_met(judged->verdict)) {
      keep_output(program.name, guest->console());
    }
    if (!guest->is_good()) guest.reset();
    if (judged) return *std::move(judged);
  }
}

void Many::tell(const Program& program, const Result& result) {
  const std::lock_guard printing(printing_);
  if (!result.met && !program.mistake.empty()) {
    fmt::print("\nMistake: {}\n", program.mistake);
  }
  fmt::print("{}: {}: {}\n", program.name,
             result.met ? "as it should" : "NOT AS IT SHOULD", result.report);
  (void)std::fflush(stdout);  // If this test is stopped, it has got so far.
}

void Many::write_results() const {
  std::vector<JunitCase> cases;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const auto& result = results_[i];
    cases.push_back({.name = programs_[i].name,
                     .seconds = result.seconds,
                     .outcome = result.met ? JunitCase::Outcome::kPassed
                                           : JunitCase::Outcome::kFailure,
                     .message = result.report});
  }
  const std::string suite =
      std::filesystem::path(programs_.front().path).filename();
  write_junit(junit(suite, cases));
}

}  // namespace

int judge_many(const ManyOptions& options) {
  return with_report([&] { return Many(options).run(); });
}

}  // namespace lab
