// Judges lesson 04: each system call of its program fails, once.

#include "tests/judge/every_call.h"

#include <sys/syscall.h>

#include "tests/judge/judge.h"

namespace {

using judge::Line;
using judge::MadeCall;

judge::EveryCall every_call() {
  const auto name = judge::random_name();
  return judge::EveryCall(
      {.options = {"--hostname", name, "--domainname", name},
       .with_root = false});
}

bool sets_host_name(const MadeCall& call) { return call.is({SYS_sethostname}); }
bool sets_domain_name(const MadeCall& call) {
  return call.is({SYS_setdomainname});
}
bool is_given(const MadeCall& call) {
  return !sets_host_name(call) && !sets_domain_name(call);
}

constexpr char kCheck[] =
    "Each of these calls has failed once, and the command must not run then: "
    "check() turns the -1 into an exception.";

}  // namespace

TEST_CASE("04: every call that is given fails once", "[given]") {
  CHECK(every_call().complaints(is_given, Line::kAny) == "");
}

TEST_CASE("04: every call of the host name fails once",
          "[04.2][points:1][idle][EPERM]") {
  HINT(kCheck);
  CHECK(every_call().complaints(sets_host_name, Line::kSaysError) == "");
}

TEST_CASE("04: every call of the domain name fails once",
          "[04.3][points:1][idle][EPERM]") {
  HINT(kCheck);
  CHECK(every_call().complaints(sets_domain_name, Line::kSaysError) == "");
}
