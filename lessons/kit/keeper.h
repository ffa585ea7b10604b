// Cleans up after a process that was killed.

#pragma once

#include <functional>

#include "lessons/kit/spawn.h"

namespace kit {

// Runs `clean_up` as soon as this process is gone, however it ended.
//
// No destructor runs after SIGKILL, and some things outlive their maker:
// cgroups, links, mounts. So a second process is there just to watch the first
// one. Make the Keeper before what it is to clean up: then there is no moment
// at which a kill leaves something behind.
//
//   Keeper keeper{[&] { remove_cgroup(path); }};
//   Cgroup cgroup{path};
//   keeper.wait_until_ready();
//
// The keeper lives in a session of its own, where Ctrl-C does not reach it. It
// has no descriptor open, so it keeps nobody's pipe or terminal alive.
//
// clean_up: may find that there is nothing to do; its exceptions are dropped.
//
// The destructor dismisses the keeper: its process has cleaned up by itself.
class Keeper {
 public:
  explicit Keeper(const std::function<void()>& clean_up);

  // Before the owner relies on it: throws what went wrong if the keeper cannot
  // do its work. Nothing is to be there that nobody would clean up.
  void wait_until_ready();

 private:
  Helper helper_;
};

}  // namespace kit
