// Every wall in every mode: containers with several options at once, and what
// is to be seen of each. tests/walls/mode.h has the table.

#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "lessons/kit/check.h"
#include "tests/14_container/container.h"
#include "tests/walls/walk.h"

namespace container_judge {

// A mode, and what was found. If the container could not be started: at which
// step, and what the program says.
struct Seen {
  std::string options;
  std::vector<walls::Finding> found;
  std::string failed_at, why;
};

// A terminal as a caller has it.
class Terminal {
 public:
  Terminal()
      : master_(kit::check(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC),
                           "make a terminal")) {
    kit::check(::unlockpt(master_.get()), "unlock a terminal");
    slave_.reset(kit::check(
        ::ioctl(master_.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC),
        "open a terminal"));
  }
  [[nodiscard]] int descriptor() const { return slave_.get(); }

 private:
  kit::UniqueFd master_, slave_;
};

// The step that has failed, if the command does not run. A process of the
// program is about to give up then, and is held there: by which it is, and what
// it has made already, the step is known.
inline std::string step_that_failed(const judge::Box& box) {
  const pid_t who = box.who_gives_up();
  if (who == 0) return "14.3";  // The program itself, or one before.
  const auto numbers = judge::split(judge::Process(who).status("NSpid"), '\t');
  if (numbers.size() < 2) return "14.3";
  if (numbers.back() != "1") return "14.6";
  return judge::descendants_of(who).empty() ? "14.4" : "14.5";
}

inline Seen look_at(const walls::Mode& mode) {
  const Terminal terminal;
  judge::How how;
  if (mode.terminal) how.circumstances.terminal = terminal.descriptor();
  how.hold_end = true;
  const auto box = start_container(mode.options(make_source()), how);
  try {
    (void)box.command();
  } catch (const judge::Failed& failed) {
    const auto why = judge::trimmed(failed.what() + ("\n" + box.errors()));
    return {mode.text(), {}, step_that_failed(box), why};
  }
  return {mode.text(), walls::walk(box, mode, /*other_filters=*/1), "", ""};
}

// What was found in each mode. They are started once, by the first case that
// asks. Throws Waiting if a step that they need is not written.
inline const std::vector<Seen>& all_modes() {
  static std::vector<Seen> seen;
  static std::string waits_for;
  if (!waits_for.empty()) throw judge::Waiting(waits_for);
  if (!seen.empty()) return seen;
  try {
    for (const auto& mode : walls::modes_by_pairs()) {
      seen.push_back(look_at(mode));
    }
  } catch (const judge::Waiting& waiting) {
    waits_for = waiting.step();
    throw;
  }
  return seen;
}

// What a step has to see to. It does not answer for a container that a later
// step has kept from running; if it was an earlier one, it has done nothing.
inline void check_in_all_modes(const std::string& step) {
  for (const auto& [options, found, failed_at, why] : all_modes()) {
    if (!failed_at.empty() && failed_at <= step) {
      HINT("The options: " << options << ". The container does not start.");
      CHECK(why == "");
    }
    HINT("The options: "
         << options
         << ". What is named here is wrong with just these, or with one of "
            "them. The contract says what each call depends on: does yours "
            "depend on something else, or does a line in between end the "
            "function, or overwrite what was there?");
    CHECK(walls::text_of(found, step) == "");
  }
}

}  // namespace container_judge
