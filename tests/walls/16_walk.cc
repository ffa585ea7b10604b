// No process that the container can see holds anything of the host: walk.h.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <csignal>

#include "tests/walls/walk.h"

namespace {

using walls::Mode;

std::string text(const std::vector<std::string>& found) {
  return fmt::format("{}", fmt::join(found, "\n"));
}

std::string walk(const Mode& mode, const judge::Circumstances& more = {}) {
  auto circumstances = more;
  circumstances.variables = {"SECRET=of-the-caller"};
  const auto box = walls::start(mode.options, circumstances);
  return text(walls::walk(box, mode));
}

const std::set<std::string> kNetworkOfHost = {"cgroup", "ipc", "mnt", "pid",
                                              "uts"};
const std::set<std::string> kUsers = {"cgroup", "ipc",  "mnt", "net",
                                      "pid",    "user", "uts"};
const std::string kAll = "000001ffffffffff";

}  // namespace

TEST_CASE("16  held      nothing of the host in the default container") {
  CHECK(walk({.options = {}}) == "");
}
TEST_CASE("16  held      ... with --network bridge") {
  CHECK(walk({.options = {"--network", "bridge"}}) == "");
}
TEST_CASE("16  held      ... with --network host, but for that network") {
  CHECK(walk({.options = {"--network", "host"},
              .why = "the network is the host's, as asked for",
              .namespaces = kNetworkOfHost}) == "");
}
TEST_CASE("16  held      ... with --userns auto") {
  CHECK(walk({.options = {"--userns", "auto"}, .namespaces = kUsers}) == "");
}
TEST_CASE("16  held      ... with --user 1000") {
  CHECK(walk({.options = {"--user", "1000"},
              .capabilities = "0000000000000000",
              .home = "/"}) == "");
}
TEST_CASE("16  held      ... with --read-only") {
  CHECK(walk({.options = {"--read-only"}}) == "");
}
TEST_CASE(
    "16  held      ... with seccomp=unconfined, but for keys unfiltered") {
  CHECK(walk({.options = {"--security-opt", "seccomp=unconfined"}}) == "");
}
TEST_CASE("16  held      ... with --cap-add SYS_PTRACE") {
  CHECK(walk({.options = {"--cap-add", "SYS_PTRACE"},
              .why = "the init is to be seen, and there is nothing in it",
              .capabilities = "00000000a80c25fb",
              .bounding = "00000000a80c25fb",
              .may_trace = true}) == "");
}
TEST_CASE("16  held      ... with --privileged, but for its rights") {
  CHECK(walk({.options = {"--privileged"},
              .why = "it has all capabilities and system calls, as asked for",
              .capabilities = kAll,
              .bounding = kAll,
              .filters = 0,
              .no_new_privileges = "0",
              .may_trace = true}) == "");
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
  CHECK_THAT(walk({.options = {"--cap-add", "SYS_PTRACE"}, .may_trace = true},
                  walls::without("no_sealed_copy")),
             judge::contains("exe: the host's file"));
}
