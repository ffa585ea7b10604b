// Judges lesson 08: lessons/08_seccomp/filter.h is the contract.
//
// What a filter does shows in two places: in /proc/PID/status, whether there is
// one; and in what happens to system calls, which the probe makes by number.
// Where a call has an effect, the judge looks for it from outside.

#include <linux/sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/judge/judge.h"

namespace {

using judge::exited;

const judge::Ending kKilled = {.status = 0, .signal = SIGSYS};

// A call's number as a word of the probe's, and in the table of x32.
std::string word(std::uint64_t number) { return std::to_string(number); }
std::string x32(long number) { return word(number | 0x40000000); }

// In the table of 32-bit programs, numbers are different: asm/unistd_32.h.
constexpr long kMkdir32 = 39, kGetpid32 = 20, kMount32 = 21, kIoctl32 = 54;
constexpr long kSocketcall32 = 102, kIpc32 = 117, kSocket32 = 359;
constexpr long kMmap32 = 90;
constexpr long kIoctlX32 = 514;

// What socketcall and ipc are to do: linux/net.h, linux/ipc.h.
constexpr int kSocketOfSocketcall = 1, kShmgetOfIpc = 23;

// The kernel looks at the lower 32 bits of these arguments.
constexpr std::uint64_t kUpperHalf = std::uint64_t{1} << 32;
constexpr std::uint64_t kTiocsti = 0x5412, kTioclinux = 0x541c;

std::string error(int number) { return "error " + std::to_string(number); }

// One that no call of these tests returns by itself.
int random_errno() { return static_cast<int>(judge::random_number(200, 4095)); }

std::string random_path() { return "/tmp/" + judge::random_name(); }

bool exists(const judge::Box& box, const std::string& path) {
  return std::filesystem::exists(box.root_path() + path);
}

// Writes a profile to a file, and returns the options for it. In `text`, a ' is
// written for a ".
std::vector<std::string> profile(std::string text) {
  for (char& c : text) {
    if (c == '\'') c = '"';
  }
  const auto path = judge::make_root_directory() + "/profile.json";
  std::ofstream(path) << text;
  return {"--profile", path};
}

// A profile with that default action, for these architectures, with rules.
std::string with_rules(const std::string& rules,
                       const std::string& otherwise = "'SCMP_ACT_ALLOW'") {
  return "{'defaultAction': " + otherwise +
         ", 'archMap': [{'architecture': 'SCMP_ARCH_X86_64', "
         "'subArchitectures': ['SCMP_ARCH_X86', 'SCMP_ARCH_X32']}], "
         "'syscalls': [" +
         rules + "]}";
}

std::string deny(const std::string& names, int number,
                 const std::string& conditions = "") {
  return "{'names': [" + names + "], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': " +
         std::to_string(number) + ", 'args': [" + conditions + "]}";
}

std::string act(const std::string& name, const std::string& action) {
  return "{'names': ['" + name + "'], 'action': 'SCMP_ACT_" + action + "'}";
}

std::string condition(int index, const std::string& op, std::uint64_t value,
                      std::uint64_t two = 0) {
  return "{'index': " + std::to_string(index) + ", 'op': 'SCMP_CMP_" + op +
         "', 'value': " + std::to_string(value) +
         ", 'valueTwo': " + std::to_string(two) + "}";
}

// A call that has no effect, with arguments 1 to 5 as they are given: splice()
// of a descriptor that is not open. For 32-bit programs they have the same
// places.
std::string harmless(const std::vector<std::uint64_t>& arguments) {
  std::string text = "call " + word(SYS_splice) + " 0xffffffffffffffff";
  for (const auto each : arguments) text += " " + std::to_string(each);
  return text;
}

// What the command's 32-bit socketcall(2) for a socket of that kind returns.
std::string make_socket_by_socketcall(const judge::Box& box, int family,
                                      int type) {
  const auto arguments = box.get("words " + std::to_string(family) + " " +
                                 std::to_string(type) + " 0");
  return box.ask("call32 " + word(kSocketcall32) + " " +
                 word(kSocketOfSocketcall) + " " + arguments);
}

std::size_t sockets_of(const judge::Box& box) {
  std::size_t count = 0;
  for (const auto& [fd, what] : box.command().descriptors()) {
    if (what.starts_with("socket:")) ++count;
  }
  return count;
}

// What the probe needs to begin and to talk.
constexpr char kNeeded[] =
    "{'action': 'SCMP_ACT_ALLOW', 'names': ['execve', 'brk', 'arch_prctl', "
    "'set_tid_address', 'set_robust_list', 'rseq', 'prlimit64', 'readlink', "
    "'readlinkat', 'getrandom', 'mprotect', 'mmap', 'munmap', 'socket', "
    "'connect', 'sendto', 'recvfrom', 'sendmsg', 'recvmsg', 'read', 'write', "
    "'close', 'exit', 'exit_group', 'rt_sigaction', 'rt_sigprocmask', "
    "'futex', 'mkdir']}";

std::uint64_t random_64() {
  const auto half = [] {
    return static_cast<std::uint64_t>(judge::random_number(1, 0x7ffffff0));
  };
  return half() << 32 | half();
}

// The command; if it did not run, the reader gets the hint.
const judge::Process& command(const judge::Box& box, const char* hint) {
  try {
    return box.command();
  } catch (const judge::Failed&) {
    HINT(hint);
    throw;
  }
}

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
  if (result.ending != exited(75)) {
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
       std::vector<std::pair<std::vector<std::string>, std::string>>{
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
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(text));
  }
  CHECK(judge::run({"--help"}).ending == exited(0));
  CHECK(judge::Host::settled(before) == before);
}

// ---- 08.1: installed -------------------------------------------------------

TEST_CASE("08: the command has a filter", "[08.1][points:2]") {
  const auto box = judge::start({});
  const auto& process = command(box, kNotInstalled);

  HINT("Seccomp is the mode: 0 is none, 2 a filter. " +
       std::string(kNotInstalled));
  CHECK(process.status("Seccomp") == "2");
  HINT("How many filters it has. It wants one.");
  CHECK(process.status("Seccomp_filters") == "1");
}

TEST_CASE("08: the command gets no new privileges", "[08.1][points:2]") {
  const auto box = judge::start({});
  const auto& process = command(box, kNotInstalled);

  HINT(
      "NoNewPrivs is 0. As root it works without; for everybody else the "
      "kernel takes no filter then (EACCES): with one, a set-user-ID program "
      "could be lied to. ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) first.");
  CHECK(process.status("NoNewPrivs") == "1");
}

TEST_CASE("08: what it starts has the filter, too", "[08.1][points:1]") {
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
          "[08.1][points:1]") {
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
  CHECK(box.end(status) == exited(status));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("08: the default profile denies what containers must not do",
          "[08.1][points:1]") {
  const auto box = judge::start({});
  (void)command(box, kNotInstalled);
  const auto mounts = box.command().mounts().size();

  // The command is root with all capabilities: only the filter is in its way.
  for (const auto& instruction : std::vector<std::string>{
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

TEST_CASE("08: threads work, though clone3 is denied", "[08.1][points:1]") {
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

// ---- 08.3: the program -----------------------------------------------------
//
// Before the cases of 08.2: what a filter is shows only in its program, and
// these need no more of 08.2 than its default verdict.

TEST_CASE("08: a profile becomes a filter", "[08.3][points:2]") {
  const auto box = judge::start(profile("{'defaultAction': 'SCMP_ACT_ALLOW'}"));
  const auto& process = command(
      box,
      "The program that came from libseccomp was not taken. ::pread() reads "
      "from the beginning of the file, where ::seccomp_export_bpf() has left "
      "its position at the end; and a file of N bytes has N / "
      "sizeof(sock_filter) instructions.");

  CHECK(process.status("Seccomp") == "2");
  HINT(
      "There is more than one filter. to_program() asks for the program and "
      "installs nothing: ::seccomp_load() would do it here and now, and the "
      "filter would be there before everything is ready for it.");
  CHECK(process.status("Seccomp_filters") == "1");
}

TEST_CASE("08: a long program is read as a whole", "[08.3][points:1]") {
  const std::string names =
      "'acct', 'add_key', 'adjtimex', 'alarm', 'bpf', 'capget', 'capset', "
      "'chown', 'clock_adjtime', 'clock_settime', 'copy_file_range', 'creat', "
      "'delete_module', 'epoll_create', 'epoll_create1', 'epoll_ctl', "
      "'eventfd', 'eventfd2', 'fallocate', 'fanotify_init', 'fanotify_mark', "
      "'fchdir', 'fchown', 'fdatasync', 'fgetxattr', 'finit_module', "
      "'flistxattr', 'flock', 'fremovexattr', 'fsetxattr', 'fsync', "
      "'ftruncate', 'futimesat', 'get_mempolicy', 'getitimer', 'getpgid', "
      "'getpriority', 'getrusage', 'getsid', 'getxattr', 'init_module', "
      "'inotify_init', 'inotify_init1', 'io_cancel', 'io_destroy', 'io_setup', "
      "'io_submit', 'ioperm', 'iopl', 'ioprio_get', 'ioprio_set', 'kcmp', "
      "'kexec_load', 'keyctl', 'lchown', 'lgetxattr', 'link', 'linkat', "
      "'listxattr', 'llistxattr', 'lremovexattr', 'lsetxattr', 'mbind', "
      "'migrate_pages', 'mincore', 'mknod', 'mknodat', 'mlock', 'mlockall', "
      "'modify_ldt', 'mount', 'move_pages', 'mq_open', 'mq_unlink', 'msgctl', "
      "'msgget', 'msgrcv', 'msgsnd', 'munlock', 'nanosleep', "
      "'perf_event_open', 'personality'";
  const auto box =
      judge::start(profile("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [" +
                           deny(names, random_errno()) + "]}"));
  const auto& process =
      command(box, "This profile makes a long one. Is the whole program read?");
  CHECK(process.status("Seccomp") == "2");
}

// ---- 08.2: the beginning ---------------------------------------------------

TEST_CASE("08: calls without a rule get the default action",
          "[08.2][points:2]") {
  const auto root = judge::make_root_directory();
  const auto ending_with = [&](const std::string& action) {
    auto arguments = profile("{'defaultAction': '" + action + "'}");
    arguments.insert(arguments.end(),
                     {"--root", root, "--", "/probe", "exit", "3"});
    return judge::run(arguments).ending;
  };

  HINT(
      "With SCMP_ACT_KILL_PROCESS for all calls, the command dies of the first "
      "one (SIGSYS). Is it policy.otherwise that ::seccomp_init() gets?");
  CHECK(ending_with("SCMP_ACT_KILL_PROCESS") == kKilled);
  HINT("SCMP_ACT_LOG lets calls through, and the kernel makes a note of them.");
  CHECK(ending_with("SCMP_ACT_LOG") == exited(3));
}

TEST_CASE("08: other architectures are let in if the profile says so",
          "[08.2][points:2]") {
  const auto box = judge::start(profile(with_rules("")));
  const auto& process =
      command(box,
              "Adding the architecture of this machine fails with EEXIST: "
              "::seccomp_init() has done it. That is no error.");

  HINT(
      "A 32-bit call (int 0x80) was made, and archMap has SCMP_ARCH_X86. Is "
      "::seccomp_arch_add() called for each of policy.architectures?");
  CHECK(box.ask("call32 " + word(kGetpid32)) == "ok " + word(process.pid()));
  HINT(
      "The same for SCMP_ARCH_X32. (This kernel itself has no such calls, and "
      "says ENOSYS.)");
  CHECK(box.ask("call " + x32(SYS_getpid)) == error(ENOSYS));
}

TEST_CASE("08: all other architectures are kept out", "[08.2][points:2]") {
  for (const auto& instruction :
       {"call32 " + word(kGetpid32), "call " + x32(SYS_getpid)}) {
    const auto box =
        judge::start(profile("{'defaultAction': 'SCMP_ACT_ALLOW', "
                             "'architectures': ['SCMP_ARCH_X86_64']}"));
    (void)command(box, "An architecture that is there already is no error.");

    HINT(
        "The same call has another number in another architecture. Who does "
        "not look at the architecture lets mount(2) through as number 21. The "
        "attribute SCMP_FLTATR_ACT_BADARCH says what happens to such calls.");
    CHECK(box.ask(instruction) == "ended");
    CHECK(box.wait() == kKilled);
  }
}

TEST_CASE("08: such a call ends the whole process", "[08.2][points:1]") {
  const auto box = judge::start(profile("{'defaultAction': 'SCMP_ACT_ALLOW'}"));
  (void)command(box, "");

  HINT(
      "Only the thread was killed that made the call. That is what "
      "SCMP_FLTATR_ACT_BADARCH means if nobody sets it, and the others wait "
      "for that thread for ever: SCMP_ACT_KILL_PROCESS.");
  CHECK(box.ask("thread-call32 " + word(kGetpid32)) == "ended");
  CHECK(box.wait() == kKilled);
}

// ---- 08.4: rules -----------------------------------------------------------

TEST_CASE("08: a call gets the errno of its rule", "[08.4][points:2]") {
  const auto number = random_errno();
  const auto box =
      judge::start(profile(with_rules(deny("'mkdir', 'rmdir'", number))));
  (void)command(box, "");
  const auto one = random_path();
  const auto two = random_path();

  HINT("The verdict of the rule has its errno in it: leave it as it is.");
  CHECK(box.ask("call " + word(SYS_mkdir) + " " + one + " 448") ==
        error(number));
  CHECK(!exists(box, one));
  CHECK(box.ask("call " + word(SYS_rmdir) + " " + one) == error(number));

  // A call that does the same under another name is another call.
  CHECK(box.ask("call " + word(SYS_mkdirat) + " -100 " + two + " 448") ==
        "ok 0");
  CHECK(exists(box, two));
}

TEST_CASE("08: a rule holds in all architectures", "[08.4][points:1]") {
  const auto number = random_errno();
  const auto box = judge::start(profile(with_rules(deny("'mkdir'", number))));
  (void)command(box, "");
  const auto path = random_path();

  HINT("libseccomp knows the call's number in each of them.");
  CHECK(box.ask("call32 " + word(kMkdir32) + " " + path + " 448") ==
        error(number));
  CHECK(box.ask("call " + x32(SYS_mkdir) + " " + path + " 448") ==
        error(number));
  CHECK(!exists(box, path));
}

TEST_CASE("08: an allow list lets nothing else through", "[08.4][points:2]") {
  const auto number = random_errno();
  const auto box = judge::start(
      profile(with_rules(kNeeded, "'SCMP_ACT_ERRNO', 'defaultErrnoRet': " +
                                      std::to_string(number))));
  (void)command(box, "A rule for each of its names lets a call through.");
  const auto one = random_path();
  const auto two = random_path();

  CHECK(box.ask("call " + word(SYS_mkdir) + " " + one + " 448") == "ok 0");
  CHECK(exists(box, one));
  CHECK(box.ask("call " + word(SYS_mkdirat) + " -100 " + two + " 448") ==
        error(number));
  CHECK(!exists(box, two));
  CHECK(box.ask("call " + word(SYS_getpid)) == error(number));
  CHECK(box.ask("call 900") == error(ENOSYS));
  CHECK(box.end(7) == exited(7));
}

TEST_CASE("08: every sort of verdict is passed on", "[08.4][points:1]") {
  const auto rules = with_rules(
      act("getpgid", "KILL_PROCESS") + "," + act("getpriority", "KILL_THREAD") +
      "," + act("getsid", "TRAP") + "," + act("sched_yield", "LOG") + "," +
      act("getppid", "TRACE"));
  {
    const auto box = judge::start(profile(rules));
    (void)command(box, "");
    CHECK(box.ask("call " + word(SYS_sched_yield)) == "ok 0");
    HINT("SCMP_ACT_TRACE asks a tracer. There is none: ENOSYS.");
    CHECK(box.ask("call " + word(SYS_getppid)) == error(ENOSYS));
    HINT("SCMP_ACT_KILL_THREAD ends the thread; the command goes on.");
    CHECK(box.ask("thread-call " + word(SYS_getpriority)) == "ok");
    HINT(
        "SCMP_ACT_KILL_PROCESS ends the command, whichever of its threads "
        "makes the call. The verdict of the rule has to stay as it is.");
    CHECK(box.ask("thread-call " + word(SYS_getpgid)) == "ended");
    CHECK(box.wait() == kKilled);
  }
  const auto box = judge::start(profile(rules));
  (void)command(box, "");
  CHECK(box.ask("call " + word(SYS_getsid)) == "ended");
  CHECK(box.wait() == kKilled);
}

TEST_CASE("08: the condition of a rule is looked at", "[08.4][points:2]") {
  struct Operator {
    const char* name;
    bool below, equal, above;  // Does it hold for such an argument?
  };
  const auto number = random_errno();
  const auto value = random_64();
  const auto index = static_cast<int>(judge::random_number(1, 5));
  const auto slot = static_cast<std::size_t>(index) - 1;
  for (const auto& [name, below, equal, above] :
       {Operator{"LT", true, false, false}, Operator{"LE", true, true, false},
        Operator{"EQ", false, true, false}, Operator{"NE", true, false, true},
        Operator{"GE", false, true, true},
        Operator{"GT", false, false, true}}) {
    const auto box = judge::start(profile(
        with_rules(deny("'splice'", number, condition(index, name, value)))));
    (void)command(box, "");
    // 1 less and more, and the same in the upper 32 bits.
    for (const auto step : {std::uint64_t{1}, std::uint64_t{1} << 32}) {
      for (const int side : {-1, 0, 1}) {
        std::vector<std::uint64_t> arguments(5, 0);
        arguments[slot] = value + static_cast<std::uint64_t>(side) * step;
        const auto asked = harmless(arguments);
        CAPTURE(name, value, asked);
        HINT(
            "A condition compares one argument, the whole of its 64 bits, by "
            "its own operator: pass them on as they are.");
        const bool holds = side < 0 ? below : side == 0 ? equal : above;
        CHECK((box.ask(asked) == error(number)) == holds);
      }
    }
  }
}

TEST_CASE("08: a condition can look at some bits only", "[08.4][points:1]") {
  const auto number = random_errno();
  const std::uint64_t mask = 0xf0f0'0000'0ff0;
  const std::uint64_t wanted = random_64() & mask;
  const auto box = judge::start(profile(with_rules(
      deny("'splice'", number, condition(2, "MASKED_EQ", mask, wanted)))));
  (void)command(box, "");

  const auto others = random_64() & ~mask;
  HINT("A condition has two values: SCMP_CMP_MASKED_EQ needs both.");
  CHECK(box.ask(harmless({0, wanted | others})) == error(number));
  HINT("A condition has two values: SCMP_CMP_MASKED_EQ needs both.");
  CHECK(box.ask(harmless({0, (wanted ^ 0x10) | others})) != error(number));
  CHECK(box.ask(harmless({0, (wanted ^ (1ULL << 44)) | others})) !=
        error(number));
}

TEST_CASE("08: all conditions of a rule have to hold", "[08.4][points:2]") {
  const auto number = random_errno();
  const auto a = random_64();
  const auto b = random_64();
  const auto box = judge::start(profile(
      with_rules(deny("'splice'", number,
                      condition(1, "EQ", a) + ", " + condition(3, "GT", b)))));
  (void)command(box, "");

  CHECK(box.ask(harmless({a, 0, b + 1})) == error(number));
  HINT(
      "The first condition holds, the second one does not, and the rule was "
      "applied. ::seccomp_rule_add_array() takes all of them, for one rule.");
  CHECK(box.ask(harmless({a, 0, b})) != error(number));
  HINT("The second condition holds, the first one does not.");
  CHECK(box.ask(harmless({a + 1, 0, b + 1})) != error(number));
}

TEST_CASE("08: one of several rules is enough", "[08.4][points:1]") {
  const auto one = random_errno();
  const auto a = random_64();
  const auto box = judge::start(
      profile(with_rules(deny("'splice'", one, condition(1, "EQ", a)) + ", " +
                         deny("'splice'", one, condition(1, "EQ", a + 2)))));
  (void)command(box, "");
  CHECK(box.ask(harmless({a})) == error(one));
  CHECK(box.ask(harmless({a + 2})) == error(one));
  CHECK(box.ask(harmless({a + 1})) != error(one));
}

TEST_CASE("08: calls that are not known are left out", "[08.4][points:1]") {
  const auto number = random_errno();
  const auto box = judge::start(
      profile(with_rules(act("no_such_" + judge::random_name(), "LOG") + ", " +
                         deny("'mkdir'", number))));
  (void)command(
      box,
      "The profile has a name that libseccomp does not know: __NR_SCMP_ERROR. "
      "It may be that of a newer call, and is no reason to give up.");
  CHECK(box.ask("call " + word(SYS_mkdir) + " " + random_path()) ==
        error(number));
}

TEST_CASE("08: a call that cannot be refused is an error", "[08.4][points:1]") {
  const auto name = "no_such_" + judge::random_name();
  auto arguments = profile(with_rules(deny("'" + name + "'", 1)));
  arguments.insert(arguments.end(), {"--", judge::guest().probe()});
  const auto result = judge::run(arguments);
  HINT(
      "The profile refuses a call that libseccomp does not know, and allows "
      "all others. compile() makes that an error if add_rule() returns false.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(name));
}

TEST_CASE("08: a call need not be there in each architecture",
          "[08.4][points:1]") {
  const auto number = random_errno();
  const auto box = judge::start(
      profile("{'defaultAction': 'SCMP_ACT_ALLOW', 'syscalls': [" +
              deny("'stat64', 'waitpid', 'mkdir'", number) + "]}"));
  (void)command(
      box,
      "The profile has calls that 32-bit programs have, and 64-bit ones do "
      "not. A function with \"exact\" in its name takes that for an error.");
  CHECK(box.ask("call " + word(SYS_mkdir) + " " + random_path()) ==
        error(number));
}

TEST_CASE("08: a rule may say what happens anyway", "[08.4][points:1]") {
  const auto box = judge::start(profile(
      with_rules(act("mkdir", "ALLOW") + ", " + act("getpgid", "ALLOW"))));
  (void)command(
      box,
      "The verdict of a rule is the default one, and libseccomp takes no such "
      "rule (EACCES). There is nothing to add.");
  CHECK(box.ask("call " + word(SYS_mkdir) + " " + random_path() + " 448") ==
        "ok 0");
}

// ---- 08.5: ways around the rules -------------------------------------------

TEST_CASE("08: no other call leads around a rule on arguments",
          "[08.5][points:2]") {
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

TEST_CASE("08: all other calls are left to the filter", "[08.5][points:1]") {
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

TEST_CASE("08: the ways around get the verdict that is given",
          "[08.5][points:1]") {
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
  const auto root = judge::make_root_directory();
  for (const auto& options :
       {std::vector<std::string>{"--deny", "execve"},
        profile(with_rules(deny("'execve'", random_errno())))}) {
    auto arguments = options;
    arguments.insert(arguments.end(),
                     {"--root", root, "--", "/probe", "exit", "3"});
    const auto result = judge::run(arguments);
    CHECK(result.ending == exited(126));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains("execve"));
  }
}

TEST_CASE("08: what runs is the command, with its own status",
          "[08.5][points:1][idle]") {
  const auto before = judge::Host::now();
  CHECK(judge::run({"--", "/" + judge::random_name()}).ending == exited(127));
  CHECK(judge::run({"--", "/etc"}).ending == exited(126));
  const auto status = std::to_string(judge::random_number(1, 70));
  const auto result =
      judge::run({"--deny", "mkdir", "--", "sh", "-c", "exit " + status});
  CHECK(result.ending == exited(std::stoi(status)));
  CHECK(judge::Host::settled(before) == before);
}
