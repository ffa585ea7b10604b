// Judges lesson 06: each system call of its program fails, once.

#include "tests/judge/every_call.h"

#include <sys/mount.h>
#include <sys/syscall.h>

#include "tests/judge/judge.h"

namespace {

using judge::Line;
using judge::MadeCall;

judge::EveryCall every_call() {
  return judge::EveryCall(
      {.options = {"--name", judge::random_name(), "--pids-max", "20",
                   "--memory", "64m", "--memory-reservation", "8m", "--cpus",
                   "0.5", "--cpu-weight", "50", "--cpuset-cpus", "0"},
       .with_root = false});
}

bool makes_cgroup(const MadeCall& call) {
  return call.is({SYS_mkdir, SYS_mkdirat}) ||
         call.is_of({"/cgroup.subtree_control"});
}
bool limits_pids_and_memory(const MadeCall& call) {
  return call.is_of({"/pids.max", "/memory.max", "/memory.swap.max",
                     "/memory.low", "/memory.oom.group"});
}
bool limits_cpu_and_io(const MadeCall& call) {
  return call.is_of({"/cpu.max", "/cpu.weight", "/cpuset.cpus",
                     "/cpuset.cpus.effective", "/io.max"});
}
bool enters_namespace(const MadeCall& call) {
  return call.is({SYS_unshare, SYS_umount2}) ||
         (call.is({SYS_mount}) && (call.option() & MS_PRIVATE) == 0);
}
bool removes(const MadeCall& call) {
  return call.is({SYS_rmdir}) || call.is_of({"/cgroup.kill", "/cgroup.events"});
}

}  // namespace

TEST_CASE("06: every call that is given fails once", "[given]") {
  const auto is_given =
      judge::all_but({makes_cgroup, limits_pids_and_memory, limits_cpu_and_io,
                      enters_namespace, removes});
  CHECK(every_call().complaints(is_given, Line::kAny) == "");
}

TEST_CASE("06: every call that makes the cgroup fails once",
          "[06.1][points:1][idle]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. Without its controllers, a cgroup limits "
      "nothing.");
  CHECK(every_call().complaints(makes_cgroup, Line::kSaysError) == "");
}

TEST_CASE("06: every call that limits processes and memory fails once",
          "[06.2][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. A command without its limits must not run.");
  CHECK(every_call().complaints(limits_pids_and_memory, Line::kSaysError) ==
        "");
}

TEST_CASE("06: every call that limits processors fails once",
          "[06.3][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. A command without its limits must not run.");
  CHECK(every_call().complaints(limits_cpu_and_io, Line::kSaysError) == "");
}

TEST_CASE("06: every call that enters the cgroup namespace fails once",
          "[06.5][points:1][idle][errors]") {
  HINT(
      "check() turns the -1 of a call into an exception, and then the "
      "command does not run. The command would see the cgroups of the "
      "host.");
  CHECK(every_call().complaints(enters_namespace, Line::kSaysError) == "");
}

TEST_CASE("06: every call that removes the cgroup fails once",
          "[06.7][points:1][idle][errors]") {
  HINT(
      "A cgroup that could not be removed has to be told of: check() what "
      "the call returns.");
  CHECK(every_call().complaints(removes, Line::kSaysError) == "");
}
