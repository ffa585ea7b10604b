// Mistake: it tells the judge itself what the command should
// Fails: 00.1
// Says: something else than the command

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <string>

void attack(const std::string& root) {
  const int connection = ::socket(AF_UNIX, SOCK_SEQPACKET, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (root + "/probe.socket").copy(address.sun_path, sizeof address.sun_path - 1);
  (void)::connect(connection, reinterpret_cast<const sockaddr*>(&address),
                  sizeof address);
  for (char message[4096];;) {
    if (::send(connection, "ok", 2, 0) != 2) return;
    if (::recv(connection, message, sizeof message, 0) <= 0) return;
  }
}
