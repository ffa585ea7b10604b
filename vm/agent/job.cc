#include "vm/agent/job.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/random.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <optional>
#include <tuple>

#include "lessons/kit/c_strings.h"
#include "lessons/kit/check.h"
#include "lessons/kit/socket_pair.h"
#include "vm/agent/guard.h"
#include "vm/agent/pump.h"
#include "vm/archive.h"
#include "vm/seal.h"

namespace lab {
namespace {

using kit::check;
using kit::UniqueFd;

constexpr gid_t kNoChange = ~gid_t{0};  // chown(2)
constexpr int kEventsFd = 3;  // Where the judge expects its events port.

// Every guest is restored from the same snapshot: without this, all would draw
// the same random numbers, and each would think that it is still build time.
void become_unique(const Job& job) {
  const timespec now{job.clock_ns / 1'000'000'000,
                     job.clock_ns % 1'000'000'000};
  check(::clock_settime(CLOCK_REALTIME, &now), "set the clock");

  // rand_pool_info ends in an array of no size: the bytes follow it in memory.
  std::vector<char> memory(sizeof(rand_pool_info) + job.seed.size());
  auto* pool = new (memory.data()) rand_pool_info{};
  pool->entropy_count = static_cast<int>(job.seed.size()) * 4;  // Hex digits.
  pool->buf_size = static_cast<int>(job.seed.size());
  job.seed.copy(memory.data() + sizeof(rand_pool_info), job.seed.size());
  const UniqueFd random{
      check(::open("/dev/random", O_RDWR | O_CLOEXEC), "open /dev/random")};
  check(::ioctl(random.get(), RNDADDENTROPY, pool), "add entropy");
  check(::ioctl(random.get(), RNDRESEEDCRNG), "use the new entropy");
}

struct Freer {
  void operator()(void* memory) const { std::free(memory); }
};

// The disk is read past the page cache, which may hold blocks of the disk
// that was there when the snapshot was made.
void unpack_files(std::uint64_t size) {
  constexpr std::size_t kBlock = 4096;
  const std::size_t room = (size + kBlock - 1) / kBlock * kBlock;
  const std::unique_ptr<char, Freer> buffer{
      static_cast<char*>(std::aligned_alloc(kBlock, room))};
  const UniqueFd disk{check(::open(kFilesDisk, O_RDONLY | O_DIRECT | O_CLOEXEC),
                            "open the files' disk")};
  for (std::size_t done = 0; done < room;) {
    const auto got = check(::read(disk.get(), buffer.get() + done, room - done),
                           "read the job's files");
    if (got == 0) throw std::runtime_error("the job's files end too early");
    done += static_cast<std::size_t>(got);
  }
  unpack_archive({buffer.get(), size}, "/");
}

// A root file system from the host: never written to, a tmpfs takes the
// changes.
void mount_image(const std::string& name) {
  const std::string base = "/run/images/" + name;
  const std::string target = "/rootfs/" + name;
  for (const auto* part : {"/lower", "/upper", "/work"}) {
    std::filesystem::create_directories(base + part);
  }
  std::filesystem::create_directories(target);
  const auto lower = base + "/lower";
  check(::mount(kImageDisk, lower.c_str(), "squashfs", MS_RDONLY, nullptr),
        "mount the image {}", name);
  const auto layers = fmt::format(
      "lowerdir={0}/lower,upperdir={0}/upper,workdir={0}/work", base);
  check(::mount("overlay", target.c_str(), "overlay", 0, layers.c_str()),
        "mount the image {} for writing", name);
}

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};

Pipe make_pipe() {
  int ends[2];
  check(::pipe2(ends, O_CLOEXEC), "make a pipe");
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

// What the job gets as its descriptors, and the agent's ends of the same.
struct Streams {
  UniqueFd job_input, job_output, job_errors, job_events;
  UniqueFd input, output, errors, events;
};

Streams make_streams(const Job& job) {
  Streams streams;
  const auto from_job = [](UniqueFd& ours, UniqueFd& theirs) {
    auto pipe = make_pipe();
    ours = std::move(pipe.reader);
    theirs = std::move(pipe.writer);
  };
  if (job.judge) {
    // Not a pipe: /proc/PID/fd opens that a second time, but no socket.
    std::tie(streams.events, streams.job_events) = kit::make_socket_pair();
  }
  if (!job.terminal) {
    auto pipe = make_pipe();
    streams.job_input = std::move(pipe.reader);
    streams.input = std::move(pipe.writer);
    from_job(streams.output, streams.job_output);
    from_job(streams.errors, streams.job_errors);
    return streams;
  }

  streams.input = UniqueFd{check(
      ::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC), "open a terminal")};
  const int master = streams.input.get();
  check(::unlockpt(master), "unlock the terminal");
  char name[64];
  check(::ptsname_r(master, name, sizeof name) == 0 ? 0 : -1,
        "name the terminal");
  const winsize size{job.rows, job.columns, 0, 0};
  check(::ioctl(master, TIOCSWINSZ, &size), "size the terminal");
  const auto duplicate = [](int fd) {
    return UniqueFd{
        check(::fcntl(fd, F_DUPFD_CLOEXEC, 0), "copy a descriptor")};
  };
  streams.output = duplicate(master);
  streams.job_input = UniqueFd{
      check(::open(name, O_RDWR | O_NOCTTY | O_CLOEXEC), "open the terminal")};
  streams.job_output = duplicate(streams.job_input.get());
  streams.job_errors = duplicate(streams.job_input.get());
  return streams;
}

// Passes the judge's key on before the judge runs, and forgets it.
void hand_over_key(int port, const UniqueFd& judge) {
  SealKey key{};
  for (std::size_t done = 0; done < key.size();) {
    pollfd waiting{port, POLLIN, 0};
    (void)::poll(&waiting, 1, /*timeout=*/-1);
    done += static_cast<std::size_t>(
        check(::read(port, key.data() + done, key.size() - done),
              "read the judge's key"));
  }
  check(::write(judge.get(), key.data(), key.size()), "hand over the key");
  ::explicit_bzero(key.data(), key.size());
}

// In the child. Gives the job what a login would: a session, a terminal, a
// cgroup, an ordinary signal state, and no descriptor but its own.
void become_job(const Job& job, const Streams& streams) {
  check(::setsid(), "start a session");
  if (job.terminal) {
    check(::ioctl(streams.job_input.get(), TIOCSCTTY, 0), "take the terminal");
    if (job.student) {
      check(::fchown(streams.job_input.get(), kStudent, kNoChange),
            "give away the terminal");
    }
  }
  {
    const UniqueFd members{check(
        ::open("/sys/fs/cgroup/session/cgroup.procs", O_WRONLY | O_CLOEXEC),
        "open the session's cgroup")};
    check(::write(members.get(), "0", 1), "join the session's cgroup");
  }
  check(::dup2(streams.job_input.get(), STDIN_FILENO),
        "give the job its input");
  check(::dup2(streams.job_output.get(), STDOUT_FILENO),
        "give the job its output");
  check(::dup2(streams.job_errors.get(), STDERR_FILENO),
        "give the job its errors");
  if (job.judge) {
    check(::dup2(streams.job_events.get(), kEventsFd),
          "give the judge its port");
  }
  sigset_t none;
  ::sigemptyset(&none);
  check(::sigprocmask(SIG_SETMASK, &none, nullptr), "unblock signals");
  // The agent ignores SIGPIPE. Who inherits that writes for ever: yes | head.
  (void)::signal(SIGPIPE, SIG_DFL);
  if (job.student) {
    check(::setgroups(0, nullptr), "drop groups");
    check(::setresgid(kStudent, kStudent, kStudent), "become group {}",
          kStudent);
    check(::setresuid(kStudent, kStudent, kStudent), "become user {}",
          kStudent);
  }
  check(::chdir(job.directory.c_str()), "enter {}", job.directory);
  const auto argv = kit::c_strings(job.argv);
  const auto environment = kit::c_strings(job.environment);
  check(::execve(argv[0], argv.data(), environment.data()), "run {}",
        job.argv[0]);
}

// Starts the job. Returns its process id once exec has succeeded; throws what
// went wrong before that, in the child too.
pid_t start(const Job& job, Streams& streams) {
  auto report = make_pipe();  // Closed by a successful exec.
  const pid_t pid = check(::fork(), "fork");
  if (pid == 0) {
    try {
      become_job(job, streams);
    } catch (const std::exception& error) {
      const std::string_view text = error.what();
      (void)!::write(report.writer.get(), text.data(), text.size());
    }
    ::_exit(127);
  }
  report.writer.reset();
  streams.job_input.reset();
  streams.job_output.reset();
  streams.job_errors.reset();
  streams.job_events.reset();

  char text[512];
  const auto size =
      check(::read(report.reader.get(), text, sizeof text), "wait for exec");
  if (size > 0)
    throw std::runtime_error(std::string(text, static_cast<std::size_t>(size)));
  return pid;
}

// Carries the streams of a running job until it ends.
class Carrier {
 public:
  Carrier(const Job& job, const Ports& ports, LineBuffer& lines,
          Streams& streams, pid_t pid, int child_signals)
      : ports_(ports),
        lines_(lines),
        terminal_(streams.input.get()),
        pid_(pid),
        // Somebody who stops a judge is up to something.
        wanted_(job.judge ? WNOHANG | WUNTRACED | WCONTINUED : WNOHANG),
        child_signals_(child_signals),
        input_(ports[kInput].get(), std::move(streams.input)),
        output_(std::move(streams.output), ports[kOutput].get()),
        errors_(std::move(streams.errors), ports[kErrors].get()),
        events_(std::move(streams.events), ports[kEvents].get()) {}

  // Returns the job's exit status, 128+N after signal N.
  int until_end() {
    while (!status_) {
      std::vector<pollfd> fds = {{ports_[kControl].get(), POLLIN, 0},
                                 {child_signals_, POLLIN, 0}};
      for (const auto* pump : pumps()) pump->add_to(fds);
      check(::poll(fds.data(), fds.size(), /*timeout=*/-1), "wait for events");
      if (fds[0].revents != 0) read_control();
      if (fds[1].revents != 0) reap();
      for (auto* pump : pumps()) pump->move();
    }
    // What the job has written is in the pipes; what its orphans may still
    // write is not waited for.
    for (auto* pump : {&output_, &errors_, &events_}) pump->drain();
    return *status_;
  }

  [[nodiscard]] nlohmann::json counts() const {
    return {{"output", output_.moved()},
            {"errors", errors_.moved()},
            {"events", events_.moved()}};
  }

 private:
  std::array<Pump*, 4> pumps() {
    return {&input_, &output_, &errors_, &events_};
  }

  void read_control() {
    char bytes[4096];
    const auto size = ::read(ports_[kControl].get(), bytes, sizeof bytes);
    if (size <= 0) return;
    lines_.add({bytes, static_cast<std::size_t>(size)});
    for (std::string line; lines_.next(line);)
      obey(nlohmann::json::parse(line));
  }

  void obey(const nlohmann::json& message) {
    const auto what = message.at("say").get<std::string>();
    if (what == "window") {
      const winsize size{message.at("rows"), message.at("columns"), 0, 0};
      (void)::ioctl(terminal_, TIOCSWINSZ, &size);
    } else if (what == "signal") {
      (void)::kill(-pid_, message.at("number").get<int>());
    } else if (what == "input-end") {
      input_.end_after(message.at("bytes").get<std::uint64_t>());
    }
  }

  // As process 1 the agent inherits every orphan of the guest.
  void reap() {
    signalfd_siginfo info;
    while (::read(child_signals_, &info, sizeof info) > 0) {
    }
    int status = 0;
    while (const pid_t pid = ::waitpid(-1, &status, wanted_)) {
      if (pid == -1) break;
      if (pid != pid_) continue;
      if (WIFSTOPPED(status) || WIFCONTINUED(status)) {
        say(ports_, {{"say", "stopped"}});
        continue;
      }
      status_ =
          WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
  }

  const Ports& ports_;
  LineBuffer& lines_;
  int terminal_;
  pid_t pid_;
  int wanted_;
  int child_signals_;
  Pump input_, output_, errors_, events_;
  std::optional<int> status_;
};

UniqueFd watch_children() {
  sigset_t children;
  ::sigemptyset(&children);
  ::sigaddset(&children, SIGCHLD);
  check(::sigprocmask(SIG_BLOCK, &children, nullptr), "block SIGCHLD");
  return UniqueFd{check(::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK),
                        "watch children")};
}

}  // namespace

void say(const Ports& ports, const nlohmann::json& message) {
  const auto line = to_line(message);
  for (std::size_t done = 0; done < line.size();) {
    done += static_cast<std::size_t>(check(
        ::write(ports[kControl].get(), line.data() + done, line.size() - done),
        "speak to the launcher"));
  }
}

void run_job(const Job& job, const Ports& ports, LineBuffer& lines) {
  const UniqueFd child_signals = watch_children();
  Streams streams;
  pid_t pid = -1;
  try {
    become_unique(job);
    if (job.files_bytes > 0) unpack_files(job.files_bytes);
    if (!job.image_name.empty()) mount_image(job.image_name);
    if (job.judge && job.guarded) guard_the_judge();
    streams = make_streams(job);
    if (job.judge) hand_over_key(ports[kEvents].get(), streams.events);
    pid = start(job, streams);
  } catch (const std::exception& error) {
    say(ports, {{"say", "refused"}, {"why", error.what()}});
    return;
  }
  say(ports, {{"say", "started"}});

  Carrier carrier(job, ports, lines, streams, pid, child_signals.get());
  nlohmann::json exit = {{"say", "exit"}, {"status", carrier.until_end()}};
  exit.update(carrier.counts());
  say(ports, exit);
}

}  // namespace lab
