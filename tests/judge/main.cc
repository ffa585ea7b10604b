// The judge's main program: runs inside the lab machine, started by its agent.
//
//   JUDGE_PROGRAM=/job/06_cgroups JUDGE_PROBE=/job/probe judge [TEST FILTER]
//
// JUDGE_SHARE=2/3: this is the second of three guests among which the cases
// are dealt like cards. Each case has the guest as it was, whichever ran
// before it, so it makes no difference where it runs.
//
// JUDGE_ONE_OF_MANY=1: other judges come after it in this guest (report.h).
//
// What counts are the events (report.cc); the host adds them up. The exit
// status has to fit: 0 if every case passed, 1 if not.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "tests/judge/guest.h"
#include "tests/judge/report.h"
#include "tests/judge/state.h"
#include "third_party/catch2.h"

namespace {

// A name as Catch2's filters want it: a comma would begin another one.
std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char letter : name) {
    if (letter == ',' || letter == '"' || letter == '\\') text += '\\';
    text += letter;
  }
  return text + '"';
}

// The cases of this guest as a filter for Catch2: "a case","another case".
std::string share_of_cases() {
  const char* const share = std::getenv("JUDGE_SHARE");
  unsigned number = 1;
  unsigned guests = 1;
  if (share != nullptr) (void)std::sscanf(share, "%u/%u", &number, &guests);
  if (guests <= 1) return "";

  std::string filter;
  const auto cases = catch2_cases();
  for (std::size_t i = number - 1; i < cases.size(); i += guests) {
    filter += (filter.empty() ? "" : ",") + quoted(cases[i]);
  }
  return filter;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const bool by_hand = std::getenv("JUDGE_EVENTS_FD") == nullptr;
    judge::open_report();
    (void)judge::guest();
    if (judge::is_one_of_many()) judge::report_state(judge::state_of_guest());

    // The cases run as they are written: from the first step to the last.
    std::vector<const char*> arguments = {argv[0], "--order", "decl"};
    if (!by_hand) arguments.insert(arguments.end(), {"--out", "/dev/null"});
    arguments.insert(arguments.end(), argv + 1, argv + argc);
    const auto share = share_of_cases();
    if (!share.empty()) arguments.push_back(share.c_str());

    (void)run_catch2(static_cast<int>(arguments.size()), arguments.data());
    if (judge::is_one_of_many()) judge::guest().leave();
    return judge::all_have_passed() ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "judge: %s\n", error.what());
    judge::report_broken(error.what());
    return 70;
  }
}
