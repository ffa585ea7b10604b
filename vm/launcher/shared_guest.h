// A guest in which one judge runs after another, as long as each finds it as
// the first one did.

#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "vm/launcher/expectation.h"
#include "vm/launcher/guest.h"
#include "vm/launcher/judge_job.h"

namespace lab {

// Wakes the guest, and ends it. Stays in the thread that has made it (Qemu).
class SharedGuest {
 public:
  SharedGuest();

  // Runs `job`, a judge's that is one of many (tests/judge/report.h), with the
  // files in `archive`. It is told to end as soon as the expectation is
  // settled; its verdict is closed, or settled.
  //
  // Returns nothing if the guest was not as the first judge has found it:
  // changes() tells how.
  //
  // Throws as run_job() does.
  std::optional<Judged> judge(const std::string& archive, Job job,
                              const Expectation& expectation,
                              std::chrono::seconds deadline);

  // Another judge may follow: the last one has come to its end.
  [[nodiscard]] bool is_good() const { return good_; }

  // Some of the lines that only one of the two accounts of the guest has,
  // each with a line end before it: "+ LINE" if it is new, "- LINE" if it has
  // gone.
  [[nodiscard]] const std::string& changes() const { return changes_; }

  // The console's log.
  [[nodiscard]] std::string console() const { return guest_.qemu->console(); }

 private:
  bool is_as_at_first(const std::string& state);

  Guest guest_;
  std::string state_at_first_;
  std::string changes_;
  bool changed_ = false;
  bool good_ = true;
};

}  // namespace lab
