// What the cases of lesson 02 have in common.
//
// The program's child is the init: process 1 of the new namespace. It can be
// looked at whether it waits at an unwritten step or the command runs below it.

#pragma once

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "tests/judge/given.h"

namespace pid {

using judge::exited;

// The processes that the program has made.
inline std::vector<judge::Stat> family(const judge::Box& box) {
  return judge::descendants_of(box.program().pid());
}

inline judge::Process init_of(const judge::Box& box) {
  for (const auto& process : family(box)) {
    if (process.parent == box.program().pid()) {
      return judge::Process(process.pid);
    }
  }
  throw judge::Failed("the program has no child that could be an init");
}

// The process's numbers, one for each namespace that knows it: {"812", "1"}.
inline std::vector<std::string> numbers_of(const judge::Process& process) {
  return judge::split(process.status("NSpid"), '\t');
}

// Waits until only the init and the command are left. False if the program ends
// before that.
inline bool only_two_are_left(const judge::Box& box) {
  const auto is_unwritten = [&] {
    return box.errors().find(" is yours to write") != std::string::npos;
  };
  (void)box.becomes_true([&] {
    return family(box).size() == 2 || !box.program().exists() || is_unwritten();
  });
  if (is_unwritten()) throw judge::Waiting("02.6");  // Nobody reaps yet.
  return family(box).size() == 2;
}

// The signals that have come to the process, which blocks them.
inline std::set<int> pending_signals(const judge::Process& process) {
  const auto mask = process.status("ShdPnd");
  std::set<int> pending;
  if (mask.empty()) return pending;
  const auto bits = std::stoull(mask, nullptr, 16);
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    if ((bits >> (signal - 1) & 1) != 0) pending.insert(signal);
  }
  return pending;
}

inline bool is_pending(const judge::Process& process, int signal) {
  return pending_signals(process).contains(signal);
}

// Runs a command that ends with `status`, in a root of its own.
inline judge::Result run(const judge::Circumstances& circumstances,
                         int status = 0) {
  const auto root = judge::make_root_directory();
  return judge::run(
      {"--root", root, "--", "/probe", "exit", std::to_string(status)},
      circumstances);
}

}  // namespace pid
