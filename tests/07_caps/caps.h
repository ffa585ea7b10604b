// What the cases of lesson 07 have in common: sets of capabilities, and how the
// program is started.

#pragma once

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "tests/judge/judge.h"

namespace caps {

using Options = std::vector<std::string>;

// By their numbers: linux/capability.h.
inline const std::vector<std::string> kNames = judge::split(
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID "
    "SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN "
    "NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT "
    "SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE "
    "SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL "
    "SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND "
    "AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE",
    ' ');

// A set of capabilities that prints itself as the kernel does.
struct Set {
  std::uint64_t bits = 0;
  bool operator==(const Set&) const = default;

  [[nodiscard]] bool contains(Set other) const {
    return (bits & other.bits) == other.bits;
  }
};
inline Set operator|(Set a, Set b) { return {a.bits | b.bits}; }
inline Set operator-(Set a, Set b) { return {a.bits & ~b.bits}; }

inline std::string names(Set set) {
  std::string text;
  for (std::size_t i = 0; i < 64; ++i) {
    if ((set.bits >> i & 1) == 0) continue;
    text += text.empty() ? "" : ", ";
    text += i < kNames.size() ? kNames[i] : std::to_string(i);
  }
  return text.empty() ? "none" : text;
}
inline std::ostream& operator<<(std::ostream& out, Set set) {
  char digits[17];
  std::snprintf(digits, sizeof digits, "%016lx", set.bits);
  return out << digits;
}

inline Set number(int capability) { return {1ULL << capability}; }

inline constexpr Set kNone;
inline constexpr Set kDocker{0xa80425fb};

// The last one that this kernel has: so many as kNames has names, or more.
inline int last_capability() {
  const auto last =
      judge::read_file(judge::guest().proc(), "sys/kernel/cap_last_cap");
  return std::stoi(last.value());
}
inline Set all() { return {(2ULL << last_capability()) - 1}; }

// The sets in a text like /proc/PID/status.
struct Sets {
  explicit Sets(const std::string& status)
      : inheritable(read(status, "CapInh")),
        permitted(read(status, "CapPrm")),
        effective(read(status, "CapEff")),
        bounding(read(status, "CapBnd")),
        ambient(read(status, "CapAmb")) {}

  static Set read(const std::string& status, const std::string& field) {
    const auto digits = judge::field_in(status, field);
    return {digits.empty() ? ~0ULL : std::stoull(digits, nullptr, 16)};
  }
  Set inheritable, permitted, effective, bounding, ambient;
};

// /proc/PID/status before the command begins. If the program has failed before,
// the reader gets the hint.
inline std::string status_before(const judge::Box& box, const char* hint) {
  try {
    return box.prepared().status;
  } catch (const judge::Failed&) {
    if (*hint != '\0') HINT(hint);
    throw;
  }
}

inline Sets prepared(const judge::Box& box, const char* hint = "") {
  return Sets(status_before(box, hint));
}

inline Sets command(const judge::Box& box) {
  return Sets(box.command().file("status"));
}

// What makes two sets different, for the reader.
inline std::string difference(Set found, Set wanted) {
  std::string text;
  if (found - wanted != kNone) text += "Too many: " + names(found - wanted);
  if (wanted - found != kNone) {
    text +=
        (text.empty() ? "Missing: " : "; missing: ") + names(wanted - found);
  }
  return text + ". ";
}

inline int random_capability(int low, int high) {
  return static_cast<int>(judge::random_number(low, high));
}

// One that Docker's fourteen have, but for these; and one that they do not.
inline int random_default_but(Set these) {
  for (;;) {
    const int each = random_capability(0, 31);
    if ((kDocker - these).contains(number(each))) return each;
  }
}
inline int random_default() { return random_default_but(kNone); }
inline int random_other(int low = 0) {
  for (;;) {
    const int each = random_capability(low, 40);
    if (!kDocker.contains(number(each))) return each;
  }
}

inline std::string random_id() {
  return std::to_string(judge::random_number(1001, 60000));
}

inline std::string four(const std::string& id) {
  return id + "\t" + id + "\t" + id + "\t" + id;
}

// The options for one capability: its name in Docker's way, or the kernel's.
inline std::string name_of(int capability) {
  return kNames[static_cast<std::size_t>(capability)];
}

// Runs the program with a command that ends with 3, as soon as it is there.
inline judge::Result run_with(Options options,
                              const judge::Circumstances& circumstances = {}) {
  options.insert(options.end(), {"--root", judge::make_root_directory(), "--",
                                 "/probe", "exit", "3"});
  return judge::run(options, circumstances);
}

// The program has said EPERM, and nothing has run.
inline void check_not_permitted(const judge::Result& result, const char* hint) {
  HINT(hint);
  CHECK(result.ending == judge::exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(EPERM)));
}

}  // namespace caps
