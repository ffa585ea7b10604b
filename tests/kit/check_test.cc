#include "lessons/kit/check.h"

#include "third_party/catch2.h"

namespace {

TEST_CASE("check() returns what is not an error") {
  CHECK(kit::check(0, "never shown") == 0);
  CHECK(kit::check(42L, "never shown") == 42);
}

TEST_CASE("check() keeps errno and says what was tried") {
  const std::string name = "web";
  try {
    errno = ENOENT;
    kit::check(-1, "open {}", name);
    FAIL("check() must throw");
  } catch (const std::system_error& error) {
    CHECK(error.code() == std::errc::no_such_file_or_directory);
    CHECK(std::string(error.what()) == "open web: No such file or directory");
  }
}

TEST_CASE("advice stands behind the reason") {
  const kit::SystemError error(EBUSY, "remove it", "who uses it?");
  CHECK(std::string(error.what()) ==
        "remove it: Device or resource busy (who uses it?)");
}

}  // namespace
