// The ways around the rules, and all together: step 08.5.

#include <sys/socket.h>

#include "tests/08_seccomp/filters.h"

namespace filters {
namespace {

constexpr long kIpc32 = 117, kMmap32 = 90;

// What ipc(2) is to do: linux/ipc.h.
constexpr int kShmgetOfIpc = 23;

std::size_t sockets_of(const judge::Box& box) {
  std::size_t count = 0;
  for (const auto& [fd, what] : box.command().descriptors()) {
    if (what.starts_with("socket:")) ++count;
  }
  return count;
}

// Calls with ways around a rule on their fifth argument, or another name.
constexpr char kAllAround[] =
    "'_newselect', 'chown', 'clock_adjtime', 'clock_getres', "
    "'clock_gettime', 'clock_nanosleep', 'clock_settime', 'clone', "
    "'fadvise64', 'fallocate', 'fanotify_mark', 'fchown', 'fcntl', "
    "'fstat', 'fstatfs', 'ftruncate', 'futex', 'getrlimit', "
    "'io_pgetevents', 'lchown', 'lookup_dcookie', 'lseek', 'lstat', "
    "'mmap', 'mmap2', 'mq_timedreceive', 'mq_timedsend', 'newfstatat', "
    "'ppoll', 'pread64', 'preadv', 'preadv2', 'pselect6', 'pwrite64', "
    "'pwritev', 'pwritev2', 'readahead', 'recvmmsg', 'rt_sigaction', "
    "'rt_sigprocmask', 'rt_sigtimedwait', 'sched_rr_get_interval', "
    "'select', 'semtimedop', 'sendfile', 'setfsgid', 'setfsuid', "
    "'setgid', 'setgroups', 'setregid', 'setresgid', 'setresuid', "
    "'setreuid', 'setuid', 'stat', 'statfs', 'sync_file_range', "
    "'timer_gettime', 'timer_settime', 'timerfd_gettime', "
    "'timerfd_settime', 'truncate', 'umount2', 'utimensat', 'wait4'";

// Some of those ways, as numbers of 32-bit programs, the first and the last
// among them.
constexpr long kSomeAround[] = {7, 194, 214, 403, 422, 423};
constexpr long kPreadv2 = 378;

}  // namespace

// ---- 08.5: ways around the rules -------------------------------------------

TEST_CASE("08: no other call leads around a rule on arguments",
          "[08.5][points:2][numbers]") {
  const auto number = random_errno();
  const auto allow_calls = act("socketcall", "LOG") + ", " + act("ipc", "LOG") +
                           ", " + act("mmap2", "LOG");
  {
    // Without such a rule, all these calls do something: the witness.
    const auto box = judge::start(profile(with_rules(allow_calls)));
    (void)command(box, "");
    const auto before = sockets_of(box);
    CHECK(
        make_socket_by_socketcall(box, AF_UNIX, SOCK_DGRAM).starts_with("ok"));
    CHECK(sockets_of(box) == before + 1);
    CHECK(box.ask("call32 " + word(kIpc32) + " " + word(kShmgetOfIpc) +
                  " 0 4096 960")
              .starts_with("ok"));
    const auto map = box.get("words 0 4096 3 34 0xffffffff 0");
    CHECK(box.ask("call32 " + word(kMmap32) + " " + map) != error(ENOSYS));
  }
  const auto box = judge::start(profile(with_rules(
      allow_calls + ", " + deny("'socket'", number, condition(1, "EQ", 77)) +
      ", " + deny("'shmget'", number, condition(1, "EQ", 77)) + ", " +
      deny("'mmap'", number, condition(2, "EQ", 77)))));
  (void)command(box,
                "Nothing runs: where does the program go on after an "
                "instruction? BPF_JUMP() counts from the next one.");

  const auto before = sockets_of(box);
  HINT(
      "socketcall(2) has made a socket, though a rule looks at the arguments "
      "of socket(2): here they are in memory. All of `numbers` get `verdict`, "
      "before libseccomp's program is asked.");
  CHECK(make_socket_by_socketcall(box, AF_UNIX, SOCK_DGRAM) == error(ENOSYS));
  CHECK(sockets_of(box) == before);
  HINT("The second number is no better than the first: all of `numbers`.");
  CHECK(box.ask("call32 " + word(kIpc32) + " " + word(kShmgetOfIpc) +
                " 0 4096 960") == error(ENOSYS));
  const auto map = box.get("words 0 4096 3 34 0xffffffff 0");
  CHECK(box.ask("call32 " + word(kMmap32) + " " + map) == error(ENOSYS));
}

TEST_CASE("08: all other calls are left to the filter",
          "[08.5][points:1][others][architectures]") {
  const auto number = random_errno();
  const auto box = judge::start(
      profile(with_rules(deny("'socket'", number, condition(1, "EQ", 77)) +
                         ", " + deny("'mkdir'", number))));
  (void)command(box,
                "Nothing runs: where does the program go on after an "
                "instruction? BPF_JUMP() counts from the next one.");

  HINT(
      "102 is socketcall(2) for 32-bit programs, and getuid(2) for others: "
      "look at the architecture first.");
  CHECK(box.ask("call " + word(kSocketcall32)) == "ok 0");
  CHECK(box.ask("call " + word(SYS_mkdir) + " " + random_path() + " 448") ==
        error(number));
  HINT("The filter is asked after these instructions, for 32-bit calls, too.");
  CHECK(box.ask("call32 " + word(kMkdir32) + " " + random_path() + " 448") ==
        error(number));
  CHECK(box.ask("call32 " + word(kSocket32) + " 1 77 0") == error(number));
  CHECK(box.ask("call32 " + word(kSocket32) + " 1 2 0").starts_with("ok"));
  CHECK(box.ask("call32 " + word(kGetpid32)) ==
        "ok " + word(box.command().pid()));
}

TEST_CASE("08: it can be one way around, or a hundred",
          "[08.5][points:1][count]") {
  for (const auto& names :
       {std::string("'preadv2'"), std::string(kAllAround)}) {
    const auto box = judge::start(profile(
        with_rules(deny(names, random_errno(), condition(4, "EQ", 77)))));
    const auto& process = command(
        box,
        "Nothing runs: how far does a jump have to lead that goes past all of "
        "the numbers?");

    HINT(
        "There is one number, or there are many: all of them get the verdict.");
    CHECK(box.ask("call32 " + word(kPreadv2)) == error(ENOSYS));
    const bool has_many = names == kAllAround;
    for (const auto number : kSomeAround) {
      if (!has_many) break;
      CAPTURE(number);
      HINT("There are many numbers, and one of them was left to the filter.");
      CHECK(box.ask("call32 " + word(number)) == error(ENOSYS));
    }
    HINT("Other calls are for the filter, however many numbers there are.");
    CHECK(box.ask("call32 " + word(kGetpid32)) == "ok " + word(process.pid()));
  }
}

TEST_CASE("08: the ways around get the verdict that is given",
          "[08.5][points:1][verdict]") {
  const auto box = judge::start(profile(
      with_rules(std::string(kNeeded) + ", " +
                     deny("'socket'", random_errno(), condition(1, "EQ", 77)),
                 "'SCMP_ACT_KILL_PROCESS'")));
  (void)command(box, "");

  HINT(
      "Of a profile that kills, the verdict is SCMP_ACT_KILL_PROCESS: "
      "refuse_32_bit() returns what it is given.");
  CHECK(make_socket_by_socketcall(box, AF_UNIX, SOCK_DGRAM) == "ended");
  CHECK(box.wait() == kKilled);
}

// ---- All together ----------------------------------------------------------

TEST_CASE("08: --deny denies one call", "[08.5][points:1]") {
  const auto box = judge::start({"--deny", "mkdir", "--deny", "getpgid"});
  (void)command(box, "");
  const auto one = random_path();
  const auto two = random_path();
  CHECK(box.ask("call " + word(SYS_mkdir) + " " + one + " 448") ==
        error(EPERM));
  CHECK(box.ask("call " + word(SYS_getpgid)) == error(EPERM));
  CHECK(box.ask("call " + word(SYS_mkdirat) + " -100 " + two + " 448") ==
        "ok 0");
  CHECK(!exists(box, one));
  CHECK(exists(box, two));
  CHECK(box.ask("mount tmpfs /tmp") == error(EPERM));
  CHECK(box.ask("clone3 0") == error(ENOSYS));
}

TEST_CASE("08: a profile that blocks execve is told of", "[08.5][points:1]") {
  for (const auto& options :
       {Options{"--deny", "execve"},
        profile(with_rules(deny("'execve'", random_errno())))}) {
    const auto result = run_with(options);
    CHECK(result.ending == judge::exited(126));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains("execve"));
  }
}

TEST_CASE("08: what runs is the command, with its own status",
          "[08.5][points:1][idle]") {
  const auto before = judge::Host::now();
  CHECK(judge::run({"--", "/" + judge::random_name()}).ending ==
        judge::exited(127));
  CHECK(judge::run({"--", "/etc"}).ending == judge::exited(126));
  const auto status = std::to_string(judge::random_number(1, 70));
  const auto result =
      judge::run({"--deny", "mkdir", "--", "sh", "-c", "exit " + status});
  CHECK(result.ending == judge::exited(std::stoi(status)));
  CHECK(judge::Host::settled(before) == before);
}

}  // namespace filters
