#include "tests/judge/every_call.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "tests/judge/box.h"
#include "tests/judge/guest.h"
#include "tests/judge/network.h"
#include "tests/judge/process.h"

namespace judge {
namespace {

// What the command ends with.
constexpr int kStatus = 7;

// Milliseconds, while others than the program have still to end.
constexpr int kBetweenLooks = 10;

// An argument that says more about a call.
struct Telling {
  enum class What { kNothing, kDescriptor, kOption };
  What what = What::kNothing;
  std::size_t index = 0;
};
constexpr Telling descriptor(std::size_t index) {
  return {Telling::What::kDescriptor, index};
}
// What the call is to do, where it is of many uses.
constexpr Telling option(std::size_t index) {
  return {Telling::What::kOption, index};
}

// What is known of a call: its name, and an error that its manual page has.
struct Known {
  int number;
  const char* name;
  int error;  // 0: it does not fail.
  Telling first{}, second{};

  [[nodiscard]] const Telling* find(Telling::What what) const {
    if (first.what == what) return &first;
    return second.what == what ? &second : nullptr;
  }
};

#define CALL(name, ...) \
  { SYS_##name, #name, __VA_ARGS__ }

// Not among those that fail: what always succeeds; and close(2), which closes a
// descriptor even if it reports an error.
constexpr Known kKnown[] = {
    CALL(exit_group, 0),
    CALL(exit, 0),
    CALL(rt_sigreturn, 0),
    CALL(close, 0),
    CALL(getpid, 0),
    CALL(gettid, 0),
    CALL(getppid, 0),
    CALL(getuid, 0),
    CALL(geteuid, 0),
    CALL(getgid, 0),
    CALL(getegid, 0),
    CALL(umask, 0),
    CALL(set_tid_address, 0),
    CALL(pause, 0),
    // The system call tells the old break instead of an error: brk(2).
    CALL(brk, 0),

    CALL(open, EMFILE),
    CALL(openat, EMFILE),
    CALL(openat2, EMFILE),
    CALL(read, EIO, descriptor(0)),
    CALL(pread64, EIO, descriptor(0)),
    CALL(write, EIO, descriptor(0)),
    CALL(writev, EIO, descriptor(0)),
    CALL(pwrite64, EIO, descriptor(0)),
    CALL(fstat, ENOMEM, descriptor(0)),
    CALL(newfstatat, ENOMEM),
    CALL(statx, ENOMEM),
    CALL(stat, ENOMEM),
    CALL(lstat, ENOMEM),
    CALL(statfs, ENOMEM),
    CALL(access, EACCES),
    CALL(faccessat, EACCES),
    CALL(faccessat2, EACCES),
    CALL(readlink, ENOMEM),
    CALL(readlinkat, ENOMEM),
    CALL(getcwd, ENOMEM),
    CALL(chdir, EACCES),
    CALL(fchdir, EACCES, descriptor(0)),
    CALL(chroot, EPERM),
    CALL(mkdir, ENOSPC),
    CALL(mkdirat, ENOSPC),
    CALL(rmdir, EBUSY),
    CALL(unlink, EBUSY),
    CALL(unlinkat, EBUSY),
    CALL(getdents64, ENOTDIR, descriptor(0)),
    CALL(flock, ENOLCK, descriptor(0)),
    CALL(fsetxattr, ENOSPC, descriptor(0)),
    CALL(fcntl, EMFILE, descriptor(0), option(1)),
    CALL(dup, EMFILE, descriptor(0)),
    CALL(dup2, EMFILE, descriptor(0)),
    CALL(dup3, EMFILE, descriptor(0)),
    CALL(pipe2, EMFILE),
    CALL(memfd_create, EMFILE),
    CALL(signalfd4, EMFILE),
    CALL(eventfd2, EMFILE),
    CALL(inotify_init1, EMFILE),
    CALL(close_range, ENOMEM),
    CALL(poll, ENOMEM),
    CALL(ppoll, ENOMEM),

    CALL(mount, EPERM, option(3)),
    CALL(umount2, EPERM),
    CALL(pivot_root, EPERM),
    CALL(open_tree, EMFILE),
    CALL(move_mount, EPERM),
    CALL(mount_setattr, EPERM),
    CALL(fsopen, EPERM),
    CALL(fsconfig, EPERM, option(1)),
    CALL(fsmount, EPERM),

    CALL(unshare, EPERM, option(0)),
    CALL(setns, EPERM, option(1)),
    CALL(clone, EAGAIN),
    CALL(clone3, EAGAIN),
    CALL(fork, EAGAIN),
    CALL(vfork, EAGAIN),
    CALL(execve, EACCES),
    CALL(execveat, EACCES),
    CALL(wait4, EINVAL),
    CALL(waitid, EINVAL),
    CALL(pidfd_open, EMFILE),
    CALL(pidfd_send_signal, EPERM),
    CALL(kill, EPERM),
    CALL(prctl, EPERM, option(0)),
    CALL(seccomp, ENOMEM, option(0)),
    CALL(capget, EPERM),
    CALL(capset, EPERM),
    CALL(setuid, EAGAIN),
    CALL(setgid, EPERM),
    CALL(setreuid, EAGAIN),
    CALL(setregid, EPERM),
    CALL(setresuid, EAGAIN),
    CALL(setresgid, EPERM),
    CALL(setgroups, ENOMEM),
    CALL(setsid, EPERM),
    CALL(sethostname, EPERM),
    CALL(setdomainname, EPERM),
    CALL(prlimit64, EPERM, option(1)),

    CALL(socket, EMFILE, option(0)),
    CALL(socketpair, EMFILE),
    CALL(setsockopt, ENOBUFS, option(2)),
    CALL(bind, EADDRINUSE),
    CALL(listen, EADDRINUSE),
    CALL(accept4, EMFILE),
    CALL(connect, ENETUNREACH),
    CALL(sendto, ENOBUFS),
    CALL(sendmsg, ENOBUFS),
    CALL(recvfrom, ENOMEM),
    CALL(recvmsg, ENOMEM),
    CALL(getsockname, ENOBUFS),

    CALL(mmap, ENOMEM),
    CALL(mprotect, ENOMEM),
    CALL(munmap, ENOMEM),
    CALL(mremap, ENOMEM),
    CALL(madvise, ENOMEM),
    CALL(getrandom, ENOSYS),
};
#undef CALL

Known known(int number) {
  for (const auto& each : kKnown) {
    if (each.number == number) return each;
  }
  return {number, nullptr, EINVAL};
}

std::string with_n_for_numbers(std::string_view text) {
  std::string result;
  for (const char c : text) {
    const bool digit = '0' <= c && c <= '9';
    if (!digit) {
      result += c;
    } else if (result.empty() || result.back() != 'N') {
      result += 'N';
    }
  }
  return result;
}

std::string replaced(std::string text, const std::string& part,
                     const std::string& by) {
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos;) {
    text.replace(at, part.size(), by);
    at += by.size();
  }
  return text;
}

void add_files(Facts& facts, const Process& process) {
  for (const auto* name : {"uid_map", "gid_map", "setgroups", "limits",
                           "oom_score_adj", "personality"}) {
    facts.add(name, name, trimmed(process.file(name)));
  }
  for (const auto* field :
       {"Umask", "Uid", "Gid", "Groups", "SigBlk", "SigIgn", "CapInh", "CapPrm",
        "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp",
        "Seccomp_filters", "Speculation_Store_Bypass",
        "SpeculationIndirectBranch"}) {
    facts.add(field, field, process.status(field));
  }
  facts.add("depth", "number in each PID namespace",
            with_n_for_numbers(process.status("NSpid")));
}

void add_cgroup(Facts& facts, const Process& process) {
  const auto cgroup = process.cgroup();
  facts.add("cgroup", "cgroup", cgroup.path());
  for (const auto* name :
       {"pids.max", "memory.max", "memory.swap.max", "memory.low",
        "memory.oom.group", "cpu.max", "cpu.weight", "cpuset.cpus", "io.max",
        "cgroup.subtree_control", "cgroup.freeze"}) {
    facts.add(name, name, cgroup.file(name));
  }
}

void add_network(Facts& facts, const Process& process) {
  const auto network = Network::of(process.pid());
  for (const auto& [name, link] : network.links()) {
    std::string value = link.up ? "up" : "down";
    for (const auto& address : link.addresses) value += ", " + address;
    facts.add("link " + name, "link " + name, value);
  }
  for (const auto& route : network.routes()) {
    const auto text = fmt::format("route {}", fmt::streamed(route));
    facts.add(text, text);
  }
}

// Without what the C library calls before main(): there, a failure is its own.
// What guard() does first, in main(), is to make memory that is shared.
std::vector<MadeCall> without_start(const std::vector<MadeCall>& calls) {
  const auto first =
      std::find_if(calls.begin(), calls.end(), [](const auto& call) {
        return call.number == SYS_mmap &&
               call.arguments[3] == (MAP_SHARED | MAP_ANONYMOUS);
      });
  return {first == calls.end() ? calls.begin() : first, calls.end()};
}

// Who opens a file uses it: the same process's next call says which it is.
void name_what_is_opened(std::vector<MadeCall>& calls) {
  for (auto call = calls.begin(); call != calls.end(); ++call) {
    if (!call->is({SYS_open, SYS_openat, SYS_openat2})) continue;
    const auto next =
        std::find_if(call + 1, calls.end(),
                     [&](const auto& later) { return later.pid == call->pid; });
    if (next != calls.end()) call->thing = next->thing;
  }
}

// Processes that have lost their parent become the judge's children.
void reap_orphans() {
  siginfo_t info{};
  while (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid != 0 && !guest().awaited.contains(info.si_pid)) {
    (void)::waitpid(info.si_pid, nullptr, 0);
    info.si_pid = 0;
  }
}

// Of many that are alike, the first and the last are enough.
bool is_worth_trying(const MadeCall& call, const std::vector<MadeCall>& calls) {
  constexpr unsigned kFirst = 6;
  if (call.before < kFirst) return true;
  auto next = call;
  ++next.before;
  return std::find(calls.begin(), calls.end(), next) == calls.end();
}

// Ports of the program's network at which somebody listens: proc_net(5).
void add_listeners(Facts& facts, const Process& program) {
  for (const auto& line : split(program.file("net/tcp"), '\n')) {
    const auto fields = split(line, ' ');
    if (fields.size() < 4 || fields[3] != "0A") continue;
    facts.add("listens " + fields[1], "listener at " + fields[1]);
  }
}

}  // namespace

// ---- Calls ------------------------------------------------------------------

std::string MadeCall::text() const {
  const auto about = known(number);
  std::string name = about.name != nullptr
                         ? about.name
                         : fmt::format("system call {}", number);
  if (about.find(Telling::What::kOption) != nullptr) {
    name += fmt::format(" {:#x}", option());
  }
  if (!thing.empty()) name += " of " + thing;
  if (before > 0) name += fmt::format(", the {}th", before + 1);
  return name + (by_child ? ", in a child" : "");
}

bool MadeCall::operator==(const MadeCall& other) const {
  const auto about = known(number);
  return number == other.number && by_child == other.by_child &&
         before == other.before && option() == other.option() &&
         (about.find(Telling::What::kDescriptor) == nullptr ||
          thing == other.thing);
}

bool MadeCall::is_of(std::initializer_list<std::string_view> endings) const {
  return std::any_of(endings.begin(), endings.end(),
                     [&](auto ending) { return thing.ends_with(ending); });
}

bool MadeCall::is(std::initializer_list<int> numbers) const {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

MadeCall EveryCall::describe(const HeldCall& held, pid_t program) const {
  const auto about = known(held.number);
  MadeCall call{.number = held.number,
                .arguments = held.arguments,
                .thing = "",
                .by_child = held.pid != program,
                .pid = held.pid};
  if (const auto* fd = about.find(Telling::What::kDescriptor)) {
    const auto number = static_cast<int>(held.arguments[fd->index]);
    call.thing =
        read_link(guest().proc(), fmt::format("{}/fd/{}", held.pid, number));
  }
  call.thing = with_n_for_numbers(replaced(call.thing, root_, "ROOT"));
  return call;
}

std::uint32_t MadeCall::option() const {
  const auto about = known(number);
  const auto* option = about.find(Telling::What::kOption);
  return option == nullptr
             ? 0
             : static_cast<std::uint32_t>(arguments[option->index]);
}

WhichCalls all_but(std::vector<WhichCalls> steps) {
  return [steps = std::move(steps)](const MadeCall& call) {
    return std::none_of(steps.begin(), steps.end(),
                        [&](const auto& step) { return step(call); });
  };
}

// ---- A start ----------------------------------------------------------------

struct EveryCall::Failure {
  MadeCall call;
  int error;
};

struct EveryCall::Run {
  std::vector<MadeCall> calls;  // Until the command began.
  bool command_began = false;
  std::optional<Facts> portrait;  // Of the command then; none if it was killed.
  std::optional<Ending> ending;
  std::string output, errors;
  bool has_failed = false;  // The call that was to fail.
};

// The command as its surroundings are: not what it does, for it has not begun.
std::optional<Facts> EveryCall::portrait(pid_t command, pid_t program) const
    try {
  const Process process(command);
  Facts facts;
  add_files(facts, process);
  add_cgroup(facts, process);
  add_listeners(facts, Process(program));
  for (const auto& kind : process.own_namespaces()) {
    facts.add("namespace " + kind, "namespace: " + kind);
    if (kind == "net") add_network(facts, process);
  }
  facts.add("names", "host and domain name",
            process.host_name() + ", " + process.domain_name());
  unsigned number = 0;
  for (const auto& mount : process.mounts()) {
    const auto text = with_n_for_numbers(replaced(mount.text(), root_, "ROOT"));
    const auto shared = with_n_for_numbers(mount.propagation);
    facts.add(fmt::format("mount {} {}", ++number, text), "mount " + text,
              fmt::format("{} {} {}", mount.options, shared,
                          replaced(mount.root, root_, "ROOT")));
  }
  for (const auto& [fd, what] : process.kept_descriptors()) {
    facts.add(fmt::format("fd {}", fd), fmt::format("descriptor {}", fd),
              with_n_for_numbers(what));
  }
  const auto place = [&](const std::optional<FileId>& id) -> std::string {
    if (!id) return "none";
    if (id == file_id(AT_FDCWD, root_)) return "the one that was given";
    return fmt::format("{}:{}", id->device, id->inode);
  };
  facts.add("root", "root", place(process.root()));
  facts.add("directory", "working directory",
            place(process.working_directory()));
  // Who has no root any more is about to end.
  const bool ends = !process.root() || process.is_being_killed();
  if (!process.exists() || ends) return {};
  return facts;
} catch (const std::system_error&) {
  return {};  // It has been killed.
}

std::vector<std::string> EveryCall::words(Then then) const {
  auto words = scene_.options;
  if (scene_.with_root) words.insert(words.end(), {"--root", root_});
  words.insert(words.end(),
               {"--", scene_.with_root ? "/probe" : root_ + "/probe"});
  if (then == Then::kKill) {
    words.emplace_back("wait");
  } else {
    words.insert(words.end(), {"exit", std::to_string(kStatus)});
  }
  return words;
}

// Somebody is held: lets them go on, or makes their call fail.
void EveryCall::answer(Subject& subject, const Failure* failure,
                       Run& run) const {
  auto& watch = subject.watch();
  const auto held = watch.receive_call();
  if (!held) return;
  const bool is_program =
      Process(held->pid).executable() == file_id(AT_FDCWD, guest().program());
  // Others are the judge's child, the command, or a program that helps.
  if (!is_program || run.has_failed) return watch.release();

  auto call = describe(*held, subject.pid());
  const auto alike = [&](MadeCall made) {
    return made.before = 0, made == call;
  };
  call.before = static_cast<unsigned>(
      std::count_if(run.calls.begin(), run.calls.end(), alike));
  run.calls.push_back(call);
  run.has_failed = failure != nullptr && call == failure->call;
  if (!run.has_failed) return watch.release();
  watch.refuse(failure->error);
}

EveryCall::Run EveryCall::start(const Failure* failure, Then then) const {
  auto circumstances = scene_.circumstances;
  circumstances.held_calls = {
      {failure == nullptr ? Call::kEvery : failure->call.number}};
  const FileWatch execs(root_ + "/probe", FileWatch::For::kExec);
  Subject subject(words(then), circumstances);
  Run run;
  const auto look = [&](pid_t pid) {
    if (!run.command_began) run.portrait = portrait(pid, subject.pid());
    run.command_began = true;
    if (then == Then::kKill) subject.send_signal(SIGKILL);
  };

  // Until nobody is left who could be held. Whoever is held has not hung.
  Deadline deadline;
  Deadline in_all(kLongestPatience, 3 * kLongestPatience);
  for (bool over = false;
       !(over && subject.ending()) && !deadline.passed() && !in_all.passed();) {
    std::vector<pollfd> fds = {
        {over ? -1 : subject.watch().descriptor(), POLLIN, 0},
        {execs.descriptor(), POLLIN, 0}};
    const int longest = subject.ending() ? kBetweenLooks : 1000;
    subject.wait(std::min(longest, deadline.milliseconds_left()), fds);
    const auto step = subject.unwritten_step();
    if (!step.empty()) throw Waiting(step);
    if (fds[1].revents != 0) execs.answer(look);
    if ((fds[0].revents & POLLIN) != 0) answer(subject, failure, run);
    if (fds[0].revents != 0 || fds[1].revents != 0) deadline = Deadline();
    over = over || (fds[0].revents & (POLLHUP | POLLIN)) == POLLHUP;
    if (subject.ending()) reap_orphans();
  }
  run.ending = subject.ending();
  run.output = subject.output();
  run.errors = subject.errors();
  return run;
}

EveryCall::EveryCall(Scene scene)
    : scene_(std::move(scene)), root_(make_root_directory()) {
  const auto run = start(nullptr);
  if (!run.ending) throw Failed("the program does not end");
  if (!run.portrait) throw Failed("the command did not run");
  if (run.ending != exited(kStatus)) throw Failed("the command did not end");
  as_it_should_be_ = *run.portrait;
  calls_ = without_start(run.calls);
  name_what_is_opened(calls_);
  std::erase_if(calls_,
                [](auto& call) { return known(call.number).error == 0; });
}

// ---- What is right ----------------------------------------------------------

// Returns what is wrong with the way in which the program has ended.
std::string EveryCall::complaint_about(const Run& run, const Failure& failure,
                                       Line line) const {
  if (!run.ending) return "hangs";
  if (run.command_began) {
    const auto changes =
        run.portrait ? run.portrait->changes_since(as_it_should_be_) : "";
    if (!changes.empty()) {
      return "the command has run all the same, and " + trimmed(changes);
    }
    if (run.ending == exited(kStatus)) {
      if (run.errors.empty() && line == Line::kSaysError) {
        return complaint_about_end(failure);
      }
      return run.errors.empty() ? "" : "says, and goes on: " + run.errors;
    }
  }
  const Result result{*run.ending, run.output, run.errors};
  const bool is_about_command =
      failure.call.is({SYS_execve, SYS_execveat, SYS_access, SYS_faccessat,
                       SYS_faccessat2, SYS_stat, SYS_newfstatat, SYS_statx});
  const bool is_told = run.ending == exited(125) ||
                       (is_about_command && (run.ending == exited(126) ||
                                             run.ending == exited(127)));
  if (!is_told) {
    return fmt::format("ends with {}: {}", fmt::streamed(*run.ending),
                       trimmed(run.errors));
  }
  if (!result.is_one_line()) {
    return fmt::format("says, in place of one line: {}", trimmed(run.errors));
  }
  if (line == Line::kSaysError &&
      run.errors.find(std::strerror(failure.error)) == run.errors.npos) {
    return "does not say the kernel's answer: " + trimmed(run.errors);
  }
  return "";
}

// The call has failed, and the command has run. Is it still bound to the
// program, so that it ends if that is killed?
std::string EveryCall::complaint_about_end(const Failure& failure) const {
  const auto before = Host::now();
  (void)start(&failure, Then::kKill);
  const auto left = Host::settled(before).changes_since(before);
  return left.empty() ? "" : "after SIGKILL for the program, " + left;
}

std::string EveryCall::complaint(const MadeCall& call, const Host& before,
                                 Line line) {
  const Failure failure{call, known(call.number).error};
  const auto run = start(&failure);
  if (!run.has_failed) return "";  // It has taken another way, this time.
  const auto what =
      fmt::format("{} ({})", call.text(), ::strerrorname_np(failure.error));
  auto text = complaint_about(run, failure, line);
  const auto left = Host::settled(before).changes_since(before);
  if (!left.empty()) {
    text += (text.empty() ? "" : "; ") + trimmed(left);
    guest().restore();
    guest().prepare();
    root_ = make_root_directory();  // It was the case's, as all that was there.
  }
  if (text.empty()) return "";
  return fmt::format("{}: {}\n", what, trimmed(text));
}

std::string EveryCall::complaints(const WhichCalls& which, Line line) {
  std::string all;
  const auto before = Host::now();
  for (const auto& call : calls_) {
    if (which(call) && is_worth_trying(call, calls_)) {
      all += complaint(call, before, line);
    }
  }
  return all;
}

}  // namespace judge
