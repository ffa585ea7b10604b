// A judge's events: from the bytes of its port to a verdict.
//
// The judge shares its guest with a program that may mean harm. So the host
// believes what it hears only as a whole: a plan first, each planned case
// started once and ended once, "done" last, each event with its seal
// (vm/seal.h), and a judge that ends with the status that fits. If anything is
// missing, doubled, unplanned, malformed or forged, the verdict is incomplete,
// and stays so.

#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "vm/launcher/verdict.h"
#include "vm/protocol.h"
#include "vm/seal.h"

namespace lab {

class JudgeEvents {
 public:
  explicit JudgeEvents(const SealKey& key) : seal_(key) {}

  // Takes bytes of the events port as they come.
  void hear(std::string_view bytes);

  // Says that nothing more will come. `why`: what ended the judge early, or "".
  // `status`: how it ended, if it did: 0 if all cases passed, 1 if not.
  void close(const std::string& why, std::optional<int> status);

  // What is known by now.
  [[nodiscard]] const Verdict& verdict() const { return verdict_; }

  // What the guest was like before the first case; "" if the judge has not said
  // that (yet). Only a judge that is one of many in a guest does.
  [[nodiscard]] const std::string& state() const { return state_; }

 private:
  void take_line(const std::string& line);
  void take_event(const nlohmann::json& event);
  void plan(const nlohmann::json& event);
  void start(Case& test);
  void fail(Case& test, const nlohmann::json& event);
  void end(Case& test, const nlohmann::json& event);
  void reject(const std::string& why);

  Seal seal_;
  LineBuffer lines_;
  std::string state_;
  bool planned_ = false;
  Verdict verdict_;
};

}  // namespace lab
