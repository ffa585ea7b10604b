#include "lessons/kit/unique_fd.h"

#include <fcntl.h>

#include "third_party/catch2.h"

namespace {

using kit::UniqueFd;

int open_null() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool is_open(int fd) { return ::fcntl(fd, F_GETFD) != -1; }

TEST_CASE("a descriptor is closed when its owner goes") {
  const int fd = open_null();
  {
    const UniqueFd owner{fd};
    CHECK(owner.get() == fd);
    CHECK(owner);
  }
  CHECK_FALSE(is_open(fd));
}

TEST_CASE("moving leaves one owner") {
  UniqueFd first{open_null()};
  const int fd = first.get();
  UniqueFd second{std::move(first)};
  CHECK_FALSE(first);  // NOLINT(bugprone-use-after-move): that is the point.
  CHECK(second.get() == fd);

  UniqueFd third{open_null()};
  const int closed = third.get();
  third = std::move(second);
  CHECK(third.get() == fd);
  CHECK(is_open(fd));
  CHECK_FALSE(is_open(closed));
}

TEST_CASE("moving to itself changes nothing") {
  UniqueFd owner{open_null()};
  const int fd = owner.get();
  UniqueFd& same = owner;
  owner = std::move(same);
  CHECK(owner.get() == fd);
  CHECK(is_open(fd));
}

TEST_CASE("a released descriptor stays open") {
  UniqueFd owner{open_null()};
  const int fd = owner.release();
  CHECK_FALSE(owner);
  CHECK(is_open(fd));
  owner.reset(fd);
  owner.reset();
  CHECK_FALSE(is_open(fd));
}

}  // namespace
