// Every system call of a program fails, once: what then?
//
//   const judge::EveryCall calls({.options = {"--hostname", name}});
//
//   HINT("check() what the call returns.");
//   CHECK(calls.complaints(sets_the_name) == "");
//
// The program is started once, and the judge takes note of all its calls, until
// its command begins. Then it is started once for each of them, and that one
// fails, with an error that its manual page names. The program may end, as is
// documented: with one line, and status 125. Or it may go on, if it does
// without: then the command runs, and all is as it was without a failure.
// Nothing else is right, and nothing may be left.
//
// There is no list of calls to be kept: whatever the program calls is found.
// docs/decisions/0029 says whose call is whose.

#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/judge/host.h"
#include "tests/judge/subject.h"
#include "tests/judge/watch.h"

namespace judge {

// A system call that the program has made.
struct MadeCall {
  int number = -1;
  std::array<std::uint64_t, 6> arguments{};

  // What its descriptor is open for, or what the file is that it opens, if that
  // is used at once: "/proc/N/uid_map", "socket:[N]". Numbers differ from one
  // start to the next: they are N here. Paths are in the program's memory, and
  // nobody may look there: vm/agent/guard.h.
  std::string thing;

  // Not by the program itself, but by a process that it has started.
  bool by_child = false;
  pid_t pid = 0;

  // How many of that kind were there before it.
  unsigned before = 0;

  // "mount(/proc)".
  [[nodiscard]] std::string text() const;

  // The same call of another start.
  bool operator==(const MadeCall& other) const;

  // Is it one of these?
  [[nodiscard]] bool is(std::initializer_list<int> numbers) const;

  // Has its thing one of these at the end: "/uid_map"?
  [[nodiscard]] bool is_of(std::initializer_list<std::string_view> ends) const;

  // What a call of many uses is to do: prctl()'s first argument, the flags of
  // mount() and unshare(), ...; 0 for the others.
  [[nodiscard]] std::uint32_t option() const;
};

using WhichCalls = std::function<bool(const MadeCall&)>;

// Those that none of the steps makes.
WhichCalls all_but(std::vector<WhichCalls> steps);

// How the program is started. Its command is the probe.
struct Scene {
  std::vector<std::string> options;
  bool with_root = true;  // Does it take --root?
  Circumstances circumstances{};
};

// What the program's line has to say.
enum class Line {
  kAny,       // One line is enough.
  kSaysError  // It says the error's text, too.
};

class EveryCall {
 public:
  // Starts the program once. Throws Failed if its command does not run, and
  // Waiting if a step is not written.
  explicit EveryCall(Scene scene);

  // All calls that can fail.
  [[nodiscard]] const std::vector<MadeCall>& calls() const { return calls_; }

  // Makes each of those fail, and returns what was not right then, a line each.
  [[nodiscard]] std::string complaints(const WhichCalls& which, Line line);

 private:
  struct Run;
  struct Failure;
  enum class Then { kLetEnd, kKill };  // What the judge does with the program.
  [[nodiscard]] std::vector<std::string> words(Then then) const;
  [[nodiscard]] Run start(const Failure* failure,
                          Then then = Then::kLetEnd) const;
  void answer(Subject& subject, const Failure* failure, Run& run) const;
  [[nodiscard]] MadeCall describe(const HeldCall& held, pid_t program) const;
  [[nodiscard]] std::optional<Facts> portrait(pid_t command,
                                              pid_t program) const;
  [[nodiscard]] std::string complaint(const MadeCall& call, const Host& before,
                                      Line line);
  [[nodiscard]] std::string complaint_about(const Run& run,
                                            const Failure& failure,
                                            Line line) const;
  [[nodiscard]] std::string complaint_about_end(const Failure& failure) const;

  Scene scene_;
  std::string root_;
  std::vector<MadeCall> calls_;
  Facts as_it_should_be_;
};

}  // namespace judge
