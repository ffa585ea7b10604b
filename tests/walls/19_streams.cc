// Row 19: the standard streams are passed on as they are. From a directory
// among them, ".." would lead out.

#include "tests/walls/attempt.h"

namespace {

using judge::Circumstances;
using judge::exited;
using walls::without;

// A caller whose stream is the root directory of the host. The highest one of
// these says how many descriptors there may be: it leaves enough of them.
Circumstances with_directory(int stream) {
  constexpr int kHighest = 60;
  Circumstances circumstances;
  circumstances.leaked_descriptors = {stream, kHighest};
  return circumstances;
}

judge::Result look_outside(const Circumstances& circumstances) {
  return judge::run({"run", "--root", judge::make_root_directory(), "--",
                     "/probe", "exit", "7"},
                    circumstances);
}

}  // namespace

TEST_CASE("19  held      a directory is no standard stream") {
  for (const int stream : {0, 1}) {
    const auto result = look_outside(with_directory(stream));
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains("standard"));
  }
}

TEST_CASE("19  control   ... passed on, it leads to the host's files") {
  const walls::HostFile secret("of the host");
  const auto result =
      walls::run_shell({}, "cat /proc/self/fd/0/" + secret.path(),
                       without("directories_as_streams", with_directory(0)));
  CHECK(result.output == "of the host");
}
