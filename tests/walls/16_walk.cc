// No process that the container can see holds anything of the host: walk.h.

#include "tests/walls/attempt.h"
#include "tests/walls/walk.h"

namespace {

using walls::Mode;

std::string walk(const Mode& mode, const judge::Circumstances& more = {}) {
  auto circumstances = more;
  circumstances.variables = {"SECRET=of-the-caller"};
  const auto box = walls::start(mode.options(""), circumstances);
  return walls::text_of(walls::walk(box, mode));
}

}  // namespace

// Lesson 14's own cases walk through modes that have more than one of these.
TEST_CASE("16  held      nothing of the host in the default container") {
  CHECK(walk({}) == "");
}
TEST_CASE("16  held      ... with --network bridge") {
  CHECK(walk({.network = "bridge"}) == "");
}
TEST_CASE("16  held      ... with --network host, but for that network") {
  CHECK(walk({.network = "host"}) == "");
}
TEST_CASE("16  held      ... with --userns auto") {
  CHECK(walk({.own_users = true}) == "");
}
TEST_CASE("16  held      ... with --user 1000") {
  CHECK(walk({.user = "1000"}) == "");
}
TEST_CASE("16  held      ... with --read-only") {
  CHECK(walk({.read_only = true}) == "");
}
TEST_CASE(
    "16  held      ... with seccomp=unconfined, but for keys unfiltered") {
  CHECK(walk({.rights = "unconfined"}) == "");
}
TEST_CASE("16  held      ... with --cap-add SYS_PTRACE") {
  CHECK(walk({.rights = "SYS_PTRACE"}) == "");
}
TEST_CASE("16  held      ... with --privileged, but for its rights") {
  CHECK(walk({.rights = "privileged"}) == "");
}

TEST_CASE("16  control   an init that is left open is found from inside") {
  const auto found = walk({}, walls::without("init_open"));
  for (const auto* what : {"1 fd/3", "1 environ", "1 exe", "1 cwd"}) {
    CHECK_THAT(found, judge::contains(std::string("from inside: ") + what));
  }
  CHECK_THAT(found, judge::contains("can be looked into"));
}
TEST_CASE("16  control   its descriptors are found from outside, too") {
  CHECK_THAT(walk({}, walls::without("init_open")),
             judge::contains("process 1: fd/"));
}
TEST_CASE("16  control   words that it keeps are found from outside") {
  CHECK_THAT(walk({}, walls::without("words_kept")),
             judge::contains("process 1: environ: "));
}
TEST_CASE("16  control   an init with all its rights is found") {
  CHECK_THAT(walk({}, walls::without("init_unconfined")),
             judge::contains("process 1: CapEff: 000001ff"));
}
TEST_CASE("16  control   a limit of the caller's is found") {
  CHECK_THAT(walk({}, walls::without("core_dumps")),
             judge::contains("limits: Max core"));
}
TEST_CASE("16  control   a session of the caller's is found") {
  CHECK_THAT(walk({}, walls::without("terminal_shared")),
             judge::contains("process 1: session: "));
}
TEST_CASE("16  control   a program that the host has is found") {
  CHECK_THAT(walk({.rights = "SYS_PTRACE"}, walls::without("no_sealed_copy")),
             judge::contains("exe: the host's file"));
}
