// Judges lesson 04: lessons/04_uts/hostname.h is the contract.
//
// The judge reads the names through the container's UTS namespace, not from
// what a command prints.

#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "tests/judge/given.h"

namespace {

using judge::exited;
using judge::Options;
using Set = std::set<std::string>;

// What the kernel takes: HOST_NAME_MAX.
constexpr std::size_t kLongest = 64;

// Starts the program with these options. Its command is the probe, in the
// host's own root.
judge::Box start_named(const Options& options) {
  judge::How how;
  how.with_root = false;
  return judge::start(options, how);
}

// Runs the program with a command that ends with `status` at once.
judge::Result run_with(Options options, int status = 0,
                       const judge::Circumstances& circumstances = {}) {
  options.insert(options.end(), {"--", judge::guest().probe(), "exit",
                                 std::to_string(status)});
  return judge::run(options, circumstances);
}

std::string name_of(std::size_t size) {
  std::string name;
  while (name.size() < size) name += judge::random_name();
  return name.substr(0, size);
}

// The host has a domain name while this lives: without one, the kernel's
// "(none)" is everywhere.
class HostDomain {
 public:
  explicit HostDomain(const std::string& name) {
    REQUIRE(::setdomainname(name.data(), name.size()) == 0);
  }
  ~HostDomain() { (void)!::setdomainname(before_.data(), before_.size()); }

 private:
  std::string before_ = judge::Process(1).domain_name();
};

// The name that the command sees, the host's or the domain's as `option` says.
std::string name_seen(const std::string& option, const std::string& name) {
  const auto box = start_named({option + "=" + name});
  if (!box.errors().empty()) return "";
  const auto container = box.becoming();
  return option == "--hostname" ? container.host_name()
                                : container.domain_name();
}

void check_sizes(const std::string& option) {
  for (const auto size : {kLongest, kLongest - 1, std::size_t{1}}) {
    const auto name = name_of(size);
    HINT("The name has "
         << size
         << " bytes. 64 are allowed, and the kernel wants no '\\0' behind "
            "them: if one is counted, 64 become 65, and that is EINVAL.");
    CHECK(name_seen(option, name) == name);
  }
}

// All bytes but '\0', which no argument can have.
void check_any_bytes(const std::string& option) {
  std::string all;
  for (int byte = 1; byte < 0x100; ++byte) all += static_cast<char>(byte);
  for (; !all.empty(); all.erase(0, kLongest)) {
    const auto name = all.substr(0, kLongest);
    HINT(
        "The kernel takes any bytes: capital letters, dots, blanks, line ends "
        "and what no DNS server would take. The name must be as it was given.");
    CHECK(name_seen(option, name) == name);
  }
}

// size: in bytes, and too many.
void check_too_long(const std::string& option, std::size_t size) {
  const auto before = judge::Host::now();
  const auto name = name_of(size);
  const auto result = run_with({option, name}, 3);

  HINT("The kernel refuses "
       << size
       << " bytes. Then the command must not run, neither under another name "
          "nor under a part of this one: check() turns the -1 into an "
          "exception.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT("The message must have the name, and say EINVAL's text.");
  CHECK_THAT(result.errors, judge::contains(name));
  CHECK_THAT(result.errors, judge::contains(std::strerror(EINVAL)));
  CHECK(judge::Host::settled(before) == before);
}

// The kernel refuses `call`, as it does without CAP_SYS_ADMIN.
void check_not_allowed(const char* option, int call) {
  const auto name = judge::random_name();
  const auto result =
      run_with({option, name}, 3, {.failing_calls = {{{call}, EPERM}}});

  HINT(
      "The kernel has refused the name, and the command must not run under "
      "another one: check() what the call returns.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(EPERM)));
}

}  // namespace

// ---- What is given ----

TEST_CASE("04: an unwritten step ends the program with 75", "[given]") {
  judge::check_skeleton(run_with({"--hostname", "a", "--domainname", "b"}, 0,
                                 {.hold_at_todo = false}));
}

TEST_CASE("04: options that are wrong are errors", "[given]") {
  judge::check_wrong_options({{"--hostname"},
                              {"--hostname", ""},
                              {"--domainname", ""},
                              {"--hostname", "a", "--hostname", "a"},
                              {"--domainname=a", "--domainname=b"}});
}

// ---- 04.1: the namespace ----

TEST_CASE("04: the container has a UTS namespace of its own, and no other",
          "[04.1][points:2][own][only][flags]") {
  const auto box = start_named({"--hostname", judge::random_name()});
  HINT(
      "args.flags can have others that are there already, and has: add yours "
      "with |=.");
  const auto own = box.becoming().own_namespaces();

  HINT(
      "The child is in the host's UTS namespace, and whatever name it sets "
      "is the name of the host. clone3() makes a new one if CLONE_NEWUTS is "
      "in args.flags.");
  REQUIRE(own.contains("uts"));
  HINT("This lesson's container shares everything else with the host.");
  CHECK(own == Set{"uts"});
}

TEST_CASE("04: the program itself stays in its namespace",
          "[04.1][points:1][idle][caller]") {
  const auto box = start_named({"--hostname", judge::random_name()});

  HINT(
      "Only the child gets a new namespace: args is what clone3() will be "
      "asked for. unshare(2) would move the caller, too.");
  CHECK(box.program().own_namespaces().empty());
}

TEST_CASE("04: without options, the names are copies",
          "[04.1][points:1][own]") {
  const auto domain = judge::random_name();
  const HostDomain of_host(domain);
  const auto host = judge::Process(1).host_name();
  const auto box = start_named({});
  const auto container = box.becoming();

  CHECK(container.host_name() == host);
  CHECK(container.domain_name() == domain);

  // What happens to the host's names from now on is no longer seen.
  const auto later = judge::random_name();
  REQUIRE(::sethostname(later.data(), later.size()) == 0);
  const auto seen = container.host_name();
  (void)!::sethostname(host.data(), host.size());
  HINT(
      "The host's name was changed, and the container saw it: they are in "
      "the same UTS namespace.");
  CHECK(seen == host);
}

TEST_CASE("04: the command's own changes stay inside",
          "[04.1][points:1][idle][own]") {
  const auto before = judge::Host::now();
  (void)judge::run({"--", "hostname", judge::random_name()});

  HINT("The command called sethostname(), and it was the host's name.");
  CHECK(judge::Host::settled(before).names == before.names);
}

TEST_CASE("04: an ordinary user may not make the namespace",
          "[04.1][points:1][own]") {
  const auto result = run_with({}, 3, {.student = true});

  HINT(
      "clone3() with CLONE_NEWUTS takes CAP_SYS_ADMIN. If the command ran here "
      "without it, then no namespace was asked for.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(EPERM)));
}

// ---- 04.2: the host name ----

TEST_CASE("04: the container has its own host name", "[04.2][points:2][set]") {
  const auto name = judge::random_name();
  const auto before = judge::Host::now();
  const auto box = start_named({"--hostname", name});

  HINT(
      "The host's name has changed: sethostname() sets the name of the "
      "namespace that its caller is in.");
  CHECK(judge::Host::now().names == before.names);
  HINT("::sethostname() takes the name, and its length in bytes.");
  CHECK(box.becoming().host_name() == name);
}

TEST_CASE("04: a host name has 1 to 64 bytes", "[04.2][points:1][bytes]") {
  check_sizes("--hostname");
}

TEST_CASE("04: a host name is any bytes", "[04.2][points:1][bytes]") {
  check_any_bytes("--hostname");
}

TEST_CASE("04: a host name of 65 bytes is an error",
          "[04.2][points:2][EINVAL][names]") {
  check_too_long("--hostname", kLongest + 1);
}

TEST_CASE("04: so is one of many more", "[04.2][points:1][EINVAL][names]") {
  // In eight bits, this length would be that of a short name.
  check_too_long("--hostname", 0x100 + 8);
}

TEST_CASE("04: with a host name alone, the domain name stays",
          "[04.2][points:1][idle][stays]") {
  const auto domain = judge::random_name();
  const HostDomain of_host(domain);
  const auto box = start_named({"--hostname", judge::random_name()});

  HINT("sethostname() is for the one name, setdomainname() for the other.");
  CHECK(box.becoming().domain_name() == domain);
}

TEST_CASE("04: a host name that may not be set is an error",
          "[04.2][points:1][EPERM]") {
  check_not_allowed("--hostname", SYS_sethostname);
}

// ---- 04.3: the domain name ----

TEST_CASE("04: the container has its own domain name",
          "[04.3][points:2][set]") {
  const HostDomain of_host(judge::random_name());
  const auto name = judge::random_name();
  const auto before = judge::Host::now();
  const auto box = start_named({"--domainname", name});

  CHECK(judge::Host::now().names == before.names);
  HINT(
      "The domain name is the other name of a UTS namespace: "
      "::setdomainname(), with its length as in step 04.2. The container "
      "begins with a copy of the host's, which can be \"(none)\" or not.");
  CHECK(box.command().domain_name() == name);
}

TEST_CASE("04: with a domain name alone, the host name stays",
          "[04.3][points:1][idle][stays]") {
  const auto host = judge::Process(1).host_name();
  const auto box = start_named({"--domainname", judge::random_name()});

  HINT("set_domain_name() has changed the host name.");
  CHECK(box.command().host_name() == host);
}

TEST_CASE("04: both names at once", "[04.3][points:1][set]") {
  const auto host = judge::random_name();
  const auto domain = judge::random_name();
  const auto box = start_named({"--hostname", host, "--domainname", domain});

  CHECK(box.command().host_name() == host);
  CHECK(box.command().domain_name() == domain);
}

TEST_CASE("04: a domain name is any 1 to 64 bytes", "[04.3][points:1][bytes]") {
  check_sizes("--domainname");
  check_any_bytes("--domainname");
}

TEST_CASE("04: a domain name of 65 bytes is an error",
          "[04.3][points:1][EINVAL]") {
  check_too_long("--domainname", kLongest + 1);
}

TEST_CASE("04: a domain name that may not be set is an error",
          "[04.3][points:1][EPERM]") {
  check_not_allowed("--domainname", SYS_setdomainname);
}

// ---- The program as a whole ----

TEST_CASE("04: nothing is left, and the status is the command's", "[given]") {
  const auto before = judge::Host::now();
  const auto status = static_cast<int>(judge::random_number(1, 120));
  const auto box = start_named({"--hostname", judge::random_name(),
                                "--domainname", judge::random_name()});
  (void)box.command();

  CHECK(box.end(status) == exited(status));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("04: a killed program leaves nothing", "[given]") {
  const auto before = judge::Host::now();
  const auto box = start_named({"--hostname", judge::random_name()});
  (void)box.command();

  box.send_signal(SIGKILL);
  CHECK(box.wait().signal == SIGKILL);
  CHECK(judge::Host::settled(before) == before);
}
