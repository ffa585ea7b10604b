// What the cases of lesson 03 share.
//
// The program's child is the command, or will be. It can be looked at whether
// it waits for the program, at an unwritten step, or runs. All ids that the
// judge reads are those of the host: it looks from outside.

#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/judge/judge.h"

namespace users {

using judge::exited;
using Words = std::vector<std::string>;

// The host's ordinary user, and what /etc/subuid and /etc/subgid lend to it.
inline constexpr long kStudent = 1000;
inline constexpr long kFirstLent = 100000;
inline constexpr long kLent = 65536;

inline const judge::Circumstances kAsStudent = {.student = true};

inline judge::Box start_as_student(const Words& options,
                                   std::vector<gid_t> groups = {}) {
  judge::How how;
  how.circumstances = kAsStudent;
  how.circumstances.groups = std::move(groups);
  return judge::start(options, how);
}

// For cases that look at the child: it is still there if what comes after their
// step fails.
inline judge::Box start_and_hold(
    const Words& options, const judge::Circumstances& circumstances = {}) {
  judge::How how;
  how.hold_end = true;
  how.circumstances = circumstances;
  return judge::start(options, how);
}

inline judge::Process child_of(pid_t program) {
  for (const auto& process : judge::descendants_of(program)) {
    if (process.parent == program) return judge::Process(process.pid);
  }
  throw judge::Failed("the program has no child");
}

inline judge::Process child_of(const judge::Box& box) {
  return child_of(box.program().pid());
}

// ---- Ranges ----------------------------------------------------------------

struct Range {
  long inside, outside, count;
};

inline std::string option(const Range& range) {
  return std::to_string(range.inside) + ":" + std::to_string(range.outside) +
         ":" + std::to_string(range.count);
}

// {"--map-uid", "0:100000:10", "--map-uid", ...}
inline Words options(const std::string& name, const std::vector<Range>& map) {
  Words words;
  for (const auto& range : map) {
    words.insert(words.end(), {name, option(range)});
  }
  return words;
}

inline Words operator+(Words words, const Words& more) {
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

// A map in the form of the kernel's file, with single spaces.
inline std::string text(const std::vector<Range>& map) {
  std::string lines;
  for (const auto& range : map) {
    lines += std::to_string(range.inside) + " " +
             std::to_string(range.outside) + " " + std::to_string(range.count) +
             "\n";
  }
  return lines;
}

inline std::string map_of(const judge::Process& process,
                          const std::string& file) {
  std::string lines;
  for (const auto& line : judge::split(process.file(file), '\n')) {
    const auto fields = judge::split(line, ' ');
    for (const auto& field : fields) {
      lines += field + (&field == &fields.back() ? "\n" : " ");
    }
  }
  return lines;
}

// Some ranges that touch each other neither inside nor outside, the first of
// which begins with 0 inside. Outside, they are from `first` to `last`.
inline std::vector<Range> random_map(int ranges, long first, long last) {
  std::vector<Range> map;
  const long room = (last - first) / ranges;
  for (int i = 0; i < ranges; ++i) {
    const long count = judge::random_number(2, room / 2);
    const long lowest = first + i * room;
    // Outside in the opposite order of inside: no field follows from another.
    const long inside = i == 0 ? 0 : 1'000'000L * (ranges - i);
    map.push_back(
        {inside, judge::random_number(lowest, lowest + room / 2 - 1), count});
  }
  return map;
}

inline std::vector<Range> random_lent_map(int ranges) {
  return random_map(ranges, kFirstLent, kFirstLent + kLent);
}

inline std::string four(long id) {
  const auto text = std::to_string(id);
  return text + "\t" + text + "\t" + text + "\t" + text;
}

}  // namespace users
