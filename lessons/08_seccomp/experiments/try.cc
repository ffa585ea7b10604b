// 08_seccomp_try: tries one thing, and says what came of it.
//
//   08_seccomp_try mkdir PATH     makes a directory by mkdir(2)
//   08_seccomp_try mkdirat PATH   the same by mkdirat(2)
//   08_seccomp_try clone3         clone3(2), with nothing that it could do
//   08_seccomp_try thread         starts a thread, as the C library does it
//   08_seccomp_try socket N       makes a socket of the kind N: 1 is AF_UNIX
//   08_seccomp_try socketcall N   the same as old 32-bit programs do it
//   08_seccomp_try 32             asks for its number as a 32-bit program does
//   08_seccomp_try many           asks for its number 100000 times: how long?

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"

namespace {

int start_thread() {
  pthread_t thread{};
  const int error = ::pthread_create(
      &thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
  if (error == 0) (void)::pthread_join(thread, nullptr);
  errno = error;
  return error == 0 ? 0 : -1;
}

// int 0x80 is the door for 32-bit programs, and it is open for others, too.
int call_as_32_bit(int number, long first = 0, long second = 0) {
  int result = number;
  asm volatile("int $0x80"
               : "+a"(result)
               : "b"(first), "c"(second)
               : "memory", "r8", "r9", "r10", "r11");
  if (result >= 0) return result;
  errno = -result;
  return -1;
}

int ask_as_32_bit() {
  constexpr int kGetpid32 = 20;
  return call_as_32_bit(kGetpid32);
}

int make_socket(const char* kind) {
  const auto number = std::strtoull(kind, nullptr, 0);
  return static_cast<int>(::syscall(SYS_socket, number, SOCK_DGRAM, 0));
}

// socketcall(2) gets two numbers: what is to be done, and where in memory the
// arguments for that are.
int make_socket_by_socketcall(const char* kind) {
  constexpr int kSocketcall32 = 102;
  constexpr long kSocket = 1;  // linux/net.h: SYS_SOCKET
  // Where 32 bits are enough for the address.
  void* const memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
  if (memory == MAP_FAILED) return -1;
  auto* const arguments = static_cast<int*>(memory);
  arguments[0] = std::atoi(kind);
  arguments[1] = SOCK_DGRAM;
  return call_as_32_bit(kSocketcall32, kSocket,
                        reinterpret_cast<long>(arguments));
}

int ask_often() {
  constexpr int kTimes = 100000;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kTimes; ++i) (void)::syscall(SYS_getpid);
  const auto time = std::chrono::steady_clock::now() - begin;
  fmt::print("{} ns for each\n",
             std::chrono::nanoseconds(time).count() / kTimes);
  return 0;
}

int attempt(std::string_view what, const char* word) {
  if (what == "mkdir") return ::mkdir(word, 0755);
  if (what == "mkdirat") return ::mkdirat(AT_FDCWD, word, 0755);
  if (what == "clone3") {
    return static_cast<int>(::syscall(SYS_clone3, nullptr, 0));
  }
  if (what == "thread") return start_thread();
  if (what == "socket") return make_socket(word);
  if (what == "socketcall") return make_socket_by_socketcall(word);
  if (what == "32") return ask_as_32_bit();
  if (what == "many") return ask_often();
  kit::fail(
      "try what? mkdir, mkdirat, clone3, thread, socket, socketcall, 32 or "
      "many");
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] {
    const char* const what = argc > 1 ? argv[1] : "";
    const int result = attempt(what, argc > 2 ? argv[2] : "");
    fmt::print("{}: {}\n", what, result == -1 ? std::strerror(errno) : "done");
    return result == -1 ? 1 : 0;
  });
}
