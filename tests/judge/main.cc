// The judge's main program: runs inside the lab machine, started by its agent.
//
//   JUDGE_PROGRAM=/job/06_cgroups JUDGE_PROBE=/job/probe judge [TEST FILTER]
//
// Its exit status says nothing about the judged program. What counts are the
// events (report.cc); the host adds them up.

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "tests/judge/machine.h"
#include "tests/judge/report.h"
#include "third_party/catch2.h"

int main(int argc, char** argv) {
  try {
    const bool by_hand = std::getenv("JUDGE_EVENTS_FD") == nullptr;
    judge::open_report();
    (void)judge::machine();

    // The cases run as they are written: from the first step to the last.
    std::vector<const char*> arguments = {argv[0], "--order", "decl"};
    if (!by_hand) arguments.insert(arguments.end(), {"--out", "/dev/null"});
    arguments.insert(arguments.end(), argv + 1, argv + argc);

    const int status =
        run_catch2(static_cast<int>(arguments.size()), arguments.data());
    return status == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "judge: %s\n", error.what());
    return 70;
  }
}
