#include "tests/judge/box.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ostream.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>

#include "lessons/kit/check.h"
#include "lessons/kit/step.h"
#include "tests/judge/guest.h"
#include "tests/judge/random.h"
#include "tests/judge/watch.h"
#include "tests/probe/protocol.h"

namespace judge {
namespace {

using kit::check;
using kit::UniqueFd;

std::optional<kit::Step> current_step;

// Ends a case that is about an unwritten step, or about what comes after it.
void throw_if_due(const std::string& unwritten_step) {
  const auto step = kit::step_of(unwritten_step);
  if (step && step <= current_step) throw Waiting(unwritten_step);
}

// What the program's processes are doing, for a case that has waited in vain.
std::string processes_text() {
  constexpr std::size_t kMost = 10;
  std::string text;
  auto processes = descendants_of(::getpid());
  const auto number = processes.size();
  processes.resize(std::min(number, kMost));
  for (const auto& process : processes) {
    const auto where = Process(process.pid).file("wchan");
    text += fmt::format("\n  process {} ({}), state {}{}", process.pid,
                        process.name, process.state,
                        where.empty() || where == "0" ? "" : ", in " + where);
  }
  if (number > kMost) text += fmt::format("\n  and {} more", number - kMost);
  return text;
}

Moment look_at(const Process& process) {
  const auto cgroup = process.cgroup();
  return {.cgroup = cgroup.path(),
          .limits = {{"pids.max", cgroup.file("pids.max")},
                     {"memory.max", cgroup.file("memory.max")},
                     {"cpu.max", cgroup.file("cpu.max")}},
          .own_namespaces = process.own_namespaces(),
          .root = process.root(),
          .working_directory = process.working_directory(),
          .kept_descriptors = process.kept_descriptors(),
          .status = process.file("status")};
}

Ending wait_for(Subject& subject) {
  const Deadline deadline;
  const auto ending = subject.wait_for_end(deadline);
  if (ending) return *ending;
  throw Failed(fmt::format("after {} the program has not ended.{}",
                           deadline.text(), processes_text()));
}

std::vector<std::string> missing_from(const std::vector<std::string>& before,
                                      const std::vector<std::string>& now) {
  std::vector<std::string> added;
  for (const auto& path : now) {
    if (std::find(before.begin(), before.end(), path) == before.end()) {
      added.push_back(path);
    }
  }
  return added;
}

}  // namespace

void set_current_step(const std::string& step) {
  current_step = kit::step_of(step);
}

std::string make_root_directory() {
  const auto path = "/judge/roots/" + random_name();
  for (const auto* name : {"", "/proc", "/sys", "/dev", "/tmp", "/etc"}) {
    std::filesystem::create_directories(path + name);
  }
  std::filesystem::create_hard_link(guest().probe(), path + "/probe");
  return path;
}

Box::Box(const std::vector<std::string>& options, const How& how)
    : root_path_(make_root_directory()) {
  probe_id_ = file_id(AT_FDCWD, root_path_ + "/probe").value();

  listener_.reset(
      check(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
            "make a socket"));
  const auto path = root_path_ + "/" + probe::kSocket;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  check(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address),
               sizeof address),
        "bind {}", path);
  check(::listen(listener_.get(), 4), "listen on {}", path);
  check(::chmod(path.c_str(), 0777), "open {} for all", path);
  cgroups_before_ = cgroups_below("/");

  auto arguments = options;
  if (how.with_root) arguments.insert(arguments.end(), {"--root", root_path_});
  arguments.insert(arguments.end(),
                   {"--", how.with_root ? "/probe" : root_path_ + "/probe"});
  arguments.insert(arguments.end(), how.probe.begin(), how.probe.end());
  wait_until_ready(arguments, how);
}

Box::~Box() = default;

Box start(const std::vector<std::string>& options, const How& how) {
  return Box(options, how);
}

void Box::wait_until_ready(const std::vector<std::string>& arguments,
                           const How& how) {
  // The watches first, or the command could be faster than they are.
  const FileWatch execs(root_path_ + "/probe", FileWatch::For::kExec);
  std::unique_ptr<CgroupWatch> cgroups;
  if (how.slow_cgroups) cgroups = std::make_unique<CgroupWatch>();
  auto circumstances = how.circumstances;
  if (how.hold_removal) circumstances.held_calls = {{SYS_rmdir}};
  if (how.hold_end) {
    circumstances.held_calls = {{SYS_pidfd_send_signal}, {SYS_exit_group}};
  }
  const bool watched = !circumstances.held_calls.empty();
  subject_ = std::make_unique<Subject>(arguments, circumstances);

  Deadline deadline;
  while (!command_ && !subject_->ending() && gives_up_ == 0 &&
         !deadline.passed() && subject_->unwritten_step().empty()) {
    std::vector<pollfd> fds = {{listener_.get(), POLLIN, 0},
                               {execs.descriptor(), POLLIN, 0}};
    if (cgroups) fds.push_back({cgroups->descriptor(), POLLIN, 0});
    if (watched) {
      fds.push_back({subject_->watch().descriptor(), POLLIN, 0});
    }
    const int patience = cgroups ? cgroups->milliseconds_left() : 1000;
    subject_->wait(std::min(patience, deadline.milliseconds_left()), fds);

    if (fds[1].revents != 0) {
      cgroups.reset();  // Releases who is held, too.
      // Who is held is not the probe yet. If it has connected already, somebody
      // else can have the connection, and speak for the probe.
      welcome();
      execs.answer([this](pid_t pid) {
        if (at_exec_) return;
        at_exec_ = look_at(Process(pid));
      });
    } else if (cgroups) {
      cgroups->receive();
      cgroups->release_if_due();
    }
    if (fds[0].revents != 0) welcome();
    if (watched && !command_) gives_up_ = gives_up();
  }

  throw_if_due(subject_->unwritten_step());
  if (deadline.passed() && !command_ && gives_up_ == 0) {
    throw Failed(fmt::format("after {} the command is still not running.{}",
                             deadline.text(), processes_text()));
  }
}

// The process of the program that is held, or 0. Others may end: newuidmap, for
// example.
pid_t Box::gives_up() const {
  const pid_t held = subject_->watch().receive();
  if (held == 0) return 0;
  if (Process(held).executable() == program().executable()) return held;
  subject_->watch().release();
  return 0;
}

// Accepts a connection if it is from the probe that we put into the root, and
// from nothing else that pretends to be it.
void Box::welcome() {
  UniqueFd connection{::accept4(listener_.get(), nullptr, nullptr,
                                SOCK_CLOEXEC | SOCK_NONBLOCK)};
  if (!connection) return;
  ucred peer{};
  socklen_t size = sizeof peer;
  check(::getsockopt(connection.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size),
        "ask who has connected");
  auto process = std::make_unique<Process>(peer.pid);
  if (process->executable() != probe_id_ || !guest().probe_is_as_it_was()) {
    throw Failed("something else than the command runs in its place");
  }
  command_ = std::move(process);
  probe_ = std::move(connection);
}

void Box::fail(const std::string& why) const {
  if (const auto& ending = subject_->ending()) {
    throw Failed(fmt::format("{}: the program has ended, {}", why,
                             fmt::streamed(*ending)));
  }
  throw Failed(gives_up_ != 0 ? why + ": the program is about to give up"
                              : why);
}

const Process& Box::command() const {
  if (command_) return *command_;
  if (!subject_->unwritten_step().empty()) {
    throw Waiting(subject_->unwritten_step());
  }
  fail("the command did not run");
}

Cgroup Box::cgroup() const {
  if (command_) return command_->cgroup();
  if (subject_->unwritten_step().empty()) fail("the command did not run");

  // The program is held. The deepest cgroup that is new is its container's.
  std::string leaf;
  for (const auto& path : missing_from(cgroups_before_, cgroups_below("/"))) {
    if (path.starts_with(guest().own_cgroup() + "/")) continue;
    if (std::count(path.begin(), path.end(), '/') >=
        std::count(leaf.begin(), leaf.end(), '/')) {
      leaf = path;
    }
  }
  if (leaf.empty()) throw Failed("the program has made no cgroup");
  return Cgroup{leaf};
}

Process Box::becoming() const {
  if (command_ || subject_->unwritten_step().empty()) {
    return Process(command().pid());
  }
  // Whoever has said that a step is not written pauses from then on, and nobody
  // else does: lessons/kit/todo.cc.
  pid_t held = 0;
  const bool found = becomes_true([&] {
    std::vector<pid_t> family = {subject_->pid()};
    for (const auto& child : descendants_of(subject_->pid())) {
      family.push_back(child.pid);
    }
    for (const pid_t pid : family) {
      const auto waits_in = Process(pid).file("wchan");
      if (waits_in.find("pause") != std::string::npos) held = pid;
    }
    return held != 0;
  });
  if (!found) throw Failed("the program does not wait at the unwritten step");
  return Process(held);
}

const Moment& Box::at_exec() const {
  if (at_exec_) return *at_exec_;
  (void)command();  // Says why there is none.
  throw Failed("the command's start was not seen");
}

Moment Box::prepared() const {
  const bool held = !at_exec_ && !subject_->unwritten_step().empty();
  return held ? look_at(becoming()) : at_exec();
}

Process Box::program() const { return Process(subject_->pid()); }

FileId Box::root() const {
  return file_id(AT_FDCWD, root_path_).value_or(FileId{});
}

std::string Box::ask(const std::string& instruction) const {
  (void)command();
  static char message[probe::kMaxMessage];

  // The first message is "ready", or the answer to the first instruction.
  const auto receive = [this]() -> std::string {
    Deadline deadline;
    while (!deadline.passed()) {
      auto size = ::recv(probe_.get(), message, sizeof message, MSG_DONTWAIT);
      if (size == 0) {
        // The last message can have come in the moment before the end, and is
        // there now: lessons/kit/socket_pair.h tells of it.
        size = ::recv(probe_.get(), message, sizeof message, MSG_DONTWAIT);
      }
      if (size > 0) return {message, static_cast<std::size_t>(size)};
      if (size == 0 || errno != EAGAIN) return "ended";
      std::vector<pollfd> fds = {{probe_.get(), POLLIN, 0}};
      subject_->wait(deadline.milliseconds_left(), fds);
    }
    throw Failed(fmt::format("the command did not answer within {}.{}",
                             deadline.text(), processes_text()));
  };

  if (first_answer_.empty()) first_answer_ = receive();
  if (instruction.empty()) return first_answer_;
  if (::send(probe_.get(), instruction.data(), instruction.size(),
             MSG_NOSIGNAL) == -1) {
    return "ended";
  }
  return receive();
}

std::string Box::get(const std::string& instruction) const {
  const auto answer = ask(instruction);
  if (answer == "ok" || answer == "ready") return "";
  if (answer.starts_with("ok ")) return answer.substr(3);
  if (answer.starts_with("error ")) {
    const int error = std::stoi(answer.substr(6));
    throw Failed(fmt::format("in the container, \"{}\" got {} ({})",
                             instruction, ::strerrorname_np(error),
                             ::strerror(error)));
  }
  throw Failed(
      fmt::format("in the container, \"{}\": {}", instruction, answer));
}

Ending Box::end(int status) const {
  (void)ask(fmt::format("exit {}", status));
  return wait();
}

Ending Box::wait() const { return wait_for(*subject_); }

bool becomes_true(Subject& program, const std::function<bool()>& fact) {
  constexpr int kLongest = 100;
  Deadline deadline;
  for (int pause = 5; !fact(); pause = std::min(2 * pause, kLongest)) {
    throw_if_due(program.unwritten_step());
    if (deadline.passed()) return false;
    program.wait(std::min(pause, deadline.milliseconds_left()));
  }
  return true;
}

bool Box::becomes_true(const std::function<bool()>& fact) const {
  return judge::becomes_true(*subject_, fact);
}

void Box::send_signal(int signal) const { subject_->send_signal(signal); }

bool Result::is_one_line() const {
  return errors.starts_with(guest().program_name() + ": ") &&
         std::count(errors.begin(), errors.end(), '\n') == 1 &&
         errors.ends_with('\n');
}

bool Result::only_names_steps() const {
  const auto lines = split(errors, '\n');
  return !lines.empty() &&
         std::all_of(lines.begin(), lines.end(), [](const auto& line) {
           return line.find(" is yours to write ") != line.npos;
         });
}

Result run(const std::vector<std::string>& arguments,
           const Circumstances& circumstances) {
  Subject subject(arguments, circumstances);
  const auto ending = wait_for(subject);
  return {
      .ending = ending, .output = subject.output(), .errors = subject.errors()};
}

}  // namespace judge
