// Judges lesson 00: lessons/00_chroot/chroot.h is the contract.
//
// In this lesson the program becomes its command: one process from the start to
// the end. So the same process shows what the steps have made, whether it waits
// at an unwritten step or the command runs in it.

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/judge/judge.h"

namespace {

using judge::exited;

// Makes a file in a root directory, with a mode.
void make_file(const std::string& path, const std::string& content,
               std::filesystem::perms mode) {
  std::ofstream(path) << content;
  std::filesystem::permissions(path, mode);
}

constexpr auto kExecutable = static_cast<std::filesystem::perms>(0755);
constexpr auto kPlain = static_cast<std::filesystem::perms>(0644);

// A program that needs `loader`, and has nothing else in it.
std::string dynamic_program(const std::string& loader) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;

  Elf64_Phdr interpreter{};
  interpreter.p_type = PT_INTERP;
  interpreter.p_offset = sizeof header + sizeof interpreter;
  interpreter.p_filesz = loader.size() + 1;  // With its '\0'.
  interpreter.p_memsz = interpreter.p_filesz;
  interpreter.p_flags = PF_R;

  std::string program(sizeof header + sizeof interpreter, '\0');
  std::memcpy(program.data(), &header, sizeof header);
  std::memcpy(program.data() + sizeof header, &interpreter, sizeof interpreter);
  return program + loader + '\0';
}

}  // namespace

// ---- What is given ---------------------------------------------------------

TEST_CASE("00: an unwritten step ends the program with 75", "[given]") {
  const auto root = judge::make_root_directory();
  const auto result = judge::run({"--root", root, "--", "/probe", "exit", "0"},
                                 {.hold_at_todo = false});

  if (result.ending != exited(75)) {
    SUCCEED("All steps are written.");
    return;
  }
  HINT("A skeleton says which step is next, and nothing else.");
  CHECK(result.is_one_line());
}

TEST_CASE("00: options that are wrong are errors", "[given]") {
  for (const auto& options : std::vector<std::vector<std::string>>{
           {"--no-such-option"}, {"--root"}, {"--root", "/", "--root", "/"}}) {
    const auto result = judge::run(options);
    CHECK(result.ending == exited(125));
    CHECK(result.is_one_line());
  }
  CHECK(judge::run({"--help"}).ending == exited(0));
}

// ---- 00.1: the root --------------------------------------------------------

TEST_CASE("00: the root directory is the one that was asked for",
          "[00.1][points:1]") {
  const auto box = judge::start({});

  HINT(
      "The root is still the host's. Is ::chroot() called, with the "
      "directory that enter_root() was given?");
  CHECK(box.prepared().root == box.root());
}

TEST_CASE("00: the working directory is inside the root", "[00.1][points:2]") {
  const auto box = judge::start({});

  HINT(
      "chroot(2) changes where \"/\" is, and leaves the working directory "
      "where it was: outside, where relative paths still reach the host's "
      "files. A ::chdir() to the new root brings it in.");
  CHECK(box.prepared().working_directory == box.root());
}

TEST_CASE("00: a root that is not there is an error", "[00.1][points:1]") {
  const auto missing = "/judge/roots/" + judge::random_name();
  // The probe is at this path in the host. It must not run there.
  const auto result =
      judge::run({"--root", missing, "--", judge::guest().probe(), "exit",
                  std::to_string(judge::random_number(1, 70))});

  HINT(
      "If chroot() fails, the process still is in the host's root, and the "
      "command then runs there, with all of the host in reach. check() "
      "turns the -1 into an exception.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  HINT("The message must name the root, and say ENOENT's text.");
  CHECK_THAT(result.errors, judge::contains(missing));
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENOENT)));
}

TEST_CASE("00: a root that is a file is an error", "[00.1][points:1]") {
  const auto file = judge::make_root_directory() + "/probe";
  const auto result =
      judge::run({"--root", file, "--", judge::guest().probe(), "exit", "3"});

  HINT(
      "If chroot() fails, the command must not run: it would run in the "
      "host's own root.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(file));
  CHECK_THAT(result.errors, judge::contains(std::strerror(ENOTDIR)));
}

TEST_CASE("00: an ordinary user may not change the root", "[00.1][points:1]") {
  const auto root = judge::make_root_directory();
  const auto result =
      judge::run({"--root", root, "--", judge::guest().probe(), "exit", "3"},
                 {.student = true});

  HINT(
      "Without CAP_SYS_CHROOT chroot() fails with EPERM. That must end the "
      "program, before the command runs in the host's own root.");
  CHECK(result.ending == exited(125));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(std::strerror(EPERM)));
}

// ---- 00.2: descriptors -----------------------------------------------------

TEST_CASE("00: no descriptor of the outside gets in", "[00.2][points:2]") {
  const auto low = static_cast<int>(judge::random_number(3, 60));
  const auto high = static_cast<int>(judge::random_number(1100, 4000));
  judge::How how;
  how.circumstances.leaked_descriptors = {low, high};
  const auto box = judge::start({}, how);

  auto leaked = box.prepared().kept_descriptors;
  for (const int fd : {0, 1, 2}) leaked.erase(fd);
  HINT(
      "The caller had left directories of the outside open, and the command "
      "still has them: fchdir() to one of them is a way out of the root. "
      "close_range(2) takes all descriptors from 3 on, however high.");
  CHECK(leaked.empty());
}

TEST_CASE("00: standard input, output and error stay",
          "[00.2][points:1][idle]") {
  const auto box = judge::start({});
  const auto kept = box.prepared().kept_descriptors;

  for (const int fd : {0, 1, 2}) {
    HINT("Descriptor " << fd
                       << " is closed for the command. The first three are the "
                          "command's own: only those from 3 on go.");
    CHECK(kept.contains(fd));
  }
}

// ---- 00.3: the command -----------------------------------------------------

TEST_CASE("00: the command runs, and its status is the program's",
          "[00.3][points:1][idle]") {
  const auto root = judge::make_root_directory();
  const auto status = static_cast<int>(judge::random_number(1, 60));
  const auto result = judge::run(
      {"--root", root, "--", "/probe", "exit", std::to_string(status)});

  HINT(
      "execve() takes the path of the program, and then the whole command: its "
      "first word as argv[0], every argument as it is, and a null pointer as "
      "the end.");
  CHECK(result.ending == exited(status));
}

TEST_CASE("00: a link to a directory is a root, too",
          "[00.3][points:1][idle]") {
  const auto target = judge::make_root_directory();
  const auto link = "/judge/roots/" + judge::random_name();
  std::filesystem::create_directory_symlink(target, link);
  const auto status = static_cast<int>(judge::random_number(1, 70));

  const auto result = judge::run(
      {"--root", link, "--", "/probe", "exit", std::to_string(status)});
  CHECK(result.ending == exited(status));
}

TEST_CASE("00: the process becomes the command", "[00.3][points:2]") {
  const auto before = judge::Host::now();
  const auto box = judge::start({});

  HINT(
      "The program's process must become the command: execve(2) replaces it. A "
      "child that is forked for it leaves the program in between.");
  REQUIRE(box.command().pid() == box.program().pid());
  CHECK(box.command().root() == box.root());
  HINT(
      "The kernel's word for a working directory outside the root is "
      "\"(unreachable)\".");
  CHECK(box.get("cwd") == "/");

  const auto status = static_cast<int>(judge::random_number(1, 120));
  CHECK(box.end(status) == exited(status));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("00: the command gets its arguments and the environment",
          "[00.3][points:1]") {
  const auto word = judge::random_name();
  judge::How how;
  how.probe = {"serve", "two words", "", "--root", "-x", word};
  how.circumstances.variables = {"KIT_WORD=" + word};
  const auto box = judge::start({}, how);

  std::string expected = "/probe";
  for (const auto& argument : how.probe) expected += "|" + argument;
  auto found = box.command().file("cmdline");
  if (!found.empty()) found.pop_back();
  std::replace(found.begin(), found.end(), '\0', '|');
  HINT(
      "execve() takes the whole command: the program's name as argv[0], then "
      "every argument as it is, and a null pointer as the end.");
  CHECK(found == expected);

  HINT("The third argument of execve() is the environment: ::environ.");
  CHECK_THAT(box.command().file("environ"),
             judge::contains("KIT_WORD=" + word));
}

TEST_CASE("00: a command without a slash is looked for in PATH, in the root",
          "[00.3][points:1]") {
  const auto root = judge::make_root_directory();
  const auto name = judge::random_name();
  std::filesystem::create_directories(root + "/usr/bin");
  std::filesystem::copy_file(root + "/probe", root + "/usr/bin/" + name);
  const auto status = static_cast<int>(judge::random_number(1, 120));
  const auto result =
      judge::run({"--root", root, "--", name, "exit", std::to_string(status)});

  HINT(
      "execve() wants a path. kit::find_program() makes one of a name, as a "
      "shell does.");
  CHECK(result.ending == exited(status));
}

TEST_CASE("00: the command can write and be killed", "[00.3][points:1][idle]") {
  const auto root = judge::make_root_directory();
  const auto text = judge::random_name();
  const auto printed =
      judge::run({"--root", root, "--", "/probe", "print", text});
  CHECK(printed.ending == exited(0));
  CHECK(printed.output == text + "\n");

  // The program has become the command, so the signal ends the program. One
  // that forked would have to say the same by 128+N.
  const auto killed = judge::run(
      {"--root", root, "--", "/probe", "kill", std::to_string(SIGTERM)});
  CHECK((killed.ending.signal == SIGTERM ||
         killed.ending == exited(128 + SIGTERM)));
}

TEST_CASE("00: a command that is not there ends with 127", "[00.3][points:1]") {
  const auto root = judge::make_root_directory();
  const auto missing = "/" + judge::random_name();
  const auto result = judge::run({"--root", root, "--", missing});

  HINT(
      "127 is what shells say, and scripts ask for, when a command is not "
      "found: kit::find_program() throws it.");
  CHECK(result.ending == exited(127));
  CHECK(result.is_one_line());
  CHECK_THAT(result.errors, judge::contains(missing));
}

TEST_CASE("00: a program whose loader is missing ends with 127",
          "[00.3][points:2]") {
  const auto root = judge::make_root_directory();
  const auto loader = "/lib64/" + judge::random_name() + ".so";
  make_file(root + "/dynamic", dynamic_program(loader), kExecutable);
  const auto result = judge::run({"--root", root, "--", "/dynamic"});

  HINT(
      "The program is there, and execve() still says ENOENT: what is missing "
      "is the dynamic loader that it names. Status 127, then.");
  CHECK(result.ending == exited(127));
  CHECK(result.is_one_line());
  HINT(
      "Whoever reads \"not found\" about a file that is there is puzzled: the "
      "message must name the loader. kit::interpreter_of() finds it.");
  CHECK_THAT(result.errors, judge::contains(loader));

  const auto script_loader = "/bin/" + judge::random_name();
  make_file(root + "/script", "#!" + script_loader + "\n", kExecutable);
  const auto script = judge::run({"--root", root, "--", "/script"});
  CHECK(script.ending == exited(127));
  CHECK_THAT(script.errors, judge::contains(script_loader));
}

TEST_CASE("00: a file that cannot be executed ends with 126",
          "[00.3][points:1]") {
  const auto root = judge::make_root_directory();
  make_file(root + "/plain", "text\n", kPlain);
  make_file(root + "/garbage", judge::random_name() + "\n", kExecutable);

  for (const std::string command : {"/plain", "/garbage", "/etc"}) {
    const auto result = judge::run({"--root", root, "--", command});
    HINT(
        "What is there and cannot be run is 126: only ENOENT is 127. And errno "
        "must be kept at once, before another call changes it.");
    CHECK(result.ending == exited(126));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(command));
  }
}

TEST_CASE("00: the default root has a shell", "[00.3][points:1][idle]") {
  const auto before = judge::Host::now();
  const auto status = std::to_string(judge::random_number(1, 70));
  const auto result = judge::run({"--", "sh", "-c", "exit " + status});
  CHECK(result.ending == exited(std::stoi(status)));
  CHECK(judge::Host::settled(before) == before);
}

TEST_CASE("00: root gets out of a chroot: lesson 01 ends that", "[given]") {
  const auto box = judge::start({});
  REQUIRE(box.get("escape").empty());
  CHECK(box.command().root() == judge::file_id(judge::guest().root(), "."));
}
