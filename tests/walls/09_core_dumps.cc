// Row 09: who crashes in the container writes no core file, and has no program
// of the host run, whatever the caller's limit is.

#include <sys/resource.h>

#include <filesystem>
#include <fstream>

#include "lessons/kit/check.h"
#include "tests/walls/attempt.h"

namespace {

namespace fs = std::filesystem;

// A caller who has said `ulimit -c unlimited`, and a host with this pattern.
class CoreDumps {
 public:
  explicit CoreDumps(const std::string& pattern) {
    kit::check(::getrlimit(RLIMIT_CORE, &before_), "get the core limit");
    const rlimit all{RLIM_INFINITY, RLIM_INFINITY};
    kit::check(::setrlimit(RLIMIT_CORE, &all), "set the core limit");
    std::ofstream("/proc/sys/kernel/core_pattern") << pattern;
  }
  ~CoreDumps() {
    (void)::setrlimit(RLIMIT_CORE, &before_);
    std::ofstream("/proc/sys/kernel/core_pattern") << "core";
  }
  CoreDumps(const CoreDumps&) = delete;
  CoreDumps& operator=(const CoreDumps&) = delete;

 private:
  rlimit before_{};
};

// Is there a core file in the root of a container that crashes?
bool writes_core(const judge::Circumstances& circumstances) {
  const CoreDumps dumps("/core");
  const auto box = walls::start({}, circumstances);
  CHECK(box.ask("crash") == "ok");
  return fs::exists(box.root_path() + "/core");
}

// Has a program of the host run? The kernel lets a process end only when who
// gets its dump has ended: core(5).
bool runs_helper(const judge::Circumstances& circumstances) {
  const walls::HostFile marker;
  const CoreDumps dumps("|/bin/touch " + marker.path());
  const auto box = walls::start({}, circumstances);
  CHECK(box.ask("crash") == "ok");
  return marker.is_there();
}

}  // namespace

TEST_CASE("09  held      a crash writes no core file") {
  CHECK_FALSE(writes_core({}));
}

TEST_CASE("09  control   ... where the limit is the caller's, it does") {
  CHECK(writes_core(walls::without("core_dumps")));
}

TEST_CASE("09  control   ... and has a program of the host run") {
  CHECK(runs_helper(walls::without("core_dumps")));
}

TEST_CASE("09  control   ... where the limit is 0, too: core(5)") {
  CHECK(runs_helper(walls::without("core_limit_0")));
}

TEST_CASE("09  held      a crash has no program of the host run") {
  CHECK_FALSE(runs_helper({}));
}
