// Row 17: whoever shares a directory with a root may rename it, or what is in
// it, while a container starts in there. A path that was looked at then leads
// somewhere else.

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <filesystem>
#include <functional>

#include "lessons/kit/check.h"
#include "tests/walls/attempt.h"

namespace {

namespace fs = std::filesystem;
using judge::Call;
using judge::Circumstances;
using judge::exited;
using walls::Options;
using walls::without;

void exchange(const std::string& one, const std::string& other) {
  kit::check(::renameat2(AT_FDCWD, one.c_str(), AT_FDCWD, other.c_str(),
                         RENAME_EXCHANGE),
             "exchange {} and {}", one, other);
}

// Runs the program to its end. When it makes `call` for the first time, it is
// held, and `trick` is done.
judge::Ending run_and(const std::function<void()>& trick, const Call& call,
                      const Options& arguments, Circumstances circumstances) {
  circumstances.held_calls = {call};
  judge::Subject program(arguments, circumstances);
  judge::Deadline deadline;
  bool is_done = false;
  while (!program.ending() && !deadline.passed()) {
    std::vector<pollfd> held = {{program.watch().descriptor(), POLLIN, 0}};
    program.wait(deadline.milliseconds_left(), held);
    if (program.watch().receive() == 0) continue;
    if (!is_done) trick();
    is_done = true;
    program.watch().release();
  }
  REQUIRE(is_done);
  REQUIRE(program.ending());
  return *program.ending();
}

constexpr int kChanges = 9;  // A setting of the host can be opened for writing.

// A container in whose root "proc" and "q" are exchanged at that moment.
judge::Ending exchange_proc(const Call& call,
                            const Circumstances& circumstances) {
  const auto root = judge::make_root_directory();
  fs::copy_file("/bin/busybox", root + "/busybox");
  fs::create_directory(root + "/proc");
  fs::create_directory(root + "/q");
  const auto look = fmt::format(
      "for d in /proc /q; do busybox true >> $d/sys/vm/stat_interval && exit "
      "{}; done; exit 0",
      kChanges);
  return run_and([&] { exchange(root + "/proc", root + "/q"); }, call,
                 {"run", "--root", root, "--", "/busybox", "sh", "-c", look},
                 circumstances);
}

// Before the covers, links are made in /dev. The first cover is a tmpfs.
const Call kBeforeTheCovers{SYS_symlink};
const Call kCover{SYS_fsopen};

// A container whose root is exchanged with `other` when all has been looked at,
// and the init begins: for a keyring of its own.
judge::Ending exchange_root(const std::string& root, const std::string& other,
                            const Circumstances& circumstances) {
  return run_and([&] { exchange(root, other); }, Call{SYS_keyctl},
                 {"run", "--root", root, "--", "/probe", "exit", "7"},
                 circumstances);
}

}  // namespace

TEST_CASE("17  held      covers are put where the kernel's files are") {
  CHECK(exchange_proc(kBeforeTheCovers, {}) == exited(125));
  CHECK(exchange_proc(kCover, {}) == exited(0));
}

TEST_CASE("17  control   ... by their paths, they cover nothing") {
  CHECK(exchange_proc(kBeforeTheCovers, without("covers_by_path")) ==
        exited(kChanges));
}

TEST_CASE("17  held      the root is the directory that was looked at") {
  CHECK(exchange_root(judge::make_root_directory(),
                      judge::make_root_directory(), {}) == exited(125));
}

TEST_CASE("17  control   ... by its path, it is another one") {
  CHECK(exchange_root(judge::make_root_directory(),
                      judge::make_root_directory(),
                      without("root_looked_at_once")) == exited(7));
}
