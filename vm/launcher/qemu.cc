#include "vm/launcher/qemu.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <sstream>

#include "lessons/kit/check.h"

namespace lab {
namespace {

using kit::check;
using kit::UniqueFd;

constexpr char kQemu[] = "qemu-system-x86_64";
constexpr int kMemoryMiB = 512;
constexpr char kMemoryId[] = "ram";

// console: the log. panic: reset at once, which -no-reboot turns into an end.
// cgroup_no_v1: cgroup v2 alone. lsm: with AppArmor, and with what guards a
// judge (agent/guard.h), whatever the distribution has chosen. The rest is
// about time: a console without chatter, no calibration loops under emulation,
// the same addresses for each start of a program, and no patience before memory
// is freed (docs/decisions/0008-programs-load-at-the-same-address.md and 0010).
constexpr char kKernelOptions[] =
    "console=ttyS0 quiet loglevel=4 panic=-1 cgroup_no_v1=all apparmor=1 "
    "lsm=lockdown,landlock,yama,apparmor,bpf random.trust_cpu=on tsc=reliable "
    "no_timer_check "
    "norandmaps rcupdate.rcu_expedited=1";

UniqueFd anonymous_file(const char* name, std::int64_t size) {
  UniqueFd file{check(::memfd_create(name, MFD_CLOEXEC), "make file {}", name)};
  check(::ftruncate(file.get(), size), "size file {}", name);
  return file;
}

std::string read_all(int fd) {
  std::string text;
  char bytes[4096];
  off_t at = 0;
  while (const auto size = ::pread(fd, bytes, sizeof bytes, at)) {
    if (size < 0) break;
    text.append(bytes, static_cast<std::size_t>(size));
    at += size;
  }
  return text;
}

// A descriptor that QEMU inherits, named so that QEMU can open it.
std::string inherited(const UniqueFd& fd) {
  return fmt::format("/proc/self/fd/{}", fd.get());
}

bool in_path(const std::string& program) {
  std::istringstream path(std::getenv("PATH") ? std::getenv("PATH") : "");
  for (std::string directory; std::getline(path, directory, ':');) {
    if (::access((directory + "/" + program).c_str(), X_OK) == 0) return true;
  }
  return false;
}

struct SocketPair {
  UniqueFd ours;
  UniqueFd theirs;
};

SocketPair make_socket_pair() {
  int ends[2];
  check(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends),
        "make a socket pair");
  return {UniqueFd{ends[0]}, UniqueFd{ends[1]}};
}

class CommandLine {
 public:
  template <typename... Words>
  void add(const Words&... words) {
    (words_.push_back(words), ...);
  }

  void add_socket(const std::string& id, const UniqueFd& socket) {
    add("-chardev", fmt::format("socket,id={},fd={}", id, socket.get()));
  }

  void add_disk(const std::string& id, const UniqueFd& file, bool read_only) {
    add("-blockdev",
        fmt::format("driver=raw,node-name={},read-only={},file.driver=file,"
                    "file.locking=off,file.filename={}",
                    id, read_only ? "on" : "off", inherited(file)));
    add("-device", fmt::format("virtio-blk-pci,drive={}", id));
  }

  // For exec, as long as this object lives.
  [[nodiscard]] std::vector<char*> argv() const {
    std::vector<char*> pointers;
    for (const auto& word : words_)
      pointers.push_back(const_cast<char*>(word.c_str()));
    pointers.push_back(nullptr);
    return pointers;
  }

 private:
  std::vector<std::string> words_;
};

void add_processors_and_memory(CommandLine& line, const MachineParts& parts) {
  const bool kvm = parts.accelerator == "kvm";
  line.add("-smp", "2", "-m", std::to_string(kMemoryMiB));
  line.add("-M", fmt::format("q35,memory-backend={}", kMemoryId));
  // One thread for both processors:
  // docs/decisions/0006-emulated-processors-take-turns.md.
  line.add("-accel", kvm ? "kvm" : "tcg,thread=single");
  // What a processor of silicon gains by, emulation pays for. erms: Linux would
  // copy byte by byte. la57: page tables would have five levels, and each miss
  // of the emulated TLB walks all of them. smap: each copy between user and
  // kernel would switch it off and on, which ends a block of translated code.
  line.add("-cpu", kvm ? "host" : "max,erms=off,la57=off,smap=off");
  // The memory is a file, mapped privately when a saved machine wakes: pages
  // are read when they are first touched, and changes go nowhere.
  line.add("-object", parts.memory.empty()
                          ? fmt::format("memory-backend-ram,id={},size={}M",
                                        kMemoryId, kMemoryMiB)
                          : fmt::format("memory-backend-file,id={},size={}M,"
                                        "mem-path={},share={}",
                                        kMemoryId, kMemoryMiB, parts.memory,
                                        parts.keep_memory ? "on" : "off"));
}

// In the child: nothing of the caller's but the listed descriptors, no signals
// from the caller's terminal, and an end with the caller: with its thread, to
// be exact, which is why a Qemu stays in the thread that has made it. The
// caller may have other threads, so nothing here takes memory.
[[noreturn]] void become_qemu(const std::vector<char*>& argv, pid_t parent,
                              const std::vector<int>& descriptors, int errors) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // It died before we asked.
  ::setsid();
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(errors, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  for (const int fd : descriptors) ::fcntl(fd, F_SETFD, 0);
  ::execvp(argv[0], argv.data());
  ::_exit(127);
}

}  // namespace

Disks make_disks() {
  return {anonymous_file("scratch", kScratchBytes),
          anonymous_file("payload", kPayloadBytes),
          anonymous_file("image", kImageBytes)};
}

Qemu::Qemu(const MachineParts& parts, const Disks& disks, int incoming)
    : console_(anonymous_file("console", 0)),
      errors_(anonymous_file("errors", 0)) {
  CommandLine line;
  line.add(kQemu, "-nodefaults", "-no-user-config", "-no-reboot");
  line.add("-display", "none");
  add_processors_and_memory(line, parts);
  line.add("-kernel", parts.kernel, "-initrd", parts.initramfs);
  line.add("-append", kKernelOptions);
  line.add("-chardev",
           fmt::format("file,id=console,path={}", inherited(console_)));
  line.add("-serial", "chardev:console");

  // The first virtio device: the guest calls its ports /dev/vport0p1 and so on.
  line.add("-device", "virtio-serial-pci");
  std::vector<int> descriptors = {console_.get(), disks.scratch.get(),
                                  disks.payload.get(), disks.image.get()};
  line.add_disk("scratch", disks.scratch, /*read_only=*/false);
  line.add_disk("payload", disks.payload, /*read_only=*/true);
  line.add_disk("image", disks.image, /*read_only=*/true);

  std::vector<UniqueFd> theirs;
  const auto connect = [&](const std::string& id) {
    auto pair = make_socket_pair();
    line.add_socket(id, pair.theirs);
    descriptors.push_back(pair.theirs.get());
    theirs.push_back(std::move(pair.theirs));
    return std::move(pair.ours);
  };
  for (std::size_t port = 0; port < kPortCount; ++port) {
    ports_[port] = connect(kPortNames[port]);
    line.add("-device",
             fmt::format("virtserialport,chardev={0},name={0},nr={1}",
                         kPortNames[port], port + 1));
  }
  monitor_ = connect("monitor");
  line.add("-mon", "chardev=monitor,mode=control");
  if (incoming >= 0) {
    line.add("-incoming", "defer");
    descriptors.push_back(incoming);
  }

  if (!in_path(kQemu)) {
    throw NoQemu(fmt::format("{} is not installed: run ./setup", kQemu));
  }
  const auto argv = line.argv();
  const pid_t parent = ::getpid();
  pid_ = check(::fork(), "fork");
  if (pid_ == 0) become_qemu(argv, parent, descriptors, errors_.get());
}

Qemu::~Qemu() {
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) == -1 && errno == EINTR) {
  }
}

nlohmann::json Qemu::next_message(Clock::time_point deadline) {
  std::string line;
  while (!lines_.next(line)) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - Clock::now());
    pollfd waiting{monitor_.get(), POLLIN, 0};
    if (left.count() <= 0 ||
        ::poll(&waiting, 1, static_cast<int>(left.count())) == 0) {
      throw std::runtime_error("QEMU does not answer");
    }
    char bytes[4096];
    const auto size = ::read(monitor_.get(), bytes, sizeof bytes);
    if (size == -1 && errno == EINTR) continue;
    if (size <= 0) {
      ended_ = true;
      throw std::runtime_error("QEMU ended: " + own_errors());
    }
    lines_.add({bytes, static_cast<std::size_t>(size)});
  }
  auto message = nlohmann::json::parse(line);
  note_end(message);
  return message;
}

bool Qemu::note_end(const nlohmann::json& message) {
  if (message.value("event", "") == "SHUTDOWN") ended_ = true;
  return ended_;
}

nlohmann::json Qemu::command(const std::string& name, nlohmann::json arguments,
                             Clock::time_point deadline) {
  nlohmann::json request = {{"execute", name}};
  if (!arguments.empty()) request["arguments"] = std::move(arguments);
  const auto line = request.dump() + "\n";
  (void)!::send(monitor_.get(), line.data(), line.size(), MSG_NOSIGNAL);
  for (;;) {
    const auto answer = next_message(deadline);
    if (answer.contains("return")) return answer["return"];
    if (answer.contains("error")) {
      throw std::runtime_error(
          fmt::format("QEMU refuses {}: {}", name,
                      answer["error"].value("desc", std::string("no reason"))));
    }
  }
}

bool Qemu::still_running() {
  pollfd waiting{monitor_.get(), POLLIN, 0};
  try {
    while (!ended_ && ::poll(&waiting, 1, 0) > 0) {
      next_message(Clock::now() + std::chrono::seconds(1));
    }
  } catch (const std::runtime_error&) {
    // It has ended, or has said half a line: the next poll tells.
  }
  return !ended_;
}

std::string Qemu::console() const { return read_all(console_.get()); }

std::string Qemu::own_errors() const {
  std::istringstream text(read_all(errors_.get()));
  for (std::string line; std::getline(text, line);) {
    if (line.find("warning: ") == line.npos) return line;
  }
  return "";
}

}  // namespace lab
