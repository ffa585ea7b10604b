// The probe: what the judge has the judged program run as its command.
//
// It does inside the container what the judge tells it, so that the judge can
// look from outside at what the kernel then shows. It proves nothing by itself.
//
//   probe exit STATUS              ends at once with that status
//   probe kill SIGNAL              sends itself that signal
//   probe print TEXT               writes TEXT and a line end, ends with 0
//   probe wait                     does nothing until it is killed
//   probe serve [INSTRUCTION...]   carries out INSTRUCTION before anything
//   else,
//                                  then connects to the judge (protocol.h) and
//                                  carries out what that sends
//
// Instructions:
//
//   exit STATUS         end with that status; children stay
//   fork N              make N children that do nothing; the result is how many
//                       there are, and the errno that ended it or 0: "4 11"
//   orphans N           the same with grandchildren in sessions of their own,
//                       whose parents end at once
//   orphan STATUS       make one that ends with that status as an orphan
//   block SIGNAL        from now on, that signal has to wait
//   spin N              make N children that compute for ever
//   relay PATH          make a child that waits for a byte from a FIFO, then
//                       makes a child that does the same, and ends
//   open PATH           make a child that opens a file, however long that takes
//   run PATH            make a child that executes a copy of the probe, to wait
//   reap                kill the children and wait for them
//   touch BYTES         get memory, and write to each of its pages
//   read PATH           the result is the file's content
//   write PATH TEXT     one write() to an existing file
//   make PATH TEXT      a new file with that content
//   stat PATH           "DEVICE INODE MODE", the mode in octal
//   list PATH           names in a directory, a line each
//   cwd                 the working directory as the kernel words it, which
//                       starts with "(unreachable)" if it is outside the root
//   sync-write PATH N   N bytes past the page cache (O_DIRECT)
//   sync-write-child PATH N
//                       the same in a child; answers before it is done
//   mount TYPE PATH     mount a file system of that type
//   chown PATH UID      give a file to somebody else
//   mknod PATH          make a device node, of /dev/null
//   escape              leave a chroot by a second one: chroot(2), NOTES
//   crash               make a child that ends by SIGSEGV, and wait for it
//   type PATH TEXT      type TEXT into a terminal: ioctl_tty(2), TIOCSTI
//   walk                what can be had of other processes, through /proc: a
//                       line each, "PID NAME DEVICE INODE" of what a link leads
//                       to, "PID NAME BYTES" of what a file has
//   call NUMBER [ARGUMENT]...
//                       a system call, by its number; an argument is a number,
//                       or a path (with a '/' at its beginning), of which the
//                       call gets the address. The result is the call's
//   call32 NUMBER [ARGUMENT]...
//                       the same as a 32-bit program does it (int 0x80), with
//                       five arguments at most
//   words WORD...       put 32-bit numbers into memory where 32 bits are enough
//                       for its address, which is the result
//   thread-call NUMBER [ARGUMENT]..., thread-call32 NUMBER [ARGUMENT]...
//                       the same in a thread of its own, whose end is waited
//                       for; without a result
//   thread              make a thread, as the C library does it
//   clone FLAGS         make a child with these flags, which ends at once
//   clone3 FLAGS        the same by clone3(2)
//
// It is static, uses system calls and little else, and so starts fast.

#include <dirent.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "tests/probe/protocol.h"

namespace {

constexpr int kMaxWords = 8;

char reply[probe::kMaxMessage];
std::size_t reply_size = 0;
int judge_socket = -1;

constexpr int kMaxChildren = 4096;
pid_t child[kMaxChildren];
int children = 0;

// An instruction and its arguments. The last word may have spaces in it.
struct Words {
  const char* word[kMaxWords] = {};
  int count = 0;

  [[nodiscard]] const char* at(int i) const { return i < count ? word[i] : ""; }
  [[nodiscard]] long number(int i) const {
    return ::strtol(at(i), nullptr, 10);
  }
};

__attribute__((format(printf, 1, 2))) bool answer(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  const int size =
      std::vsnprintf(reply, sizeof reply, format, arguments);  // NOLINT
  va_end(arguments);
  reply_size = static_cast<std::size_t>(size);
  if (reply_size >= sizeof reply) reply_size = sizeof reply - 1;
  return true;
}

bool succeeded() { return answer("ok"); }
bool failed() { return answer("error %d", errno); }
bool done(long result) { return result == -1 ? failed() : succeeded(); }

// Forks a child that runs `task`, which must not return.
template <typename Task>
pid_t fork_child(Task task) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    // Else the judge would not notice that the probe itself has ended.
    if (judge_socket != -1) ::close(judge_socket);
    task();
    ::_exit(0);
  }
  return pid;
}

void do_nothing() {
  for (;;) ::pause();
}

void compute() {
  volatile bool for_ever = true;
  while (for_ever) {
  }
}

void become_orphan() {
  ::setsid();
  if (::fork() == 0) do_nothing();
}

bool make_children(long wanted, void (*task)()) {
  long made = 0;
  while (made < wanted && children < kMaxChildren) {
    const pid_t pid = fork_child(task);
    if (pid == -1) return answer("ok %ld %d", made, errno);
    child[children++] = pid;
    ++made;
  }
  return answer("ok %ld 0", made);
}

bool make_opener(const char* path) {
  const pid_t pid = fork_child([path] {
    (void)::open(path, O_RDONLY | O_CLOEXEC);
    do_nothing();
  });
  if (pid == -1) return failed();
  if (children < kMaxChildren) child[children++] = pid;
  return succeeded();
}

bool make_relay(const char* path) {
  const int fifo = ::open(path, O_RDWR | O_CLOEXEC);
  if (fifo == -1) return failed();
  const pid_t pid = fork_child([fifo] {
    char byte = 0;
    while (::read(fifo, &byte, 1) == 1 && ::fork() == 0) {
    }
  });
  ::close(fifo);
  return done(pid);
}

// Answers when exec has succeeded, or with why it has not.
bool run_copy(const char* path) {
  int report[2];
  if (::pipe2(report, O_CLOEXEC) == -1) return failed();
  const pid_t pid = fork_child([path, &report] {
    ::execl(path, path, "wait", nullptr);
    (void)!::write(report[1], &errno, sizeof errno);
  });
  ::close(report[1]);
  int error = 0;
  const ssize_t size = ::read(report[0], &error, sizeof error);
  ::close(report[0]);
  if (pid == -1) return failed();
  if (children < kMaxChildren) child[children++] = pid;
  return size > 0 ? answer("error %d", error) : succeeded();
}

bool make_orphans(long wanted) {
  for (long made = 0; made < wanted; ++made) {
    const pid_t middle = fork_child(become_orphan);
    if (middle == -1) return answer("ok %ld %d", made, errno);
    ::waitpid(middle, nullptr, 0);
  }
  return answer("ok %ld 0", wanted);
}

bool make_orphan(int status) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) == -1) return failed();
  const pid_t middle = fork_child([&] {
    ::setsid();
    if (::fork() != 0) return;
    ::close(ends[1]);
    char byte = 0;
    // Returns when the last one who could write has ended: the parent.
    (void)!::read(ends[0], &byte, 1);
    ::_exit(status);
  });
  ::close(ends[0]);
  ::close(ends[1]);
  return done(middle == -1 ? -1 : ::waitpid(middle, nullptr, 0));
}

bool block(int signal) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  return done(::sigprocmask(SIG_BLOCK, &set, nullptr));
}

bool reap() {
  for (; children > 0; --children) {
    ::kill(child[children - 1], SIGKILL);
    ::waitpid(child[children - 1], nullptr, 0);
  }
  return succeeded();
}

bool touch(long bytes) {
  auto* const memory = static_cast<volatile char*>(
      ::mmap(nullptr, static_cast<std::size_t>(bytes), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  if (memory == MAP_FAILED) return failed();
  // Different content in each page, which swap cannot share or drop.
  for (long at = 0; at < bytes; at += 4096) {
    for (long i = 0; i < 4096; i += 64) {
      memory[at + i] = static_cast<char>((at >> 12) * 31 + i * 7);
    }
  }
  return succeeded();
}

bool read_file(const char* path) {
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd == -1) return failed();
  std::memcpy(reply, "ok ", 3);
  reply_size = 3;
  while (reply_size < sizeof reply) {
    const ssize_t size =
        ::read(fd, reply + reply_size, sizeof reply - reply_size);
    if (size == -1) {
      const bool result = failed();
      ::close(fd);
      return result;
    }
    if (size == 0) break;
    reply_size += static_cast<std::size_t>(size);
  }
  ::close(fd);
  return true;
}

bool write_file(const char* path, const char* text, int flags) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC | flags, 0644);
  if (fd == -1) return failed();
  const bool result = done(::write(fd, text, std::strlen(text)));
  ::close(fd);
  return result;
}

bool stat_file(const char* path) {
  struct stat file {};
  if (::stat(path, &file) == -1) return failed();
  return answer("ok %lu %lu %o", static_cast<unsigned long>(file.st_dev),
                static_cast<unsigned long>(file.st_ino), file.st_mode);
}

bool list(const char* path) {
  DIR* const directory = ::opendir(path);
  if (directory == nullptr) return failed();
  answer("ok ");
  while (const dirent* const entry = ::readdir(directory)) {
    const std::size_t size = std::strlen(entry->d_name);
    if (reply_size + size + 1 >= sizeof reply) break;
    std::memcpy(reply + reply_size, entry->d_name, size);
    reply_size += size;
    reply[reply_size++] = '\n';
  }
  ::closedir(directory);
  return true;
}

bool working_directory() {
  char path[4096];
  // The library's getcwd() would turn "(unreachable)/x" into ENOENT.
  if (::syscall(SYS_getcwd, path, sizeof path) == -1) return failed();
  return answer("ok %s", path);
}

bool sync_write(const char* path, long bytes) {
  const int fd = ::open(path, O_WRONLY | O_CLOEXEC | O_DIRECT);
  if (fd == -1) return failed();
  const auto size = static_cast<std::size_t>(bytes);
  void* const data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const bool result =
      data == MAP_FAILED ? failed() : done(::write(fd, data, size));
  if (data != MAP_FAILED) ::munmap(data, size);
  ::close(fd);
  return result;
}

bool sync_write_in_child(const char* path, long bytes) {
  const pid_t pid = fork_child([&] {
    (void)sync_write(path, bytes);
    do_nothing();
  });
  if (pid == -1) return failed();
  if (children < kMaxChildren) child[children++] = pid;
  return succeeded();
}

bool escape() {
  // A second chroot moves the root below the working directory, which is then
  // outside the root, and ".." leads on up to the real one.
  ::mkdir("/escape", 0700);
  if (::chroot("/escape") == -1) return failed();
  for (int depth = 0; depth < 64; ++depth) {
    if (::chdir("..") == -1) return failed();
  }
  return done(::chroot("."));
}

bool crash() {
  const pid_t pid = fork_child([] {
    ::signal(SIGSEGV, SIG_DFL);
    ::raise(SIGSEGV);
  });
  return done(pid == -1 ? -1 : ::waitpid(pid, nullptr, 0));
}

bool type_into(const char* path, const char* text) {
  const int fd = ::open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd == -1) return failed();
  long result = 0;
  for (; *text != '\0' && result != -1; ++text) {
    result = ::ioctl(fd, TIOCSTI, text);
  }
  const bool answered = done(result);
  ::close(fd);
  return answered;
}

// Adds to an answer that has begun.
__attribute__((format(printf, 1, 2))) void add_line(const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  const std::size_t room = sizeof reply - reply_size;
  const int size =
      std::vsnprintf(reply + reply_size, room, format, arguments);  // NOLINT
  va_end(arguments);
  if (static_cast<std::size_t>(size) < room) {
    reply_size += static_cast<std::size_t>(size);
  }
}

void add_link(const char* pid, const char* name) {
  char path[128];
  std::snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
  struct stat file {};
  if (::stat(path, &file) == -1) return;
  add_line("%s %s %lu %lu\n", pid, name,
           static_cast<unsigned long>(file.st_dev),
           static_cast<unsigned long>(file.st_ino));
}

void add_links_in(const char* pid, const char* name) {
  char path[128];
  std::snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
  DIR* const directory = ::opendir(path);
  if (directory == nullptr) return;
  while (const dirent* const entry = ::readdir(directory)) {
    if (entry->d_name[0] == '.') continue;
    std::snprintf(path, sizeof path, "%s/%.64s", name, entry->d_name);
    add_link(pid, path);
  }
  ::closedir(directory);
}

void add_file(const char* pid, const char* name) {
  char path[128];
  std::snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
  const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
  if (fd == -1) return;
  static char bytes[4096];
  const ssize_t size = ::read(fd, bytes, sizeof bytes);
  ::close(fd);
  if (size >= 0) add_line("%s %s %ld\n", pid, name, static_cast<long>(size));
}

bool walk() {
  DIR* const processes = ::opendir("/proc");
  if (processes == nullptr) return failed();
  answer("ok ");
  while (const dirent* const entry = ::readdir(processes)) {
    const char* const pid = entry->d_name;
    const long number = ::strtol(pid, nullptr, 10);
    if (number == 0 || number == ::getpid()) continue;
    for (const auto* name : {"cwd", "root", "exe"}) add_link(pid, name);
    for (const auto* name : {"fd", "map_files", "ns"}) add_links_in(pid, name);
    for (const auto* name : {"environ", "auxv", "maps", "smaps", "pagemap",
                             "io", "syscall", "stack", "personality"}) {
      add_file(pid, name);
    }
  }
  ::closedir(processes);
  return true;
}

// A system call as an instruction has it.
struct Call {
  bool as_32_bit = false;
  long argument[7] = {};  // The first one is the number.
};

// Where 32 bits are enough for an address. -1: there is no such memory.
long copy_below_4_gb(const char* text) {
  const std::size_t size = std::strlen(text) + 1;
  void* const low = ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (low == MAP_FAILED) return -1;
  std::memcpy(low, text, size);
  return reinterpret_cast<long>(low);
}

bool put_words(const Words& words) {
  void* const low = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (low == MAP_FAILED) return failed();
  auto* const word = static_cast<unsigned*>(low);
  for (int i = 1; i < words.count; ++i) {
    word[i - 1] = static_cast<unsigned>(::strtoull(words.at(i), nullptr, 0));
  }
  return answer("ok %ld", reinterpret_cast<long>(low));
}

Call read_call(const Words& words, bool as_32_bit) {
  Call call;
  call.as_32_bit = as_32_bit;
  for (int i = 0; i < 7; ++i) {
    const char* const word = words.at(i + 1);
    if (*word != '/') {
      call.argument[i] = static_cast<long>(::strtoull(word, nullptr, 0));
    } else {
      call.argument[i] =
          as_32_bit ? copy_below_4_gb(word) : reinterpret_cast<long>(word);
    }
  }
  return call;
}

// The result, or -1 and errno.
long make_call(const Call& call) {
  const long* const a = call.argument;
  if (!call.as_32_bit) {
    return ::syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
  }
  int result = static_cast<int>(a[0]);
  asm volatile("int $0x80"
               : "+a"(result)
               : "b"(a[1]), "c"(a[2]), "d"(a[3]), "S"(a[4]), "D"(a[5])
               : "memory", "r8", "r9", "r10", "r11");
  if (result >= 0 || result < -4095) return result;
  errno = -result;
  return -1;
}

bool call(const Words& words, bool as_32_bit) {
  const long result = make_call(read_call(words, as_32_bit));
  return result == -1 ? failed() : answer("ok %ld", result);
}

// Makes a thread that makes the call, or does nothing without one.
bool call_in_thread(const Call* to_make) {
  Call copy;
  if (to_make != nullptr) copy = *to_make;
  void* const argument = to_make == nullptr ? nullptr : &copy;
  pthread_t thread{};
  errno = ::pthread_create(
      &thread, nullptr,
      [](void* what) -> void* {
        if (what != nullptr) (void)make_call(*static_cast<Call*>(what));
        return nullptr;
      },
      argument);
  if (errno != 0) return failed();
  errno = ::pthread_join(thread, nullptr);
  return errno == 0 ? succeeded() : failed();
}

bool call_in_thread(const Words& words, bool as_32_bit) {
  const Call to_make = read_call(words, as_32_bit);
  return call_in_thread(&to_make);
}

// pid: what clone() has returned, in the child as well.
bool wait_for_clone(long pid) {
  if (pid == 0) ::_exit(0);
  if (pid == -1) return failed();
  return done(::waitpid(static_cast<pid_t>(pid), nullptr, __WALL));
}

bool make_clone(const char* flags) {
  const auto wanted = ::strtoull(flags, nullptr, 0);
  return wait_for_clone(::syscall(SYS_clone, wanted | SIGCHLD, 0, 0, 0, 0));
}

bool make_clone3(const char* flags) {
  clone_args args{};
  args.flags = ::strtoull(flags, nullptr, 0);
  args.exit_signal = SIGCHLD;
  return wait_for_clone(::syscall(SYS_clone3, &args, sizeof args));
}

bool carry_out(const Words& words) {
  const std::string_view what = words.at(0);
  if (what == "exit") ::_exit(static_cast<int>(words.number(1)));
  if (what == "fork") return make_children(words.number(1), do_nothing);
  if (what == "orphans") return make_orphans(words.number(1));
  if (what == "orphan") return make_orphan(static_cast<int>(words.number(1)));
  if (what == "block") return block(static_cast<int>(words.number(1)));
  if (what == "spin") return make_children(words.number(1), compute);
  if (what == "relay") return make_relay(words.at(1));
  if (what == "open") return make_opener(words.at(1));
  if (what == "run") return run_copy(words.at(1));
  if (what == "reap") return reap();
  if (what == "touch") return touch(words.number(1));
  if (what == "read") return read_file(words.at(1));
  if (what == "write") return write_file(words.at(1), words.at(2), 0);
  if (what == "make") {
    return write_file(words.at(1), words.at(2), O_CREAT | O_EXCL);
  }
  if (what == "stat") return stat_file(words.at(1));
  if (what == "list") return list(words.at(1));
  if (what == "cwd") return working_directory();
  if (what == "sync-write") return sync_write(words.at(1), words.number(2));
  if (what == "sync-write-child") {
    return sync_write_in_child(words.at(1), words.number(2));
  }
  if (what == "mount") {
    return done(::mount("none", words.at(2), words.at(1), 0, nullptr));
  }
  if (what == "chown") {
    const auto uid = static_cast<uid_t>(words.number(2));
    return done(::chown(words.at(1), uid, static_cast<gid_t>(-1)));
  }
  if (what == "mknod") {
    return done(::mknod(words.at(1), S_IFCHR | 0666, makedev(1, 3)));
  }
  if (what == "escape") return escape();
  if (what == "crash") return crash();
  if (what == "type") return type_into(words.at(1), words.at(2));
  if (what == "walk") return walk();
  if (what == "call") return call(words, /*as_32_bit=*/false);
  if (what == "call32") return call(words, /*as_32_bit=*/true);
  if (what == "words") return put_words(words);
  if (what == "thread-call") return call_in_thread(words, false);
  if (what == "thread-call32") return call_in_thread(words, true);
  if (what == "thread") return call_in_thread(nullptr);
  if (what == "clone") return make_clone(words.at(1));
  if (what == "clone3") return make_clone3(words.at(1));
  return answer("unknown");
}

// How many words an instruction has, itself included.
int words_of(std::string_view what) {
  if (what == "write" || what == "make" || what == "mount") return 3;
  if (what == "type") return 3;
  if (what == "sync-write-child") return 3;
  if (what == "sync-write" || what == "chown") return 3;
  if (what == "reap" || what == "cwd" || what == "escape") return 1;
  if (what == "thread" || what == "crash" || what == "walk") return 1;
  if (what == "call" || what == "call32" || what == "words") return kMaxWords;
  if (what == "thread-call" || what == "thread-call32") return kMaxWords;
  return 2;
}

Words split(char* text) {
  Words words;
  int wanted = 1;
  while (words.count < kMaxWords) {
    words.word[words.count++] = text;
    char* const space = std::strchr(text, ' ');
    if (words.count == 1) {
      const auto size = space == nullptr
                            ? std::strlen(text)
                            : static_cast<std::size_t>(space - text);
      wanted = words_of({text, size});
    }
    if (space == nullptr || words.count == wanted) break;
    *space = '\0';
    text = space + 1;
  }
  return words;
}

// Without a judge there is nothing to do: say why on standard error and end
// with 70, which no case expects.
[[noreturn]] void give_up(const char* what) {
  ::dprintf(STDERR_FILENO, "probe: %s %s: %s\n", what, probe::kSocket,
            std::strerror(errno));
  ::_exit(70);
}

// folder: with the '/' at its end.
[[noreturn]] void serve(std::string_view folder) {
  const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd == -1) give_up("make a socket for");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%.*s%s",
                static_cast<int>(folder.size()), folder.data(), probe::kSocket);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address),
                sizeof address) == -1) {
    give_up("connect to");
  }
  judge_socket = fd;

  // The answer to the first instruction, if there was one, says "ready" too.
  if (reply_size == 0) answer("ready");
  static char message[probe::kMaxMessage];
  for (;;) {
    if (::send(fd, reply, reply_size, MSG_NOSIGNAL) == -1) ::_exit(70);
    const ssize_t size = ::recv(fd, message, sizeof message - 1, 0);
    if (size <= 0) ::_exit(70);  // The judge has ended.
    message[size] = '\0';
    carry_out(split(message));
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  Words rest;
  for (int i = 2; i < argc && rest.count < kMaxWords; ++i) {
    rest.word[rest.count++] = argv[i];
  }

  if (mode == "exit") return static_cast<int>(rest.number(0));
  if (mode == "kill") {
    ::signal(static_cast<int>(rest.number(0)), SIG_DFL);
    const rlimit no_core{};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::kill(::getpid(), static_cast<int>(rest.number(0)));
    return 70;
  }
  if (mode == "print") {
    ::dprintf(STDOUT_FILENO, "%s\n", rest.at(0));
    return 0;
  }
  if (mode == "wait") do_nothing();
  if (mode == "serve") {
    if (rest.count > 0) carry_out(rest);
    const std::string_view self = argv[0];
    serve(self.substr(0, self.rfind('/') + 1));
  }
  ::dprintf(STDERR_FILENO, "usage: probe exit|kill|print|wait|serve ...\n");
  return 64;
}
