// Judges lesson 00, step 00.3: the command.

#include <elf.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "tests/judge/given.h"

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

// The words of a process's command, with a '|' between them.
std::string words_of(const judge::Process& process) {
  auto words = process.file("cmdline");
  if (!words.empty()) words.pop_back();
  std::replace(words.begin(), words.end(), '\0', '|');
  return words;
}

// Puts the probe into a folder of PATH. Returns its name there.
std::string add_program(const std::string& root) {
  const auto name = judge::random_name();
  std::filesystem::create_directories(root + "/usr/bin");
  std::filesystem::copy_file(root + "/probe", root + "/usr/bin/" + name);
  return name;
}

// `program` is there, and `missing`, which the kernel needs for it, is not.
void check_missing(const std::string& root, const std::string& program,
                   const std::string& missing) {
  const auto result = judge::run({"--root", root, "--", program});
  HINT(
      "The program is there, and execve() still says ENOENT: what is missing "
      "is the dynamic loader or the shell that it names. Status 127, then.");
  CHECK(result.ending == exited(127));
  CHECK(result.is_one_line());
  HINT(
      "Whoever reads \"not found\" about a file that is there is puzzled: the "
      "message must name the loader or shell that is missing; or, if the shell "
      "of a script is there, the loader of that. kit::missing_interpreter() "
      "goes on until it finds what is missing.");
  CHECK_THAT(result.errors, judge::contains(missing));
}

}  // namespace

// ---- 00.3: the command ----

TEST_CASE("00: the command runs, and its status is the program's",
          "[00.3][points:1][idle][process]") {
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

TEST_CASE("00: the process becomes the command", "[00.3][points:2][process]") {
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
          "[00.3][points:1][words][environment]") {
  const auto word = judge::random_name();
  judge::How how;
  how.probe = {"serve", "two words", "", "--root", "-x", word};
  how.circumstances.variables = {"KIT_WORD=" + word};
  const auto box = judge::start({}, how);

  std::string expected = "/probe";
  for (const auto& argument : how.probe) expected += "|" + argument;
  HINT(
      "execve() takes the whole command: the program's name as argv[0], then "
      "every argument as it is, and a null pointer as the end.");
  CHECK(words_of(box.command()) == expected);

  HINT("The third argument of execve() is the environment: ::environ.");
  CHECK_THAT(box.command().file("environ"),
             judge::contains("KIT_WORD=" + word));
}

TEST_CASE("00: a command without a slash is looked for in PATH, in the root",
          "[00.3][points:1][PATH]") {
  const auto root = judge::make_root_directory();
  const auto name = add_program(root);
  const auto status = static_cast<int>(judge::random_number(1, 120));
  const auto result =
      judge::run({"--root", root, "--", name, "exit", std::to_string(status)});

  HINT(
      "execve() wants a path. kit::find_program() makes one of a name, as a "
      "shell does.");
  CHECK(result.ending == exited(status));
}

TEST_CASE("00: its first word is the name, and not the path",
          "[00.3][points:1][words]") {
  const auto root = judge::make_root_directory();
  const auto name = add_program(root);
  judge::Subject program({"--root", root, "--", name, "wait"}, {});
  const judge::Process process(program.pid());
  const auto file =
      judge::file_id(judge::guest().root(), root + "/usr/bin/" + name);
  REQUIRE(judge::becomes_true(program,
                              [&] { return process.executable() == file; }));

  HINT(
      "argv[0] is the first word of the command, as it was given. Many "
      "programs ask it what they are to do; the path that was found is for "
      "execve()'s first argument.");
  CHECK(words_of(process) == name + "|wait");
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

TEST_CASE("00: a command that is not there ends with 127",
          "[00.3][points:1][missing][names]") {
  const auto root = judge::make_root_directory();
  const auto missing = judge::random_name();
  for (const auto& command : {"/" + missing, missing}) {
    const auto result = judge::run({"--root", root, "--", command});
    HINT(
        "127 is what shells say, and scripts ask for, when a command is not "
        "found: kit::find_program() throws it.");
    CHECK(result.ending == exited(127));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(command));
  }
}

TEST_CASE("00: a program whose loader is missing ends with 127",
          "[00.3][points:2][loader][names]") {
  const auto root = judge::make_root_directory();
  const auto loader = "/lib64/" + judge::random_name() + ".so";
  make_file(root + "/dynamic", dynamic_program(loader), kExecutable);
  check_missing(root, "/dynamic", loader);

  const auto shell = "/bin/" + judge::random_name();
  make_file(root + "/script", "#!" + shell + "\n", kExecutable);
  check_missing(root, "/script", shell);
}

TEST_CASE("00: so does a script whose shell has no loader",
          "[00.3][points:1][loader][names]") {
  const auto root = judge::make_root_directory();
  const auto loader = "/lib64/" + judge::random_name() + ".so";
  make_file(root + "/dynamic", dynamic_program(loader), kExecutable);
  make_file(root + "/script", "#!/dynamic\n", kExecutable);

  check_missing(root, "/script", loader);
}

TEST_CASE("00: a file that cannot be executed ends with 126",
          "[00.3][points:1][refused]") {
  const auto root = judge::make_root_directory();
  make_file(root + "/plain", "text\n", kPlain);
  make_file(root + "/garbage", judge::random_name() + "\n", kExecutable);
  make_file(root + "/script", "#!/plain\n", kExecutable);

  for (const std::string command : {"/plain", "/garbage", "/script", "/etc"}) {
    const auto result = judge::run({"--root", root, "--", command});
    HINT("What is there and cannot be run is 126: only ENOENT is 127.");
    CHECK(result.ending == exited(126));
    CHECK(result.is_one_line());
    CHECK_THAT(result.errors, judge::contains(command));
  }
}

TEST_CASE("00: the message says why it cannot be", "[00.3][points:1][reason]") {
  const auto root = judge::make_root_directory();
  make_file(root + "/plain", "text\n", kPlain);
  make_file(root + "/garbage", judge::random_name() + "\n", kExecutable);

  for (const auto& [command, error] :
       {std::pair("/plain", EACCES), std::pair("/garbage", ENOEXEC)}) {
    const auto result = judge::run({"--root", root, "--", command});
    HINT(
        "The message must say which error execve() had. Other calls change "
        "errno: keep it at once, before anything else is called.");
    CHECK_THAT(result.errors, judge::contains(std::strerror(error)));
  }
}

TEST_CASE("00: no shell is asked to run what the kernel does not",
          "[00.3][points:1][idle][refused]") {
  const auto root = judge::make_root_directory();
  std::filesystem::create_directories(root + "/bin");
  std::filesystem::copy_file("/bin/busybox", root + "/bin/sh");
  make_file(root + "/no_script", "exit 42\n", kExecutable);

  HINT(
      "The file is neither a program nor a script with \"#!\", and the kernel "
      "has refused it (ENOEXEC). execvp(3) and execlp(3) hand it to /bin/sh "
      "then, which has run it: execve(2) does not.");
  CHECK(judge::run({"--root", root, "--", "/no_script"}).ending == exited(126));
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
