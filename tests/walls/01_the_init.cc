// Rows 01 to 04: process 1 is the runtime itself, and the container can see it.

#include <fmt/format.h>
#include <sys/syscall.h>

#include "tests/walls/attempt.h"

namespace {

using judge::Circumstances;
using walls::without;

const std::string kProgram = "/job/14_container";

Circumstances with_secret(const std::string& secret) {
  Circumstances circumstances;
  circumstances.variables = {"SECRET=" + secret};
  return circumstances;
}

bool tells(const std::string& text, const std::string& secret) {
  return text.find(secret) != std::string::npos;
}

// Puts a program back as it was after somebody has changed it.
void repair(const std::string& program, const walls::State& before) {
  REQUIRE(::chown(program.c_str(), before.owner, before.owner) == 0);
  REQUIRE(::chmod(program.c_str(), before.mode) == 0);
}

// Does the kernel let the container look into its init? get_robust_list(2) asks
// what ptrace(2) asks, and Yama, which guards the judge, has no say in it.
bool looks_into_init(const judge::Box& box) {
  const auto room = std::string(16, '/');
  return box.ask(fmt::format("call {} 1 {} {}", SYS_get_robust_list, room,
                             room)) == "ok 0";
}

}  // namespace

TEST_CASE("01  held      the init's descriptors lead nowhere") {
  for (const auto& options : std::vector<walls::Options>{
           {}, {"--read-only", "--network", "bridge"}, {"--privileged"}}) {
    const auto box = walls::start(options);
    CHECK_FALSE(walls::descriptors_lead_out(box));
    CHECK(walls::init_of(box).descriptors_beside(box.command().pid()).empty());
  }
}

TEST_CASE("01  control   ... where the init is left open, they lead out") {
  const auto box = walls::start({}, without("init_open"));
  CHECK(walls::descriptors_lead_out(box));
}

TEST_CASE("02  held      the caller's environment is nowhere inside") {
  const auto secret = judge::random_name();
  const auto box = walls::start({}, with_secret(secret));
  CHECK_FALSE(tells(box.ask("read /proc/1/environ"), secret));
  for (const pid_t pid : {walls::init_of(box).pid(), box.command().pid()}) {
    CHECK_FALSE(tells(judge::Process(pid).file("environ"), secret));
    CHECK_FALSE(tells(judge::Process(pid).file("cmdline"), secret));
  }
}

TEST_CASE("02  held      ... by each of two walls alone") {
  const auto secret = judge::random_name();
  for (const auto* wall : {"init_dumpable", "words_kept"}) {
    const auto box = walls::start({}, without(wall, with_secret(secret)));
    CHECK_FALSE(tells(box.ask("read /proc/1/environ"), secret));
  }
}

TEST_CASE("02  control   ... where both are off, the container reads it") {
  const auto secret = judge::random_name();
  const auto box = walls::start(
      {}, without("words_kept_and_init_dumpable", with_secret(secret)));
  CHECK(tells(box.ask("read /proc/1/environ"), secret));
}

TEST_CASE("03  held      the runtime's own file cannot be changed") {
  const auto before = walls::state_of(kProgram);
  const auto box = walls::start({});
  walls::change_program(box);
  CHECK(walls::state_of(kProgram) == before);
}

TEST_CASE("03  control   ... where the init can be looked into, it can") {
  const auto circumstances = without("init_dumpable");
  const auto before = walls::state_of(circumstances.program);
  const auto box = walls::start({}, circumstances);
  walls::change_program(box);
  const auto after = walls::state_of(circumstances.program);
  CHECK(after.mode != before.mode);
  CHECK(after.owner == 77);
  CHECK(after.changed != before.changed);
  repair(circumstances.program, before);
}

TEST_CASE("03  held      ... not even by one who may trace it") {
  const auto before = walls::state_of(kProgram);
  for (const auto& options : std::vector<walls::Options>{
           {"--cap-add", "SYS_PTRACE"}, {"--privileged"}}) {
    const auto box = walls::start(options);
    CHECK(looks_into_init(box));
    walls::change_program(box);
    CHECK(walls::state_of(kProgram) == before);
  }
}

TEST_CASE("03  control   ... who can, if it runs from that file") {
  const auto circumstances = without("no_sealed_copy");
  const auto before = walls::state_of(circumstances.program);
  const auto box = walls::start({"--cap-add", "SYS_PTRACE"}, circumstances);
  walls::change_program(box);
  CHECK(walls::state_of(circumstances.program).mode != before.mode);
  repair(circumstances.program, before);
}

TEST_CASE("04  held      the init cannot be traced") {
  const auto box = walls::start({});
  CHECK_FALSE(looks_into_init(box));
  CHECK_FALSE(walls::init_of(box).can_be_looked_into());
}

TEST_CASE("04  control   ... by one who has CAP_SYS_PTRACE, it can") {
  CHECK(looks_into_init(walls::start({"--cap-add", "SYS_PTRACE"})));
}

TEST_CASE("04  control   ... where it is dumpable, by anybody") {
  CHECK(looks_into_init(walls::start({}, without("init_dumpable"))));
}

TEST_CASE("04  held      who traced it, would win CAP_KILL") {
  const auto box = walls::start({"--cap-add", "SYS_PTRACE"});
  const auto init = walls::init_of(box);
  for (const auto* set : {"CapPrm", "CapEff"}) {
    CHECK(init.status(set) == "0000000000000020");
  }
  for (const auto* set : {"CapBnd", "CapInh", "CapAmb"}) {
    CHECK(init.status(set) == "0000000000000000");
  }
  CHECK(init.status("Seccomp") == "2");
  CHECK(init.status("NoNewPrivs") == "1");
}

TEST_CASE("04  control   ... where it keeps all, everything") {
  const auto init =
      walls::init_of(walls::start({}, without("init_unconfined")));
  CHECK(init.status("CapEff") == "000001ffffffffff");
  CHECK(init.status("CapBnd") == "000001ffffffffff");
  CHECK(init.status("Seccomp") == "0");
  CHECK(init.status("NoNewPrivs") == "0");
}
