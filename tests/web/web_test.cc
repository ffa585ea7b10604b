// Judges what lesson 14 is for: a web server, as Debian packages it, in a
// container. The judge looks at the server while it serves, from outside.

#include <fmt/format.h>
#include <sys/socket.h>

#include <csignal>

#include "tests/judge/judge.h"

namespace {

using judge::Network;
using Set = std::set<std::string>;

constexpr char kRoot[] = "/rootfs/web";
constexpr std::uint16_t kPort = 8080;

// What a client gets who asks for the page "/", or "".
std::string fetch(const Network& from, const std::string& address) {
  const auto call = from.call(address, kPort);
  if (!call.error.empty()) return "";
  constexpr std::string_view kRequest = "GET / HTTP/1.0\r\n\r\n";
  (void)::send(call.socket.get(), kRequest.data(), kRequest.size(),
               MSG_NOSIGNAL);
  std::string page;
  char bytes[4096];
  for (ssize_t size = 1; size > 0;) {
    size = judge::receive(call.socket, bytes, sizeof bytes);
    if (size > 0) page.append(bytes, static_cast<std::size_t>(size));
  }
  return page;
}

// nginx in a container, from the moment at which it answers.
class Server {
 public:
  Server()
      : program_({"run", "--root", kRoot, "--name", "web", "--hostname", name_,
                  "--memory", "64m", "--pids-limit", "32", "--cpus", "0.5",
                  "--publish", fmt::format("{}:80", kPort), "--", "nginx", "-g",
                  "daemon off;"},
                 {}) {
    judge::Deadline deadline{std::chrono::seconds(40)};
    while (fetch(Network::host(), "127.0.0.1").empty()) {
      if (program_.ending() || deadline.passed()) {
        throw judge::Failed("nginx does not answer");
      }
      program_.wait(100);
    }
    for (const auto& process : judge::descendants_of(program_.pid())) {
      if (process.name != "nginx") continue;
      // The first one is the master: it has started the others.
      if (master_ == 0) master_ = process.pid;
      if (process.parent == master_) worker_ = process.pid;
    }
    if (worker_ == 0) throw judge::Failed("there is no nginx with a worker");
  }

  [[nodiscard]] judge::Process master() const {
    return judge::Process(master_);
  }
  [[nodiscard]] judge::Process worker() const {
    return judge::Process(worker_);
  }
  [[nodiscard]] const std::string& name() const { return name_; }

  // How it ended, after a signal.
  std::optional<judge::Ending> end(int signal) {
    program_.send_signal(signal);
    return program_.wait_for_end();
  }

 private:
  std::string name_ = judge::random_name();
  judge::Subject program_;
  pid_t master_ = 0;
  pid_t worker_ = 0;
};

}  // namespace

TEST_CASE("web: the page is served, and nothing is left afterwards",
          "[given]") {
  const auto before = judge::Host::now();
  const auto host = Network::host();
  const auto far = Network::make();
  judge::lay_cable({host, "uplink", "192.168.44.1"},
                   {far, "eth0", "192.168.44.2"});
  REQUIRE(fetch(host, "127.0.0.1").empty());  // Nobody else would answer.
  {
    Server server;
    for (const auto& [from, address] :
         std::vector<std::pair<const Network&, std::string>>{
             {host, "127.0.0.1"},
             {host, "192.168.44.1"},
             {far, "192.168.44.1"}}) {
      INFO("A client asks " << address);
      CHECK_THAT(fetch(from, address), judge::contains("200 OK"));
      CHECK_THAT(fetch(from, address), judge::contains("Welcome to nginx!"));
    }
    const auto ending = server.end(SIGTERM);
    REQUIRE(ending.has_value());
    CHECK(*ending == judge::exited(0));
  }
  judge::remove_link("uplink");
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("web: the running server is isolated", "[given]") {
  const auto before = judge::Host::now();
  Server server;
  const auto master = server.master();
  const auto worker = server.worker();

  CHECK(master.own_namespaces() ==
        Set{"cgroup", "ipc", "mnt", "net", "pid", "uts"});
  CHECK(master.host_name() == server.name());
  CHECK(judge::Host::now().names == before.names);

  const auto cgroup = worker.cgroup();
  CHECK(cgroup.path() == "/container-kit/web");
  CHECK(cgroup.file("memory.max") == std::to_string(64 << 20));
  CHECK(cgroup.file("memory.swap.max") == "0");
  CHECK(cgroup.file("pids.max") == "32");
  CHECK(cgroup.file("cpu.max") == "50000 100000");

  Set targets;
  for (const auto& mount : master.mounts()) targets.insert(mount.target);
  CHECK(targets.contains("/proc"));
  CHECK_FALSE(targets.contains("/judge"));
  CHECK_FALSE(targets.contains(kRoot));
  CHECK(judge::Host::now().mounts == before.mounts);

  CHECK(master.status("CapEff") == "00000000a80425fb");
  CHECK(worker.status("CapEff") == "0000000000000000");
  CHECK(worker.status("Uid") == "33\t33\t33\t33");  // www-data
  for (const auto& process : {std::cref(master), std::cref(worker)}) {
    CHECK(process.get().status("CapBnd") == "00000000a80425fb");
    CHECK(process.get().status("NoNewPrivs") == "1");
    CHECK(process.get().status("Seccomp") == "2");
  }
  const auto links = Network::of(worker.pid()).links();
  CHECK(links.size() == 2);
  CHECK(links.at("eth0").up);
}

TEST_CASE("web: nothing is left of a server whose runtime is killed",
          "[given]") {
  const auto before = judge::Host::now();
  Server().end(SIGKILL);
  CHECK(judge::Host::settled(before) == before);
}
