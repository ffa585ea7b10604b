// What the cases of lesson 08 have in common: profiles, and system calls that
// the command is told to make.

#pragma once

#include <linux/net.h>  // SYS_SOCKET
#include <sys/syscall.h>

#include <csignal>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/judge/judge.h"

namespace filters {

using Options = std::vector<std::string>;

inline constexpr judge::Ending kKilled = {.status = 0, .signal = SIGSYS};

// A call's number as a word of the probe's, and in the table of x32.
inline std::string word(std::uint64_t number) { return std::to_string(number); }
inline std::string x32(long number) { return word(number | 0x40000000); }

// In the table of 32-bit programs, numbers are different: asm/unistd_32.h.
inline constexpr long kMkdir32 = 39, kGetpid32 = 20, kSocket32 = 359;
inline constexpr long kSocketcall32 = 102;

inline std::string error(int number) {
  return "error " + std::to_string(number);
}

// One that no call of these tests returns by itself.
inline int random_errno() {
  return static_cast<int>(judge::random_number(200, 4095));
}

inline std::string random_path() { return "/tmp/" + judge::random_name(); }

inline bool exists(const judge::Box& box, const std::string& path) {
  return std::filesystem::exists(box.root_path() + path);
}

// Writes a profile to a file, and returns the options for it. In `text`, a ' is
// written for a ".
inline Options profile(std::string text) {
  for (char& c : text) {
    if (c == '\'') c = '"';
  }
  const auto path = judge::make_root_directory() + "/profile.json";
  std::ofstream(path) << text;
  return {"--profile", path};
}

// A profile with that default action, for these architectures, with rules.
inline std::string with_rules(
    const std::string& rules,
    const std::string& otherwise = "'SCMP_ACT_ALLOW'") {
  return "{'defaultAction': " + otherwise +
         ", 'archMap': [{'architecture': 'SCMP_ARCH_X86_64', "
         "'subArchitectures': ['SCMP_ARCH_X86', 'SCMP_ARCH_X32']}], "
         "'syscalls': [" +
         rules + "]}";
}

inline std::string deny(const std::string& names, int number,
                        const std::string& conditions = "") {
  return "{'names': [" + names + "], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': " +
         std::to_string(number) + ", 'args': [" + conditions + "]}";
}

inline std::string act(const std::string& name, const std::string& action) {
  return "{'names': ['" + name + "'], 'action': 'SCMP_ACT_" + action + "'}";
}

inline std::string condition(int index, const std::string& op,
                             std::uint64_t value, std::uint64_t two = 0) {
  return "{'index': " + std::to_string(index) + ", 'op': 'SCMP_CMP_" + op +
         "', 'value': " + std::to_string(value) +
         ", 'valueTwo': " + std::to_string(two) + "}";
}

// A call that has no effect, with arguments 1 to 5 as they are given: splice()
// of a descriptor that is not open. For 32-bit programs they have the same
// places.
inline std::string harmless(const std::vector<std::uint64_t>& arguments) {
  std::string text = "call " + word(SYS_splice) + " 0xffffffffffffffff";
  for (const auto each : arguments) text += " " + std::to_string(each);
  return text;
}

inline std::uint64_t random_32() {
  return static_cast<std::uint64_t>(judge::random_number(1, 0x7ffffff0));
}
inline std::uint64_t random_64() { return random_32() << 32 | random_32(); }

// What the command's 32-bit socketcall(2) for a socket of that kind returns.
inline std::string make_socket_by_socketcall(const judge::Box& box, int family,
                                             int type) {
  const auto arguments = box.get("words " + std::to_string(family) + " " +
                                 std::to_string(type) + " 0");
  return box.ask("call32 " + word(kSocketcall32) + " " + word(SYS_SOCKET) +
                 " " + arguments);
}

// What the probe needs to begin and to talk.
inline constexpr char kNeeded[] =
    "{'action': 'SCMP_ACT_ALLOW', 'names': ['execve', 'brk', 'arch_prctl', "
    "'set_tid_address', 'set_robust_list', 'rseq', 'prlimit64', 'readlink', "
    "'readlinkat', 'getrandom', 'mprotect', 'mmap', 'munmap', 'socket', "
    "'connect', 'sendto', 'recvfrom', 'sendmsg', 'recvmsg', 'read', 'write', "
    "'close', 'exit', 'exit_group', 'rt_sigaction', 'rt_sigprocmask', "
    "'futex', 'mkdir']}";

// The command; if it did not run, the reader gets the hint.
inline const judge::Process& command(const judge::Box& box, const char* hint) {
  try {
    return box.command();
  } catch (const judge::Failed&) {
    HINT(hint);
    throw;
  }
}

// Runs the program with these options, and a command that ends with 3.
inline judge::Result run_with(Options options,
                              const judge::Circumstances& circumstances = {}) {
  options.insert(options.end(), {"--root", judge::make_root_directory(), "--",
                                 "/probe", "exit", "3"});
  return judge::run(options, circumstances);
}

// A profile whose filter has a few instructions for each of so many values of
// an argument.
inline Options profile_of_length(std::uint64_t values) {
  std::string conditions;
  // In ascending order: libseccomp needs long to put them into it.
  for (std::uint64_t i = 0; i < values; ++i) {
    if (i != 0) conditions += ", ";
    conditions += condition(1, "EQ", (i << 32) + random_32());
  }
  return profile("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [" +
                 deny("'splice'", random_errno(), conditions) + "]}");
}

}  // namespace filters
