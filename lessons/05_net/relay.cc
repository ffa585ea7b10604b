#include "lessons/05_net/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>
#include <semaphore>
#include <thread>

#include "lessons/kit/check.h"

using kit::check;
using kit::Child;
using kit::UniqueFd;

namespace container {
namespace {

// At the same time. Each has two descriptors, of the 1024 that are usual.
constexpr std::ptrdiff_t kMostConnections = 400;
std::counting_semaphore<kMostConnections> free_places(kMostConnections);

// A client, and the container's end of the line.
struct Connection {
  UniqueFd client, server;
  ~Connection() { free_places.release(); }
};
using Shared = std::shared_ptr<Connection>;

bool write_all(int fd, const char* data, ssize_t size) {
  while (size > 0) {
    const ssize_t written =
        ::send(fd, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (written == -1) return false;
    data += written;
    size -= written;
  }
  return true;
}

// In a thread of its own: copies until there is no more to come, and says so to
// the other side. The opposite direction may go on.
void copy(const Shared& connection, int from, int to) {
  std::vector<char> buffer(64 << 10);
  for (;;) {
    const ssize_t size = ::recv(from, buffer.data(), buffer.size(), 0);
    if (size > 0 && write_all(to, buffer.data(), size)) continue;
    (void)::shutdown(to, SHUT_WR);
    if (size == 0) return;
    // One of the two is gone. That is the end of both directions.
    (void)::shutdown(connection->client.get(), SHUT_RDWR);
    (void)::shutdown(connection->server.get(), SHUT_RDWR);
    return;
  }
}

// A client is to see what it would have seen without us: a reset.
void refuse(const UniqueFd& client) {
  const linger at_once{1, 0};
  (void)::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &at_once,
                     sizeof at_once);
}

// In a thread of its own.
void serve(const Shared& connection, const sockaddr_in& target) {
  const int client = connection->client.get();
  connection->server.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int server = connection->server.get();
  if (::connect(server, reinterpret_cast<const sockaddr*>(&target),
                sizeof target) == -1) {
    return refuse(connection->client);
  }
  try {
    std::thread(copy, connection, server, client).detach();
  } catch (const std::system_error&) {  // There is no room for one more.
    return refuse(connection->client);
  }
  copy(connection, client, server);
}

void accept_one(const Relay::Port& port) {
  free_places.acquire();  // ~Connection() gives it back.
  auto connection = std::make_shared<Connection>();
  connection->client.reset(
      ::accept4(port.listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection->client) return;  // It did not wait for us.
  try {
    std::thread(serve, connection, port.target).detach();
  } catch (const std::system_error&) {
    refuse(connection->client);
  }
}

// Closes all descriptors but these. Whoever waits for the end of a pipe must
// not wait for us.
void keep_only(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned next = 0;
  for (const int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (number > next) (void)::close_range(next, number - 1, 0);
    next = number + 1;
  }
  (void)::close_range(next, ~0U, 0);
}

// Who: the relay. Lives as long as the program, which `program` is a pidfd of.
int relay(const std::vector<Relay::Port>& ports, int program) {
  (void)::prctl(PR_SET_NAME, "relay");
  (void)::setsid();  // Ctrl-C and the terminal's end are not for us.
  (void)::chdir("/");
  std::vector<pollfd> events{{program, POLLIN, 0}};
  std::vector<int> kept{program};
  for (const auto& port : ports) {
    const int listener = port.listener.get();
    // A client that has gone again must not keep us in accept().
    check(::fcntl(listener, F_SETFL, O_NONBLOCK), "set O_NONBLOCK");
    events.push_back({listener, POLLIN, 0});
    kept.push_back(listener);
  }
  keep_only(kept);

  while (events[0].revents == 0) {
    (void)::poll(events.data(), events.size(), -1);
    for (std::size_t i = 0; i < ports.size(); ++i) {
      if (events[i + 1].revents != 0) accept_one(ports[i]);
    }
  }
  ::_exit(0);  // Not a return: threads are still at work.
}

Child start_relay(const std::vector<Relay::Port>& ports) {
  const UniqueFd program = kit::open_pidfd(::getpid());
  return kit::spawn({}, [&] { return relay(ports, program.get()); });
}

}  // namespace

Relay::Relay(const std::vector<Port>& ports) : process_(start_relay(ports)) {}

}  // namespace container
