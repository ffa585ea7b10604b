#include "tests/judge/subject.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <linux/securebits.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>

#include "lessons/kit/c_strings.h"
#include "lessons/kit/check.h"
#include "lessons/kit/step.h"
#include "tests/judge/cgroup.h"
#include "tests/judge/guest.h"
#include "tests/judge/kernel.h"

namespace judge {
namespace {

using kit::check;
using kit::UniqueFd;

constexpr std::size_t kKeptOutput = 64 << 10;
constexpr uid_t kStudent = 1000;
constexpr char kStudentsHome[] = "/home/student";
constexpr char kHome[] = "/root";

// See last_account().
const Subject* latest = nullptr;
std::string latest_account;

struct Pipe {
  UniqueFd reader, writer;
};

Pipe make_pipe() {
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "make a pipe");
  Pipe pipe{UniqueFd{ends[0]}, UniqueFd{ends[1]}};
  // Ours never blocks; the program's does, as it is used to.
  check(::fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK), "set O_NONBLOCK");
  return pipe;
}

const char* home(const Circumstances& circumstances) {
  return circumstances.student ? kStudentsHome : kHome;
}

std::vector<std::string> environment(const Circumstances& circumstances) {
  auto variables = circumstances.variables;
  variables.insert(variables.end(),
                   {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                    std::string("HOME=") + home(circumstances), "TERM=dumb"});
  if (circumstances.hold_at_todo) variables.emplace_back("KIT_HOLD_AT_TODO=1");
  return variables;
}

void leak(const std::vector<int>& descriptors) {
  if (descriptors.empty()) return;
  const auto highest =
      *std::max_element(descriptors.begin(), descriptors.end());
  const auto limit = static_cast<rlim_t>(highest) + 1;
  const rlimit files{limit, limit};
  check(::setrlimit(RLIMIT_NOFILE, &files), "allow {} descriptors", limit);
  for (const int fd : descriptors) {
    check(::dup2(guest().root(), fd), "leak a descriptor");
  }
}

// Gives this process a mount namespace in which `cgroup` is the tree's root.
void show_only(const std::string& cgroup) {
  check(::unshare(CLONE_NEWNS), "make a mount namespace");
  check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr),
        "make the mounts private");
  const auto directory = "/sys/fs/cgroup" + cgroup;
  check(::mount(directory.c_str(), "/sys/fs/cgroup", nullptr, MS_BIND, nullptr),
        "mount {}", directory);
}

void join(const std::vector<gid_t>& groups) {
  check(::setgroups(groups.size(), groups.data()), "set groups");
}

void inherit_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct halves[2];
  check(::syscall(SYS_capget, &header, halves), "get capabilities");
  for (auto& half : halves) half.inheritable = half.permitted;
  check(::syscall(SYS_capset, &header, halves), "set capabilities");
  for (int each = 0; ::prctl(PR_CAPBSET_READ, each) != -1; ++each) {
    check(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, each, 0, 0),
          "raise capabilities");
  }
}

void drop(const std::vector<int>& capabilities) {
  for (const int each : capabilities) {
    check(::prctl(PR_CAPBSET_DROP, each), "drop a capability");
  }
}

// With these capabilities, which an exec keeps: capabilities(7), ambient.
void become_student(const std::vector<int>& capabilities) {
  const int keeps = capabilities.empty() ? 0 : 1;
  check(::prctl(PR_SET_KEEPCAPS, keeps), "keep capabilities");
  check(::setresgid(kStudent, kStudent, kStudent), "become group {}", kStudent);
  check(::setresuid(kStudent, kStudent, kStudent), "become user {}", kStudent);
  if (keeps == 0) return;

  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct halves[2] = {};
  for (const int each : capabilities) {
    const __u32 bit = 1U << (each % 32);
    halves[each / 32].permitted |= bit;
    halves[each / 32].inheritable |= bit;
  }
  check(::syscall(SYS_capset, &header, halves), "set capabilities");
  for (const int each : capabilities) {
    check(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, each, 0, 0),
          "raise a capability");
  }
}

// What a program finds that is started from a strange place.
void be_careless() {
  sigset_t blocked;
  ::sigemptyset(&blocked);
  for (const int signal : {SIGTERM, SIGALRM, SIGUSR2, SIGCHLD}) {
    ::sigaddset(&blocked, signal);
  }
  check(::sigprocmask(SIG_SETMASK, &blocked, nullptr), "block signals");
  for (const int signal : {SIGPIPE, SIGINT, SIGQUIT, SIGUSR1, SIGRTMIN}) {
    (void)::signal(signal, SIG_IGN);
  }
  ::umask(0);
  const sched_param none{};
  check(::sched_setscheduler(0, SCHED_BATCH, &none), "be a batch process");
  check(::setpriority(PRIO_PROCESS, 0, 7), "be nice");
  check(::personality(ADDR_NO_RANDOMIZE), "set the personality");
  const rlimit no_core{0, 0};
  check(::setrlimit(RLIMIT_CORE, &no_core), "limit core files");
  const UniqueFd oom{::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)};
  (void)!::write(oom.get(), "345", 3);
}

// In the child. Everything as it would be for a program that root starts in the
// guest's shell.
void become_program(const std::vector<char*>& argv,
                    const std::vector<char*>& variables,
                    const Circumstances& circumstances, int output,
                    int errors) {
  const UniqueFd oom{::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)};
  (void)!::write(oom.get(), "0", 1);
  check(::setns(guest().stage_namespace(), CLONE_NEWNS), "enter the stage");
  check(::setsid(), "start a session");
  const char* const directory = home(circumstances);
  check(::chdir(directory), "enter {}", directory);
  const UniqueFd null{
      check(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open /dev/null")};
  const bool has_terminal = circumstances.terminal != -1;
  const int input = has_terminal ? circumstances.terminal : null.get();
  check(::dup2(input, STDIN_FILENO), "set standard input");
  if (has_terminal) {
    check(::ioctl(STDIN_FILENO, TIOCSCTTY, 0), "take the terminal");
  }
  check(::dup2(output, STDOUT_FILENO), "set standard output");
  check(::dup2(errors, STDERR_FILENO), "set standard error");
  sigset_t none;
  ::sigemptyset(&none);
  check(::sigprocmask(SIG_SETMASK, &none, nullptr), "unblock signals");
  for (int signal = 1; signal < 32; ++signal) (void)::signal(signal, SIG_DFL);
  ::umask(022);
  if (!circumstances.cgroup_root.empty()) show_only(circumstances.cgroup_root);
  leak(circumstances.leaked_descriptors);
  join(circumstances.groups);
  if (circumstances.inherits_capabilities) inherit_capabilities();
  if (circumstances.no_setuid_fixup) {
    check(::prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP), "set securebits");
  }
  if (circumstances.careless_caller) be_careless();
  if (!circumstances.failing_calls.empty()) {
    make_fail(circumstances.failing_calls);
  }
  drop(circumstances.missing_capabilities);
  if (circumstances.student) {
    become_student(circumstances.students_capabilities);
  }
  check(::execve(argv[0], argv.data(), variables.data()), "run {}", argv[0]);
}

// The step that a line says is not written: kit::Todo's words.
std::string unwritten_step_in(const std::string& line) {
  static constexpr std::string_view kBefore = ": step ";
  const auto end = line.find(" is yours to write");
  if (end == std::string::npos) return "";
  const auto begin = line.rfind(kBefore, end);
  if (begin == std::string::npos) return "";
  const auto first = begin + kBefore.size();
  const auto step = line.substr(first, end - first);
  return kit::step_of(step) ? step : "";
}

}  // namespace

std::string signal_name(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  if (name != nullptr) return fmt::format("SIG{}", name);
  return fmt::format("SIGRTMIN{:+}", signal - SIGRTMIN);
}

std::ostream& operator<<(std::ostream& out, const Ending& ending) {
  if (ending.signal == 0) return out << "exit status " << ending.status;
  return out << "killed by signal " << ending.signal << " ("
             << signal_name(ending.signal) << ")";
}

std::string last_account() {
  return latest == nullptr ? latest_account : latest->account();
}

void forget_last_account() { latest_account.clear(); }

Subject::Subject(const std::vector<std::string>& arguments,
                 const Circumstances& circumstances)
    : hold_at_todo_(circumstances.hold_at_todo), arguments_(arguments) {
  auto output = make_pipe();
  auto errors = make_pipe();

  const auto& program = circumstances.program;
  arguments_.insert(arguments_.begin(),
                    program.empty() ? guest().program() : program);
  const auto variables = environment(circumstances);
  const auto argv = kit::c_strings(arguments_);
  const auto envp = kit::c_strings(variables);
  if (!circumstances.held_calls.empty()) {
    watch_.emplace(circumstances.held_calls);
  }

  int pidfd = -1;
  clone_args args{};
  args.flags = CLONE_PIDFD | CLONE_INTO_CGROUP;
  args.pidfd = reinterpret_cast<__u64>(&pidfd);
  args.cgroup = static_cast<__u64>(guest().case_cgroup());
  args.exit_signal = SIGCHLD;
  pid_ = static_cast<pid_t>(
      check(::syscall(SYS_clone3, &args, sizeof args), "start the program"));
  if (pid_ == 0) {
    try {
      // What the judge's own libraries have left open is not the caller's.
      // Before the watch: this may be a call that it waits for.
      check(::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC), "close descriptors");
      if (watch_) watch_->begin();
      become_program(argv, envp, circumstances, output.writer.get(),
                     errors.writer.get());
    } catch (const std::exception& error) {
      const auto text = fmt::format("judge: {}\n", error.what());
      (void)!::write(errors.writer.get(), text.data(), text.size());
    }
    ::_exit(127);
  }
  pidfd_.reset(pidfd);
  guest().awaited.insert(pid_);
  output_.pipe = std::move(output.reader);
  errors_.pipe = std::move(errors.reader);
  latest = this;
  if (watch_) watch_->take_over();
}

Subject::~Subject() {
  if (latest == this) {
    latest = nullptr;
    latest_account = account();
  }
  if (!ending_) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  guest().awaited.erase(pid_);
}

std::string Subject::account() const {
  std::string text = guest().program_name();
  for (std::size_t i = 1; i < arguments_.size(); ++i) {
    const auto& word = arguments_[i];
    const bool plain = !word.empty() &&
                       word.find_first_of(" \t\n'\"\\$*?") == std::string::npos;
    text += plain ? " " + word : " '" + word + "'";
  }
  text = "started: " + text;
  if (ending_) text += fmt::format("\nit ended: {}", fmt::streamed(*ending_));
  if (!errors_.text.empty()) {
    text += "\nit said: " + trimmed(errors_.text.substr(0, 1000));
  }
  const auto size = output_.size + errors_.size;
  if (size > static_cast<long long>(kKeptOutput)) {
    text += fmt::format("\nit wrote {} bytes in all", size);
  }
  return text;
}

void Subject::receive(Stream& stream) {
  char bytes[16384];
  // A limited number of times: a program that writes for ever must not keep the
  // judge from looking at anything else.
  for (int times = 0; times < 16 && stream.pipe.get() != -1; ++times) {
    const ssize_t size = ::read(stream.pipe.get(), bytes, sizeof bytes);
    if (size == -1 && errno == EAGAIN) return;
    if (size <= 0) {
      stream.pipe.reset();
      return;
    }
    stream.size += size;
    const auto room = kKeptOutput - std::min(kKeptOutput, stream.text.size());
    stream.text.append(bytes, std::min(static_cast<std::size_t>(size), room));
  }
}

void Subject::notice_the_end() {
  siginfo_t info{};
  if (::waitid(P_PIDFD, static_cast<id_t>(pidfd_.get()), &info,
               WEXITED | WNOHANG) == -1 ||
      info.si_pid == 0) {
    return;
  }
  guest().awaited.erase(pid_);
  const bool exited = info.si_code == CLD_EXITED;
  ending_ = exited ? Ending{.status = info.si_status, .signal = 0}
                   : Ending{.status = 0, .signal = info.si_status};
  receive(output_);
  receive(errors_);
}

void Subject::wait(int milliseconds, std::vector<pollfd>& others) {
  std::vector<pollfd> fds = others;
  fds.push_back({output_.pipe.get(), POLLIN, 0});  // -1 is passed over.
  fds.push_back({errors_.pipe.get(), POLLIN, 0});
  fds.push_back({ending_ ? -1 : pidfd_.get(), POLLIN, 0});
  ::poll(fds.data(), fds.size(), milliseconds);
  for (std::size_t i = 0; i < others.size(); ++i) others[i] = fds[i];

  receive(output_);
  receive(errors_);
  if (!ending_ && fds.back().revents != 0) notice_the_end();
}

std::string Subject::unwritten_step() const {
  for (const auto& line : split(errors_.text, '\n')) {
    const auto step = unwritten_step_in(line);
    if (!step.empty()) return step;
  }
  return "";
}

void Subject::wait(int milliseconds) {
  std::vector<pollfd> none;
  wait(milliseconds, none);
}

std::optional<Ending> Subject::wait_for_end(Deadline deadline) {
  const auto look_for_todo = [this] {
    const auto step = unwritten_step();
    if (hold_at_todo_ && !step.empty()) throw Waiting(step);
  };
  while (!ending_ && !deadline.passed()) {
    look_for_todo();  // Who has been heard already will say nothing more.
    wait(deadline.milliseconds_left());
    look_for_todo();
  }
  return ending_;
}

void Subject::send_signal(int signal) const {
  ::syscall(SYS_pidfd_send_signal, pidfd_.get(), signal, nullptr, 0);
}

}  // namespace judge
