// 07_caps_halfway: gives up capabilities in one way only, says what it still
// may do, and becomes a command.
//
//   07_caps_halfway permitted|bounding|user|keep COMMAND [ARG]...
//
//   permitted   empties the permitted and the effective set
//   bounding    empties the bounding set
//   user        becomes the user 1000
//   keep        the same with PR_SET_KEEPCAPS

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <string_view>

#include "lessons/kit/check.h"
#include "lessons/kit/file.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/program.h"

using kit::check;

namespace {

void give_up(std::string_view what) {
  if (what == "permitted") {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct nothing[2] = {};
    check(::syscall(SYS_capset, &header, nothing), "set the capabilities");
  } else if (what == "bounding") {
    for (int each = 0; ::prctl(PR_CAPBSET_READ, each) != -1; ++each) {
      check(::prctl(PR_CAPBSET_DROP, each), "drop capability {}", each);
    }
  } else if (what == "user" || what == "keep") {
    check(::prctl(PR_SET_KEEPCAPS, what == "keep" ? 1 : 0), "keep or not");
    check(::setresuid(1000, 1000, 1000), "become the user 1000");
  } else {
    kit::fail("give up what? permitted, bounding, user or keep");
  }
}

// Prints the two lines of /proc/self/status that matter here.
void say_what_is_left() {
  const std::string status = kit::read_file("/proc/self/status");
  for (const char* set : {"CapPrm", "CapEff"}) {
    const auto at = status.find(set);
    const std::string line = status.substr(at, status.find('\n', at) - at);
    fmt::print("before {}\n", line);
  }
  (void)std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&]() -> int {
    if (argc < 3) kit::fail("usage: 07_caps_halfway WHAT COMMAND [ARG]...");
    give_up(argv[1]);
    say_what_is_left();
    kit::exec({argv + 2, argv + argc});
  });
}
