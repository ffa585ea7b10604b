// Archives that travel into the guest.

#include "vm/archive.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "third_party/catch2.h"

namespace {

namespace fs = std::filesystem;

// A directory of its own, removed with this object.
class Scratch {
 public:
  Scratch() {
    const char* base = std::getenv("TEST_TMPDIR");
    std::string name =
        std::string(base != nullptr ? base : "/tmp") + "/cpio-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Scratch() { fs::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

}  // namespace

TEST_CASE("what is packed comes out again") {
  const Scratch scratch;
  const std::string bytes("a\0b\n", 4);
  lab::unpack_archive(lab::write_archive({{"d", S_IFDIR | 0711, ""},
                                          {"d/file", S_IFREG | 0640, bytes},
                                          {"d/link", S_IFLNK | 0777, "file"},
                                          {"deep/down/x", S_IFREG | 0755, ""}}),
                      scratch.path());
  CHECK(content(scratch.path() + "/d/file") == bytes);
  CHECK(fs::read_symlink(scratch.path() + "/d/link") == "file");
  CHECK(fs::exists(scratch.path() + "/deep/down/x"));
  struct stat status {};
  REQUIRE(::stat((scratch.path() + "/d/file").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0640);
}

TEST_CASE("the same entries give the same bytes") {
  const std::vector<lab::ArchiveEntry> entries = {{"x", S_IFREG | 0644, "y"}};
  CHECK(lab::write_archive(entries) == lab::write_archive(entries));
}

TEST_CASE("a damaged archive is an error") {
  const Scratch scratch;
  const auto archive = lab::write_archive({{"x", S_IFREG | 0644, "content"}});
  for (const auto size :
       {std::size_t{0}, std::size_t{50}, std::size_t{113}, std::size_t{118}}) {
    CHECK_THROWS_AS(
        lab::unpack_archive(archive.substr(0, size), scratch.path()),
        std::runtime_error);
  }
  auto wrong = archive;
  wrong[54] = 'z';  // In the size of the content.
  CHECK_THROWS_AS(lab::unpack_archive(wrong, scratch.path()),
                  std::runtime_error);
}

TEST_CASE("nothing leaves the directory") {
  const Scratch scratch;
  for (const auto* name : {"../out", "/out", "a/../../out", ""}) {
    INFO(name);
    CHECK_THROWS_AS(
        lab::unpack_archive(lab::write_archive({{name, S_IFREG | 0644, "x"}}),
                            scratch.path() + "/below"),
        std::runtime_error);
  }
  CHECK_FALSE(fs::exists(scratch.path() + "/out"));
}
