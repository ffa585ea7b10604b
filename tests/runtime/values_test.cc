// Values of options: Docker's forms are read as Docker reads them, and what
// cannot be done is an error.

#include "lessons/14_container/given/values.h"

#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "lessons/06_cgroups/given/limit_options.h"
#include "lessons/kit/check.h"
#include "third_party/catch2.h"

namespace {

using container::Mount;
using Ports = std::vector<std::pair<int, int>>;

Ports published(const std::string& text) {
  Ports ports;
  for (const auto& port : container::parse_published_ports(text)) {
    ports.emplace_back(port.host, port.container);
  }
  return ports;
}

template <typename Parse>
void check_wrong(Parse parse, const std::vector<std::string>& texts) {
  for (const auto& text : texts) {
    INFO(text);
    CHECK_THROWS_AS(parse(text), std::runtime_error);
  }
}

}  // namespace

TEST_CASE("a port, with its protocol, or a range of ports") {
  CHECK(published("8080:80") == Ports{{8080, 80}});
  CHECK(published("8080:80/tcp") == Ports{{8080, 80}});
  CHECK(published("8000-8002:80-82") ==
        Ports{{8000, 80}, {8001, 81}, {8002, 82}});
  CHECK(published("1-1:65535") == Ports{{1, 65535}});
  check_wrong(
      container::parse_published_ports,
      {"", "80", "80:", ":80", "0:80", "80:65536", "80:80/udp", "80:80/",
       "127.0.0.1:80:80", "1-2:1-3", "2-1:2-1", "1-:1", "a:b", "1:2:3:4"});
}

TEST_CASE("a volume has modes, of which some are so anyway") {
  const auto writable = container::parse_container_volume("/a:/b:rw,z");
  CHECK(writable.source == "/a");
  CHECK(writable.target == "/b");
  CHECK_FALSE(writable.read_only);
  CHECK_FALSE(container::parse_container_volume("/a:/b").read_only);
  CHECK(container::parse_container_volume("/a:/b:ro").read_only);
  CHECK(container::parse_container_volume("/a:/b:Z,ro").read_only);
  check_wrong(container::parse_container_volume,
              {"", "/a", "/a:b", ":/b", "/a:/b:", "/a:/b:rslave", "/a:/b:ro,",
               "/a:/b:ro:ro", "/a:/proc", "/a:/sys/x", "/a:/dev", "/a:/dev/",
               "/a:/dev/pts/0", "/a:/dev/stdin", "/a:/"});
  CHECK(container::parse_container_volume("/a:/dev/kvm").target == "/dev/kvm");
}

TEST_CASE("a tmpfs has options, of which most are so anyway") {
  CHECK(container::parse_container_tmpfs("/a").size == std::nullopt);
  CHECK(container::parse_container_tmpfs("/a:size=64m").size == 64 << 20);
  CHECK(
      container::parse_container_tmpfs("/a:rw,noexec,size=1k,mode=1777").size ==
      1024);
  CHECK(container::parse_container_tmpfs("/dev").target == "/dev");
  check_wrong(container::parse_container_tmpfs,
              {"", "a", "/a:", "/a:exec", "/a:ro", "/a:mode=700",
               "/a:size=", "/a:size=1m,", "/proc", "/dev/pts", "/dev/ptmx"});
}

TEST_CASE("limits have a word for none") {
  CHECK(container::parse_pids_limit("7") == 7);
  CHECK(container::parse_pids_limit("-1") == 4'194'304);
  CHECK(container::parse_pids_limit("0") == 4'194'304);
  CHECK(container::parse_memory_and_swap("-1") == container::kUnlimited);
  CHECK(container::parse_memory_and_swap("max") == container::kUnlimited);
  CHECK(container::parse_memory_and_swap("0.5g") == 512 << 20);
  check_wrong(container::parse_pids_limit, {"", "-2", "max", "4194305"});
  check_wrong(container::parse_memory_and_swap, {"", "-2", "0"});
}

TEST_CASE("shares become weights along a curve through Docker's default") {
  CHECK(container::parse_shares("2") == 1);
  CHECK(container::parse_shares("1024") == 100);
  CHECK(container::parse_shares("262144") == 10'000);
  check_wrong(container::parse_shares, {"1", "262145", "-1"});
}

TEST_CASE("variables: given, of the caller's, or of a file") {
  ::setenv("SET", "here", 1);
  ::unsetenv("UNSET");
  CHECK(container::parse_variable("A=b=c") == "A=b=c");
  CHECK(container::parse_variable("A=") == "A=");
  CHECK(container::parse_variable("SET") == "SET=here");
  CHECK(container::parse_variable("UNSET") == std::nullopt);
  check_wrong(container::parse_variable, {"", "=b"});

  char name[] = "/tmp/variables.XXXXXX";
  const kit::UniqueFd file{kit::check(::mkstemp(name), "make a file")};
  std::ofstream(name) << "# A comment\n\nA=1\nSET\nUNSET\nB= x # no comment\n";
  CHECK(container::read_variables(name) ==
        std::vector<std::string>{"A=1", "SET=here", "B= x # no comment"});
  ::unlink(name);
  check_wrong(container::read_variables, {"/no/such/file", "/tmp"});
}

TEST_CASE("host names are what files like /etc/hosts can have") {
  CHECK(container::parse_host_name("my-box.1") == "my-box.1");
  CHECK(container::parse_host_name("a_b") == "a_b");
  check_wrong(container::parse_host_name, {"", std::string(65, 'a'), "a b",
                                           "a\nb", "-a", "a/b", "\xc3\xa4"});
}
