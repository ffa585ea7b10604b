// The judge: what a lesson's tests are written with. They run inside the lab
// machine, as root, beside the program that they judge, and ask the kernel, not
// the program, what has happened.
//
//   TEST_CASE("04: the container has its own host name", "[04.1][points:2]") {
//     const auto name = judge::random_name();
//     const auto before = judge::Host::now();
//
//     const auto box = judge::start({"--hostname", name});
//
//     HINT("sethostname() changes the name of the namespace that its caller "
//          "is in. Was it called in the child?");
//     CHECK(judge::Host::now().names == before.names);
//     ...
//   }
//
// A case's tags are the step that it is about and its points. A case that
// checks what is given, and not a learner's step, has the tag [given] instead.
//
// Put a HINT before a check: it belongs to the next check alone, and the reader
// sees it if that fails. Say what the likely mistake is, kindly; the kernel's
// answer and the program's own words are shown anyway.
//
// Not for what a program prints: compare kernel state. Only error messages are
// judged by their text, and then only for what they must name.

#pragma once

#include "tests/judge/box.h"
#include "tests/judge/cable.h"
#include "tests/judge/cgroup.h"
#include "tests/judge/connection.h"
#include "tests/judge/frame.h"
#include "tests/judge/guest.h"
#include "tests/judge/host.h"
#include "tests/judge/network.h"
#include "tests/judge/network_events.h"
#include "tests/judge/process.h"
#include "tests/judge/random.h"
#include "third_party/catch2.h"

#define HINT(...) UNSCOPED_INFO(__VA_ARGS__)

namespace judge {

// For CHECK_THAT(text, judge::contains(part)), in both versions of Catch2.
inline auto contains(const std::string& part) {
#if KIT_CATCH2_VERSION == 2
  return Catch::Contains(part);
#else
  return Catch::Matchers::ContainsSubstring(part);
#endif
}

}  // namespace judge
