// Row 08: the default root belongs to one container alone, and ends with it.

#include <fcntl.h>
#include <sys/statvfs.h>

#include <filesystem>

#include "tests/walls/attempt.h"

namespace {

using judge::exited;
using walls::run_shell;
using walls::without;

const std::string kSpoil =
    "cp /bin/busybox /left && chmod 4755 /left && echo spoilt > /spoilt && "
    "mv /spoilt /bin/busybox";
const std::string kLook = "test ! -e /left && busybox true";

struct Room {
  fsblkcnt_t blocks = 0;
  fsfilcnt_t files = 0;
};

// What is left of the host's file system, which the guest's "/" is.
Room room() {
  struct statvfs now {};
  REQUIRE(::statvfs("/", &now) == 0);
  return {now.f_bfree, now.f_ffree};
}

// Starts a container that makes files, waits until it has done so, and returns
// how many of the host's there are more now.
long files_of_host(const judge::Circumstances& circumstances,
                   const std::function<void(judge::Subject&)>& meanwhile) {
  const auto before = room();
  judge::Subject program(
      {"run", "--", "sh", "-c",
       "for i in $(seq 200); do : > /f$i; done; echo done; sleep 100"},
      circumstances);
  REQUIRE(judge::becomes_true(program, [&] {
    return program.output().find("done") != std::string::npos;
  }));
  const auto after = room();
  meanwhile(program);
  return static_cast<long>(before.files) - static_cast<long>(after.files);
}

// The root of a program's command, which is process 2 of its container.
std::optional<judge::FileId> root_of_command(const judge::Subject& program) {
  for (const auto& child : judge::descendants_of(program.pid())) {
    const judge::Process process(child.pid);
    if (process.status("NSpid").ends_with("\t2")) return process.root();
  }
  return std::nullopt;
}

bool is_of_host(const std::optional<judge::FileId>& file) {
  return file && file->device == judge::file_id(AT_FDCWD, "/judge")->device;
}

}  // namespace

TEST_CASE("08  held      what one container leaves, the next does not find") {
  CHECK(run_shell({}, kSpoil).ending == exited(0));
  CHECK(run_shell({}, kLook).ending == exited(0));
}

TEST_CASE("08  control   ... where they share a root, it does") {
  const auto shared = without("root_shared");
  CHECK(run_shell({}, kSpoil, shared).ending == exited(0));
  CHECK(run_shell({}, kLook, shared).ending != exited(0));
}

TEST_CASE("08  held      files are none of the host's, at the same time too") {
  std::optional<judge::FileId> first, second;
  long meanwhile = 0;
  const auto files = files_of_host({}, [&](judge::Subject& program) {
    first = root_of_command(program);
    meanwhile = files_of_host(
        {}, [&](judge::Subject& other) { second = root_of_command(other); });
  });
  CHECK(files < 50);
  CHECK(meanwhile < 50);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->device != second->device);
  CHECK_FALSE(is_of_host(first));
}

TEST_CASE("08  control   ... where the root is a folder, they are") {
  std::optional<judge::FileId> root;
  const auto files = files_of_host(
      without("root_shared"),
      [&](judge::Subject& program) { root = root_of_command(program); });
  CHECK(files >= 200);
  CHECK(is_of_host(root));
}

TEST_CASE("08  held      nothing of it is left afterwards") {
  (void)run_shell({}, "true");
  const auto before = room();
  for (int i = 0; i < 2; ++i) {
    (void)run_shell({}, "dd if=/dev/zero of=/big bs=1M count=20");
  }
  const auto after = room();
  CHECK(after.files == before.files);
  CHECK(after.blocks + 256 > before.blocks);  // A mebibyte for the judge.
}

TEST_CASE("08  control   ... where the root is a folder, it is") {
  const auto before = room();
  (void)run_shell({}, "dd if=/dev/zero of=/big bs=1M count=20",
                  without("root_shared"));
  CHECK(room().blocks + 256 < before.blocks);
}
