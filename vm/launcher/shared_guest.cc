#include "vm/launcher/shared_guest.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <set>
#include <sstream>
#include <utility>
#include <vector>

#include "vm/launcher/job.h"
#include "vm/launcher/judge_events.h"
#include "vm/launcher/printable.h"

namespace lab {
namespace {

// Some of the lines that only one of the two texts has.
std::string differences(const std::string& before, const std::string& now) {
  constexpr int kMost = 5;
  const auto lines_of = [](const std::string& text) {
    std::multiset<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.insert(line);
    return lines;
  };
  const auto old_lines = lines_of(before);
  const auto new_lines = lines_of(now);
  std::vector<std::string> different;
  const auto add = [&](const auto& some, const auto& others, const char* sign) {
    std::vector<std::string> only;
    std::ranges::set_difference(some, others, std::back_inserter(only));
    for (const auto& line : only) different.push_back(sign + line);
  };
  add(new_lines, old_lines, "+ ");
  add(old_lines, new_lines, "- ");
  std::string text;
  for (std::size_t i = 0; i < different.size() && i < kMost; ++i) {
    text += "\n  " + printable(different[i]);
  }
  return text;
}

// How many cases have failed: after each, the judge waits for an answer.
long failed_cases(const Verdict& verdict) {
  return std::ranges::count(verdict.cases, Case::Status::kFailed,
                            &Case::status);
}

}  // namespace

SharedGuest::SharedGuest()
    : guest_(wake(
          Parts::beside_launcher(), make_disks(),
          [](const std::string& line) { fmt::print("lab: {}\n", line); })) {}

bool SharedGuest::is_as_at_first(const std::string& state) {
  if (state.empty()) return true;
  if (state_at_first_.empty()) state_at_first_ = state;
  if (!changed_ && state != state_at_first_) {
    changed_ = true;
    changes_ = differences(state_at_first_, state);
  }
  return !changed_;
}

std::optional<Judged> SharedGuest::judge(const std::string& archive, Job job,
                                         const Expectation& expectation,
                                         std::chrono::seconds deadline) {
  good_ = false;
  const auto key = new_seal_key();
  JudgeEvents events(key);
  const auto& verdict = events.verdict();
  Kept output;
  long answered = 0;
  bool told_to_stop = false;
  const auto keep = [&](std::string_view bytes) { output.add(bytes); };
  const auto hear = [&](std::string_view bytes) {
    if (!told_to_stop) events.hear(bytes);
  };
  const auto answer = [&] {
    if (told_to_stop || failed_cases(verdict) == answered) return 0;
    answered = failed_cases(verdict);
    told_to_stop = expectation.is_settled(verdict);
    return told_to_stop ? SIGTERM : SIGUSR1;
  };
  put_files(guest_.disks, job, archive);
  const auto ending = run_job(guest_, std::move(job), {keep, keep, hear},
                              {.forward_input = false,
                               .deadline = deadline,
                               .enough =
                                   [&] {
                                     return !verdict.incomplete.empty() ||
                                            !is_as_at_first(events.state());
                                   },
                               .answer = answer,
                               .key = std::string(key.begin(), key.end())});
  if (changed_) return std::nullopt;
  if (!told_to_stop && verdict.incomplete.empty()) {
    events.close(ending.refused + ending.guest_died, ending.status);
  }
  // 0 and 1 are how a judge ends that has put everything in order.
  const bool whole = ending.status == 0 || ending.status == 1;
  good_ = whole && verdict.incomplete.empty() && !events.state().empty();
  return Judged{verdict, output.text()};
}

}  // namespace lab
