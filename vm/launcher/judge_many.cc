#include "vm/launcher/judge_many.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <future>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "vm/launcher/expectation.h"
#include "vm/launcher/judge_job.h"
#include "vm/launcher/junit.h"
#include "vm/launcher/outputs.h"
#include "vm/launcher/program_list.h"
#include "vm/launcher/shared_guest.h"

namespace lab {
namespace {

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
        programs_(programs_in(options.list, options.filter)),
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
  const auto judged = judge(program, lesson, expectation, guest);
  const auto what = expectation.describe(judged.verdict);
  if (expectation.is_met(judged.verdict)) return {.met = true, .report = what};
  return {.met = false, .report = what + "\n\n" + report_on(judged, lesson)};
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
  if (!result.met && !program.about.empty()) {
    fmt::print("\n{}\n", program.about);
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
