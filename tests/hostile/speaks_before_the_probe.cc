// Mistake: it connects, becomes the probe, and answers in its place
// Fails: 00.1
// Says: something else than the command

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/hostile/tools.h"

void attack(const std::string& root) {
  const int connection = ::socket(AF_UNIX, SOCK_SEQPACKET, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (root + "/probe.socket").copy(address.sun_path, sizeof address.sun_path - 1);
  // The judge sees who has connected by the process's number: it stays the
  // same.
  (void)::connect(connection, reinterpret_cast<const sockaddr*>(&address),
                  sizeof address);
  if (::fork() != 0) {
    (void)::execl("/judge/probe", "/probe", "serve", nullptr);
    ::_exit(0);
  }
  for (char message[4096];;) {
    if (::send(connection, "ok", 2, 0) != 2) return;
    if (::recv(connection, message, sizeof message, 0) <= 0) return;
  }
}
