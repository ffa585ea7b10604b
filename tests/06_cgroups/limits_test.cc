// Judges lesson 06, the limits: processes and memory (step 06.2), processors
// and disks (step 06.3).

#include <sys/mount.h>
#include <sys/syscall.h>

#include "tests/06_cgroups/cgroups.h"

namespace {

constexpr long kPage = 4096;

// Sizes that no smaller unit than a byte can hold, and no number of 32 bits:
// from `gigabytes` on. The kernel cuts them down to whole pages.
long odd_size(long gigabytes) {
  return (gigabytes << 30) + judge::random_number(1, 1L << 29) * 2 + 1;
}

std::string in_pages(long size) { return text(size / kPage * kPage); }

// Runs the program where the kernel refuses to set `control`: as soon as the
// cgroup is made, this file can only be read.
void check_refused_limit(const std::string& control, Options options) {
  const auto name = judge::random_name();
  options.insert(options.end(), {"--name", name});
  // When the program marks the cgroup as its own (given/owner.cc), no limit is
  // set yet.
  HeldProgram program(with_command(options), {{SYS_fsetxattr}});
  if (program.wait() != 0) {
    const auto file = kTree + leaf(name).path() + "/" + control;
    REQUIRE(judge::guest().on_stage([&] {
      return ::mount(file.c_str(), file.c_str(), nullptr, MS_BIND, nullptr) ==
                 0 &&
             ::mount(nullptr, file.c_str(), nullptr,
                     MS_REMOUNT | MS_BIND | MS_RDONLY, nullptr) == 0;
    }));
    program.release();
  }
  check_refused(program.wait_for_end(), control,
                "The kernel has refused to set " + control +
                    ". A limit that was asked for and is not there is an "
                    "error, and not a limit less: look at what open() and "
                    "write() return, or leave it to set_control().");
}

}  // namespace

// ---- 06.2: processes and memory --------------------------------------------

TEST_CASE("06: processes and memory are limited, and so is swap",
          "[06.2][points:4][pids][max][swap][together][unset]") {
  const auto name = judge::random_name();
  const auto limit = text(judge::random_number(5, 500));
  const auto megabytes = judge::random_number(24, 200);
  const auto box = start_and_keep(
      {"--name", name, "--pids-max", limit, "--memory", text(megabytes) + "m"});

  HINT("--pids-max is to be in the file pids.max of the container's cgroup.");
  CHECK(leaf(name).file("pids.max") == limit);
  HINT(
      "memory.max is what the kernel enforces. (memory.high only slows down.)");
  CHECK(leaf(name).file("memory.max") == text(megabytes << 20));
  HINT(
      "memory.max alone does not stop a command that wants more: what is above "
      "the limit is swapped out, and the command is only slow. memory.swap.max "
      "is the limit for that; here, 0.");
  CHECK(leaf(name).file("memory.swap.max") == "0");
  HINT(
      "With 0 in memory.oom.group the kernel kills one process of the "
      "container when that runs out of memory, and the others go on without "
      "it.");
  CHECK(leaf(name).file("memory.oom.group") == "1");
  for (const std::string control : {"memory.high", "memory.swap.high"}) {
    HINT("Nobody has asked for " << control
                                 << ": it slows the command down before it "
                                    "has what it may have.");
    CHECK(leaf(name).file(control) == "max");
  }
}

TEST_CASE("06: swap and reservation", "[06.2][points:2][swap][low][max]") {
  const auto name = judge::random_name();
  const auto memory = judge::random_number(64, 100);
  const auto swap = judge::random_number(1, 50);
  const auto low = judge::random_number(4, 60);
  const auto box = start_and_keep(
      {"--name", name, "--memory", text(memory) + "m", "--memory-swap",
       text(memory + swap) + "m", "--memory-reservation", text(low) + "m"});

  HINT("Limits::swap is the swap alone, as memory.swap.max wants it.");
  CHECK(leaf(name).file("memory.swap.max") == text(swap << 20));
  HINT(
      "What is below memory.low is not reclaimed while others have more. "
      "(memory.min is never reclaimed, memory.high is a limit.)");
  CHECK(leaf(name).file("memory.low") == text(low << 20));
  CHECK(leaf(name).file("memory.max") == text(memory << 20));
}

TEST_CASE("06: swap without a limit", "[06.2][points:1][unlimited]") {
  const auto name = judge::random_name();
  const auto box = start_and_keep(
      {"--name", name, "--memory", "64m", "--memory-swap", "max"});
  HINT(
      "The kernel's word for no limit is \"max\": kUnlimited is no number of "
      "bytes.");
  CHECK(leaf(name).file("memory.swap.max") == "max");
}

TEST_CASE("06: sizes are bytes, and have 64 bits",
          "[06.2][points:1][bytes][pids]") {
  const auto name = judge::random_name();
  const auto memory = odd_size(8);
  const auto swap = odd_size(4);
  const auto low = odd_size(5);
  const auto pids = text(judge::random_number(1 << 20, 4 << 20));
  const auto box =
      start_and_keep({"--name", name, "--pids-max", pids, "--memory",
                      text(memory), "--memory-swap", text(memory + swap),
                      "--memory-reservation", text(low)});

  const std::string hint =
      "Sizes are bytes, as they are in Limits, and may be above 4 GiB: an int, "
      "or another unit, loses a part of them. (The kernel itself cuts them "
      "down to whole pages of 4096 bytes.)";
  HINT(hint);
  CHECK(leaf(name).file("memory.max") == in_pages(memory));
  HINT(hint);
  CHECK(leaf(name).file("memory.swap.max") == in_pages(swap));
  HINT(hint);
  CHECK(leaf(name).file("memory.low") == in_pages(low));
  CHECK(leaf(name).file("pids.max") == pids);
}

TEST_CASE("06: what was not asked for stays without a limit",
          "[06.2][points:1][unset][low]") {
  make_another_container("+memory +pids");
  const auto name = judge::random_name();
  const auto low = judge::random_number(4, 60);
  const auto box =
      start_and_keep({"--name", name, "--memory-reservation", text(low) + "m"});

  HINT(
      "memory.low goes without memory.max: each member of Limits can be set "
      "alone.");
  CHECK(leaf(name).file("memory.low") == text(low << 20));
  for (const std::string control :
       {"pids.max", "memory.max", "memory.swap.max"}) {
    HINT("Nobody has asked for " << control
                                 << ": what is not set in Limits is left as "
                                    "the kernel has it.");
    CHECK(leaf(name).file(control) == "max");
  }
  HINT("memory.oom.group goes with a limit for memory, and there is none.");
  CHECK(leaf(name).file("memory.oom.group") == "0");
}

TEST_CASE("06: a limit for processes or memory that is refused is an error",
          "[06.2][points:2][errors]") {
  for (const std::string control : {"pids.max", "memory.max", "memory.swap.max",
                                    "memory.low", "memory.oom.group"}) {
    check_refused_limit(control, {"--pids-max", "9", "--memory", "64m",
                                  "--memory-reservation", "16m"});
  }
}

// ---- 06.3: processors and disks --------------------------------------------

TEST_CASE("06: processor time and disks are limited",
          "[06.3][points:3][quota][rounded][io][device][keys][unset]") {
  make_another_container("+cpu +cpuset +io");
  const auto name = judge::random_name();
  const auto reading = odd_size(5);
  const auto writing = judge::random_number(1, 50) << 20;
  const auto requests = judge::random_number(10, 5000);
  const auto disk = scratch_disk();
  // 0.29 is a number that a double cannot hold: 0.29 * 100000 is
  // 28999.999999999996.
  const auto box =
      start_and_keep({"--name", name, "--cpus", "0.29", "--io-max",
                      "/dev/vda:wbps=" + text(writing), "--io-max",
                      disk + ":riops=" + text(requests), "--io-max",
                      disk + ":rbps=" + text(reading), "--io-max",
                      "/dev/vda:wiops=" + text(requests + 1)});

  HINT(
      "cpu.max has two numbers, \"QUOTA PERIOD\", in microseconds: in each "
      "100000, so many may be used. 0.29 processors are a quota of 29000, "
      "rounded, not cut off.");
  CHECK(leaf(name).file("cpu.max") == "29000 100000");
  HINT(
      "A line of io.max begins with the disk's numbers, MAJOR:MINOR, and each "
      "KEY=VALUE that is written changes this one and leaves the others. "
      "Values have 64 bits.");
  CHECK(leaf(name).file("io.max") ==
        disk + " rbps=" + text(reading) + " wbps=" + text(writing) +
            " riops=" + text(requests) + " wiops=" + text(requests + 1));
  for (const auto& [control, value] :
       {std::pair{"cpu.weight", "100"}, {"cpuset.cpus", ""}}) {
    HINT("Nobody has asked for " << control
                                 << ": what is not set in Limits is left as "
                                    "the kernel has it.");
    CHECK(leaf(name).file(control) == value);
  }
}

TEST_CASE("06: shares and single processors",
          "[06.3][points:2][weight][cpus][unset]") {
  make_another_container("+cpu +cpuset +io");
  const auto name = judge::random_name();
  const auto weight = text(judge::random_number(1, 10000));
  const auto cpu = text(judge::random_number(0, 1));
  const auto box = start_and_keep(
      {"--name", name, "--cpu-weight", weight, "--cpuset-cpus", cpu});

  HINT(
      "cpu.weight is a share while others want time, too; cpu.max is a limit "
      "even if nobody else does.");
  CHECK(leaf(name).file("cpu.weight") == weight);
  HINT("Only the weight was asked for: there is no quota.");
  CHECK(leaf(name).file("cpu.max") == "max 100000");
  HINT("cpuset.cpus is the list of processors, as text.");
  CHECK(leaf(name).file("cpuset.cpus") == cpu);
  CHECK(leaf(name).file("cpuset.cpus.effective") == cpu);
  HINT("Version 1 wanted cpuset.mems, too. Here, nobody has asked for it.");
  CHECK(leaf(name).file("cpuset.mems").empty());
  HINT("Nobody has asked for a limit for disks.");
  CHECK(leaf(name).file("io.max").empty());
}

TEST_CASE("06: a list of processors can be written in several ways",
          "[06.3][points:1][cpus][exactly][idle]") {
  const auto box = start_limited({"--cpuset-cpus", "0,1"});
  HINT(
      "Both processors are there, and the program says that they are not. The "
      "kernel says \"0-1\" for \"0,1\": kit::parse_cpus() makes sets of both, "
      "which are equal.");
  CHECK(box.errors().find("0,1") == std::string::npos);
}

TEST_CASE("06: more than one processor's time",
          "[06.3][points:1][quota][cpus]") {
  const auto name = judge::random_name();
  const auto tenths = judge::random_number(11, 19);
  const auto box =
      start_and_keep({"--name", name, "--cpus", "1." + text(tenths - 10),
                      "--cpuset-cpus", "0-1"});
  HINT("Two processors can use 200000 microseconds in 100000.");
  CHECK(leaf(name).file("cpu.max") == text(tenths * 10000) + " 100000");
  CHECK(leaf(name).file("cpuset.cpus.effective") == "0-1");
}

TEST_CASE("06: an io limit for what is not a disk is an error",
          "[06.3][points:1][disk]") {
  const auto result = run_with({"--io-max", "/dev/null:rbps=1m"});
  check_refused(result, "/dev/null",
                "device_numbers() throws if it is not a block device. A limit "
                "that cannot be set must end the program.");
}

TEST_CASE("06: processors that are not there are an error",
          "[06.3][points:2][exactly]") {
  // The host has them, but what is below container-kit may not use them.
  make_another_container("+cpuset");
  write_control("/container-kit/cpuset.cpus", "0");

  for (const std::string cpus : {"0-1", "1"}) {
    check_refused(run_with({"--cpuset-cpus", cpus}), cpus,
                  "The kernel takes a list of processors without a word, and "
                  "uses what is there of it, or even all that is there. What "
                  "it uses is in cpuset.cpus.effective: compare.");
  }
  check_refused(run_with({"--cpuset-cpus", "5"}), "5",
                "The kernel refuses processors that the host cannot have. "
                "That is an error.");
}

TEST_CASE("06: a limit for processors or disks that is refused is an error",
          "[06.3][points:2][errors]") {
  for (const std::string control :
       {"cpu.max", "cpu.weight", "cpuset.cpus", "io.max"}) {
    check_refused_limit(
        control, {"--cpus", "0.5", "--cpu-weight", "200", "--cpuset-cpus", "0",
                  "--io-max", "/dev/vda:rbps=1m"});
  }
}
