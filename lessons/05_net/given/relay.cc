#include "lessons/05_net/given/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <memory>
#include <thread>

#include "lessons/kit/check.h"
#include "lessons/kit/descriptors.h"

using kit::check;
using kit::Child;
using kit::UniqueFd;

namespace container {
namespace {

// How many connections at the same time: each has two descriptors. Those that
// come when all places are taken wait to be accepted.
unsigned number_of_places() {
  constexpr rlim_t kMost = 400;
  constexpr rlim_t kOther = 20;  // Descriptors: ports, the program, ...
  rlimit files{};
  check(::getrlimit(RLIMIT_NOFILE, &files), "ask for the limit of descriptors");
  if (files.rlim_cur < kOther + 2) {
    kit::fail("publishing a port needs at least {} descriptors", kOther + 2);
  }
  return static_cast<unsigned>(std::min(kMost, (files.rlim_cur - kOther) / 2));
}

// The places that are free: a semaphore that poll(2) can wait for, so that who
// waits for a place sees other things, too.
class Places {
 public:
  bool take() const {
    std::uint64_t one = 0;
    return ::read(fd_.get(), &one, sizeof one) == sizeof one;
  }
  void give_back() const {
    const std::uint64_t one = 1;
    (void)!::write(fd_.get(), &one, sizeof one);
  }
  [[nodiscard]] int descriptor() const { return fd_.get(); }

 private:
  UniqueFd fd_{check(
      ::eventfd(number_of_places(), EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC),
      "make an eventfd")};
};

// A client, and the container's end of the line.
struct Connection {
  explicit Connection(const Places& its_places) : places(its_places) {}
  ~Connection() { places.give_back(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  const Places& places;
  UniqueFd client, server;
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
  } catch (const std::system_error&) {
    // There is no room for one more.
    return refuse(connection->client);
  }
  copy(connection, client, server);
}

void accept_one(const Relay::Port& port, const Places& places) {
  if (!places.take()) return;  // The client has to wait for one.
  const auto connection = std::make_shared<Connection>(places);
  connection->client.reset(
      ::accept4(port.listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection->client) return;  // It did not wait for us.
  try {
    std::thread(serve, connection, port.target).detach();
  } catch (const std::system_error&) {
    refuse(connection->client);
  }
}

// Accepts clients until the program has ended. events: what to wait for: the
// program's end, a free place, and then a client at each of the ports.
void serve_all(const std::vector<Relay::Port>& ports, const Places& places,
               std::vector<pollfd>& events) {
  for (;;) {
    // The program is watched in both: it must not be kept waiting by clients
    // that hold all places, and whom nothing makes go.
    (void)::poll(events.data(), 2, -1);
    if (events[0].revents != 0) return;
    events[1].fd = -1;  // poll(2) skips it: places are free most of the time.
    const int ready = ::poll(events.data(), events.size(), -1);
    events[1].fd = places.descriptor();
    if (ready == -1) continue;  // Then the other fields say nothing.
    if (events[0].revents != 0) return;
    for (std::size_t i = 0; i < ports.size(); ++i) {
      if (events[i + 2].revents != 0) accept_one(ports[i], places);
    }
  }
}

// Who: the relay. Lives as long as the program, which `program` is a pidfd of.
int relay(const std::vector<Relay::Port>& ports, int program,
          kit::Ready& ready) {
  check(::prctl(PR_SET_NAME, "relay"), "name the relay");
  check(::setsid(), "start a session");  // Ctrl-C is not for us.
  check(::chdir("/"), "leave the working directory");
  static const Places places;  // Threads use it to the very end.
  std::vector<pollfd> events{{program, POLLIN, 0},
                             {places.descriptor(), POLLIN, 0}};
  std::vector<int> kept{program, places.descriptor(), ready.fd()};
  for (const auto& port : ports) {
    const int listener = port.listener.get();
    // A client that has gone again must not keep us in accept().
    check(::fcntl(listener, F_SETFL, O_NONBLOCK), "set O_NONBLOCK");
    events.push_back({listener, POLLIN, 0});
    kept.push_back(listener);
  }
  kit::keep_only(kept);
  ready();

  serve_all(ports, places, events);
  ::_exit(0);  // Not a return: threads are still at work.
}

Child start_relay(const std::vector<Relay::Port>& ports) {
  const UniqueFd program = kit::open_pidfd(::getpid());
  return kit::spawn_helper(
      [&](kit::Ready& ready) { return relay(ports, program.get(), ready); });
}

}  // namespace

Relay::Relay(const std::vector<Port>& ports) : process_(start_relay(ports)) {}

}  // namespace container
