// Judges lesson 08: lessons/08_seccomp/filter.h is the contract.
//
// What a filter does shows in two places: in /proc/PID/status, whether there is
// one; and in what happens to system calls, which the probe makes by number.
// Where a call has an effect, the judge looks for it from outside.

#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "tests/08_seccomp/filters.h"

namespace filters {
namespace {

constexpr long kMount32 = 21, kIoctl32 = 54, kIoctlX32 = 514;

// The kernel looks at the lower 32 bits of these arguments.
constexpr std::uint64_t kUpperHalf = std::uint64_t{1} << 32;
constexpr std::uint64_t kTiocsti = 0x5412, kTioclinux = 0x541c;

constexpr char kNotInstalled[] =
    "The kernel has not taken the filter, or the command ended at once. A "
    "sock_fprog has the number of instructions, not of bytes; the operation is "
    "SECCOMP_SET_MODE_FILTER.";

}  // namespace

// ---- What is given ---------------------------------------------------------

TEST_CASE("08: an unwritten step ends the program with 75", "[given]") {
  const auto root = judge::make_root_directory();
  const auto result = judge::run({"--root", root, "--", "/probe", "exit", "0"},
                                 {.hold_at_todo = false});
  if (result.ending != judge::exited(75)) {
    SUCCEED("All steps are written.");
    return;
  }
  HINT("A skeleton says which step is next, and nothing else.");
  CHECK(result.is_one_line());
}

TEST_CASE("08: options and profiles that are wrong are errors", "[given]") {
  const auto before = judge::Host::now();
  const auto word = judge::random_name();
  const auto broken = profile("{'defaultAction':\n 'SCMP_ACT_" + word + "'}");
  const auto cut = profile("{'defaultAction': 'SCMP_ACT_ALLOW',");
  const auto notify = profile("{'defaultAction': 'SCMP_ACT_NOTIFY'}");
  const auto folder = judge::make_root_directory();
  const auto fifo = folder + "/fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const auto long_file = folder + "/long";
  std::ofstream(long_file) << "{}";
  std::filesystem::resize_file(long_file, (16 << 20) + 1);
  for (const auto& [options, text] :
       std::vector<std::pair<Options, std::string>>{
           {{"--no-such-option"}, "--no-such-option"},
           {{"--deny"}, "--deny"},
           {{"--deny", word}, word},
           {{"--deny", ""}, "\"\""},
           {{"--deny", "83"}, "83"},
           {{"--profile", "/" + word}, word},
           {{"--profile", "/etc", "--profile", "/etc"}, "--profile"},
           {broken, broken[1] + ":2:2"},
           {cut, cut[1] + ":1:"},
           {notify, notify[1] + ":1:19"},
           {{"--profile", "/dev/zero"}, "/dev/zero"},
           {{"--profile", fifo}, fifo},
           {{"--profile", "/etc"}, "/etc"},
           {{"--profile", long_file}, long_file},
           {{"--root", "/judge/roots/" + word}, word}}) {
    auto arguments = options;
    arguments.insert(arguments.end(), {"--", judge::guest().probe()});
    const auto result = judge::run(arguments);
    CHECK(result.ending == judge::exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(text));
  }
  CHECK(judge::run({"--help"}).ending == judge::exited(0));
  CHECK(judge::Host::settled(before) == before);
}

// ---- 08.1: installed -------------------------------------------------------

TEST_CASE("08: the command has a filter", "[08.1][points:2][decides][one]") {
  const auto box = judge::start({});
  const auto& process = command(box, kNotInstalled);

  HINT("Seccomp is the mode: 0 is none, 2 a filter. " +
       std::string(kNotInstalled));
  CHECK(process.status("Seccomp") == "2");
  HINT("How many filters it has. It wants one.");
  CHECK(process.status("Seccomp_filters") == "1");
}

TEST_CASE("08: the command gets no new privileges",
          "[08.1][points:2][privileges]") {
  const auto box = judge::start({});
  const auto& process = command(box, kNotInstalled);

  HINT(
      "NoNewPrivs is 0. As root it works without; for everybody else the "
      "kernel takes no filter then (EACCES): with one, a set-user-ID program "
      "could be lied to. ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) first.");
  CHECK(process.status("NoNewPrivs") == "1");
}

TEST_CASE("08: a filter that the kernel does not take is an error",
          "[08.1][points:1][EINVAL]") {
  const auto result =
      run_with({}, {.failing_calls = {{{SYS_seccomp}, EINVAL},
                                      {{SYS_prctl, PR_SET_SECCOMP}, EINVAL}}});

  HINT(
      "The kernel has not taken the filter (EINVAL), as it does with one of "
      "more than 4096 instructions, and the command has run without: check() "
      "what seccomp() returns.");
  CHECK(result.ending == judge::exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(EINVAL)));
}

namespace {

// Runs the program, and adds up the flags of the filters that it installs.
std::uint64_t flags_of_filters(judge::Subject& program) {
  std::uint64_t flags = 0;
  (void)judge::becomes_true(program, [&] {
    while (const auto call = program.watch().receive_call()) {
      const auto& arguments = call->arguments;  // Operation, flags, filter.
      // Libseccomp calls without a filter, to see which flags there are.
      if (arguments[0] == SECCOMP_SET_MODE_FILTER && arguments[2] != 0) {
        flags |= arguments[1];
      }
      program.watch().release();
    }
    return program.ending() || !program.unwritten_step().empty();
  });
  return flags;
}

}  // namespace

TEST_CASE("08: the filter is installed without flags",
          "[08.1][points:1][idle][speculation][log]") {
  judge::Subject program(
      {"--root", judge::make_root_directory(), "--", "/probe", "exit", "3"},
      {.held_calls = {{SYS_seccomp}}});

  HINT(
      "SECCOMP_FILTER_FLAG_SPEC_ALLOW takes a protection away: the processor "
      "may then guess what a program is about to read, and others can see "
      "what it was. No flag is needed.");
  const auto flags = flags_of_filters(program);
  CHECK((flags & SECCOMP_FILTER_FLAG_SPEC_ALLOW) == 0);
  HINT(
      "With SECCOMP_FILTER_FLAG_LOG, the kernel notes each call that is "
      "refused, and a container can fill the host's log. No flag is needed.");
  CHECK((flags & SECCOMP_FILTER_FLAG_LOG) == 0);
  REQUIRE(program.wait_for_end().has_value());
  CHECK(*program.ending() == judge::exited(3));
}

TEST_CASE("08: what it starts has the filter, too",
          "[08.1][points:1][children]") {
  const auto box = judge::start({});
  (void)command(box, kNotInstalled);
  std::filesystem::copy_file(judge::guest().probe(), box.root_path() + "/copy");
  (void)box.get("run /copy");
  const auto children = judge::descendants_of(box.command().pid());
  REQUIRE(children.size() == 1);
  const judge::Process child(children.front().pid);
  CHECK(child.status("Seccomp") == "2");
}

TEST_CASE("08: the default profile allows what programs need",
          "[08.1][points:1][decides]") {
  const auto before = judge::Host::now();
  const auto box = judge::start({});
  (void)command(box, kNotInstalled);

  const auto one = random_path();
  const auto two = random_path();
  CHECK(box.ask("call " + word(SYS_mkdir) + " " + one + " 448") == "ok 0");
  CHECK(box.ask("call " + word(SYS_mkdirat) + " -100 " + two + " 448") ==
        "ok 0");
  CHECK(exists(box, one));
  CHECK(exists(box, two));
  CHECK(box.ask("call " + word(SYS_chmod) + " " + one + " 493") == "ok 0");
  CHECK(box.ask("call " + word(SYS_fchmodat) + " -100 " + one + " 448") ==
        "ok 0");
  CHECK(box.ask("call " + word(SYS_open) + " /probe 0") != error(EPERM));
  CHECK(box.ask("call " + word(SYS_openat) + " -100 /probe 0") != error(EPERM));
  // Its answer to such a wrong call, and not the filter's.
  CHECK(box.ask("call " + word(SYS_openat2) + " -100 /probe 0 0") ==
        error(EINVAL));
  CHECK(box.ask("fork 2") == "ok 2 0");
  CHECK(box.ask("reap") == "ok");
  CHECK(box.ask("call32 " + word(kGetpid32)) ==
        "ok " + word(box.command().pid()));
  CHECK(box.ask("call32 " + word(kMkdir32) + " " + random_path() + " 448") ==
        "ok 0");
  const auto status = static_cast<int>(judge::random_number(1, 120));
  CHECK(box.end(status) == judge::exited(status));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("08: the default profile denies what containers must not do",
          "[08.1][points:1][decides]") {
  const auto box = judge::start({});
  (void)command(box, kNotInstalled);
  const auto mounts = box.command().mounts().size();

  // The command is root with all capabilities: only the filter is in its way.
  for (const auto& instruction : Options{
           "mount tmpfs /tmp",
           "call32 " + word(kMount32) + " /tmp /tmp",
           "call " + x32(SYS_mount) + " /tmp /tmp",
           "call " + word(SYS_unshare) + " " + word(CLONE_NEWNS),
           "call " + word(SYS_setns) + " -1 0",
           "call " + word(SYS_keyctl) + " 0 -3 0",
           "call " + word(SYS_bpf) + " 0 0 0",
           "call " + word(SYS_reboot) + " 0 0 0",
           "call " + word(SYS_personality) + " 0x40000",
           "call " + word(SYS_socket) + " 40 1 0",
           "call " + word(SYS_socket) + " 38 5 0",
           "call " + word(SYS_socket) + " " + word(kUpperHalf | 40) + " 1 0",
           "call " + word(SYS_socket) + " " + word(kUpperHalf | 38) + " 5 0",
           "call " + word(SYS_socketpair) + " 40 1 0 0",
           "call32 " + word(kSocket32) + " 40 1 0",
           "call32 " + word(kSocket32) + " 38 5 0",
           "call " + x32(SYS_socket) + " 38 5 0",
           "call " + word(SYS_ioctl) + " -1 " + word(kTiocsti),
           "call " + word(SYS_ioctl) + " -1 " + word(kTioclinux),
           "call " + word(SYS_ioctl) + " -1 " + word(kUpperHalf | kTiocsti),
           "call " + word(SYS_ioctl) + " -1 " + word(kUpperHalf | kTioclinux),
           "call32 " + word(kIoctl32) + " -1 " + word(kTiocsti),
           "call " + x32(kIoctlX32) + " -1 " + word(kTiocsti),
           "call32 " + word(kIoctl32) + " -1 " + word(kTioclinux),
           "clone " + word(CLONE_NEWUSER),
           "clone " + word(CLONE_NEWNET)}) {
    CAPTURE(instruction);
    CHECK(box.ask(instruction) == error(EPERM));
  }
  CHECK(box.command().mounts().size() == mounts);
  CHECK(box.command().own_namespaces() == std::set<std::string>{"mnt"});

  // And their neighbours.
  CHECK(box.ask("call " + word(SYS_personality) + " 0xffffffff") == "ok 0");
  CHECK(box.ask("call " + word(SYS_personality) + " 0x1ffffffff") ==
        error(EPERM));
  CHECK(box.ask("call " + word(SYS_socket) + " 1 1 0") != error(EPERM));
  CHECK(box.ask("call32 " + word(kSocket32) + " 1 1 0") != error(EPERM));
  CHECK(make_socket_by_socketcall(box, AF_UNIX, SOCK_DGRAM) == error(ENOSYS));
  for (const auto other : {kTiocsti - 1, kTiocsti + 1, kTioclinux - 1,
                           kTioclinux + 1, kUpperHalf}) {
    CHECK(box.ask("call " + word(SYS_ioctl) + " -1 " + word(other)) ==
          error(EBADF));
  }
  CHECK(box.ask("call32 " + word(kIoctl32) + " -1 " + word(kTiocsti + 1)) ==
        error(EBADF));
  CHECK(box.ask("clone 0") == "ok");
}

TEST_CASE("08: threads work, though clone3 is denied",
          "[08.1][points:1][decides]") {
  const auto box = judge::start({});
  (void)command(box, kNotInstalled);

  HINT(
      "ENOSYS says \"there is no such call\", and a program takes the old "
      "one.");
  CHECK(box.ask("clone3 0") == error(ENOSYS));
  CHECK(box.ask("thread") == "ok");
  HINT("A call that is newer than the filter gets ENOSYS, too.");
  CHECK(box.ask("call 900") == error(ENOSYS));
}

}  // namespace filters
