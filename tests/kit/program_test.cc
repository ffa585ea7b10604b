#include "lessons/kit/program.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "lessons/kit/guard.h"
#include "lessons/kit/spawn.h"
#include "third_party/catch2.h"

namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    const char* base = std::getenv("TEST_TMPDIR");
    std::string name = std::string(base != nullptr ? base : "/tmp") + "/XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path_); }

  std::string add(const std::string& name, const std::string& text,
                  fs::perms mode = fs::perms::owner_all) {
    const auto file = path_ / name;
    std::ofstream(file) << text;
    fs::permissions(file, mode);
    return file;
  }

  std::string path() const { return path_; }

 private:
  fs::path path_;
};

// The status and the message of a process that tries to become `command`.
std::pair<int, std::string> try_exec(const kit::Command& command) {
  try {
    kit::exec(command);
  } catch (const kit::Exit& exit) {
    return {exit.status(), exit.what()};
  }
}

TEST_CASE("the interpreter of a script stands behind #!") {
  Folder folder;
  CHECK(kit::interpreter_of(folder.add("a", "#!/bin/sh\n")) == "/bin/sh");
  CHECK(kit::interpreter_of(folder.add("b", "#!  /bin/sh -e\nx")) == "/bin/sh");
  CHECK(kit::interpreter_of(folder.add("c", "#!/no/newline")) == "/no/newline");
  CHECK(kit::interpreter_of(folder.add("d", "#!\n")).empty());
  CHECK(kit::interpreter_of(folder.add("e", "#!")).empty());
  CHECK(kit::interpreter_of(folder.add("f", "")).empty());
  CHECK(kit::interpreter_of(folder.add("g", "text")).empty());
}

TEST_CASE("the interpreter of an ELF file is its loader") {
  Folder folder;
  // This test is static (but for the sanitizers'); the shell is not.
#ifndef __SANITIZE_ADDRESS__
  CHECK(kit::interpreter_of("/proc/self/exe").empty());
#endif
  CHECK(kit::interpreter_of("/bin/bash").find("ld-linux") != std::string::npos);
  CHECK(kit::interpreter_of(folder.add("short", "\177ELF")).empty());
  CHECK(kit::interpreter_of(
            folder.add("garbage", "\177ELF" + std::string(200, '\2')))
            .empty());
  CHECK(kit::interpreter_of(
            folder.add("garbage1", "\177ELF" + std::string(200, '\1')))
            .empty());
}

// A copy of the shell with one of its bytes changed: elf(5).
std::string changed_shell(std::size_t at, char byte) {
  std::ifstream file("/bin/bash", std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), {}};
  content[at] = byte;
  return content;
}

TEST_CASE("headers are read as the kernel reads them") {
  Folder folder;
  // Linux does not look at the class, which says 32 bits here, and runs it.
  const auto shell = folder.add("shell", changed_shell(EI_CLASS, ELFCLASS32));
  CHECK(kit::interpreter_of(shell) == kit::interpreter_of("/bin/bash"));
  // Headers at an offset that no file has: it is no program.
  constexpr std::size_t kLastOfOffset = offsetof(Elf64_Ehdr, e_phoff) + 7;
  const auto far = folder.add("far", changed_shell(kLastOfOffset, '\x80'));
  CHECK(kit::interpreter_of(far).empty());
  CHECK(try_exec({far}).first == 126);
}

TEST_CASE("programs are found in PATH") {
  Folder first;
  Folder second;
  ::setenv("PATH", (first.path() + ":" + second.path()).c_str(), 1);
  const auto plain = first.add("tool", "", fs::perms::owner_read);
  CHECK(kit::find_program("tool") == plain);  // Better than nothing.
  const auto tool = second.add("tool", "");
  CHECK(kit::find_program("tool") == tool);
  CHECK(kit::find_program(plain) == plain);
  CHECK_THROWS_AS(kit::find_program("other"), kit::Exit);
  CHECK_THROWS_AS(kit::find_program(""), kit::Exit);
  CHECK_THROWS_AS(kit::find_program("/no/such"), kit::Exit);
}

TEST_CASE("exec() says why it could not, with the shell's statuses") {
  Folder folder;
  const auto missing = try_exec({folder.path() + "/nothing"});
  CHECK(missing.first == 127);

  const auto interpreter = try_exec({folder.add("a", "#!/no/such/thing\n")});
  CHECK(interpreter.first == 127);
  CHECK(interpreter.second.find("/no/such/thing") != std::string::npos);

  const auto second = try_exec({folder.add("e", "#!" + folder.path() + "/a")});
  CHECK(second.first == 127);
  CHECK(second.second.find("/no/such/thing") != std::string::npos);

  CHECK(try_exec({folder.add("b", "no program")}).first == 126);
  CHECK(
      try_exec({folder.add("c", "#!/bin/sh\n", fs::perms::owner_read)}).first ==
      126);
  CHECK(try_exec({folder.path()}).first == 126);
  CHECK(try_exec({folder.add("d", "x") + "/below"}).first == 127);
}

TEST_CASE("exec() becomes the command") {
  CHECK(kit::spawn({}, []() -> int {
          kit::exec({"/bin/sh", "-c", "exit $1", "sh", "9"});
        }).wait() == 9);
}

}  // namespace
