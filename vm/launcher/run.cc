#include "vm/launcher/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "lessons/kit/c_strings.h"
#include "lessons/kit/check.h"
#include "vm/archive.h"
#include "vm/launcher/job.h"
#include "vm/launcher/terminal.h"

namespace lab {
namespace {

namespace fs = std::filesystem;
using kit::check;

std::string variable(const char* name, const char* otherwise = "") {
  const char* value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

// A lesson is a program in bazel-bin/lessons or bazel-bin/solutions.
bool is_lesson(const fs::path& program) {
  const auto package = program.parent_path().filename();
  return package == "lessons" || package == "solutions";
}

// Where Bazel puts what it builds: this launcher is bazel-bin/vm/launcher.
fs::path bazel_bin() {
  return fs::read_symlink("/proc/self/exe").parent_path().parent_path();
}

// What runs on this computer, for it is about the lab machine or starts it. All
// else may be a learner's, who is not to be root here by mistake.
constexpr std::string_view kTools[] = {"vm/lab", "vm/shell", "vm/bench",
                                       "tests/bench/suite",
                                       "tests/mutate/mutate"};

bool is_tool(const fs::path& program) {
  // A tool's file may itself be a link, to its source.
  const auto place =
      fs::weakly_canonical(program.parent_path()) / program.filename();
  return std::ranges::any_of(kTools, [&](std::string_view tool) {
    return place == bazel_bin() / tool;
  });
}

// For what is to be written at the end: that it can be is known before.
std::ofstream open_for_writing(const std::string& path) {
  std::ofstream file(path);
  if (!file) check(-1, "write {}", path);
  return file;
}

// Lessons about what an ordinary user can do. All others are run by root.
constexpr std::string_view kForStudents[] = {"03_user"};

bool is_for_students(const fs::path& program) {
  const auto name = program.filename().string();
  return std::find(std::begin(kForStudents), std::end(kForStudents), name) !=
         std::end(kForStudents);
}

[[noreturn]] void execute_here(const std::vector<std::string>& argv) {
  check(::execv(argv[0].c_str(), kit::c_strings(argv).data()), "run {}",
        argv[0]);
  std::abort();  // Not reached: execv() returns only to fail.
}

// Where a user stands when they say `bazel run`: their relative paths start
// here.
fs::path user_path(const std::string& path) {
  return fs::path(variable("BUILD_WORKING_DIRECTORY", ".")) / path;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::string part;
  for (const char letter : text) {
    if (letter != separator) {
      part.push_back(letter);
    } else if (!part.empty()) {
      parts.push_back(std::exchange(part, ""));
    }
  }
  if (!part.empty()) parts.push_back(part);
  return parts;
}

// LAB_FILES=a.json:b.txt puts these files into the job's directory.
void add_user_files(std::vector<ArchiveEntry>& files, const Job& job) {
  const auto directory = job.directory.substr(1);
  for (const auto& name : split(variable("LAB_FILES"), ':')) {
    const auto path = user_path(name);
    files.push_back(archive_file(path, directory / path.filename()));
  }
}

// LAB_ROOTFS=debian.squashfs puts this root file system at /rootfs/debian.
void add_user_image(Disks& disks, Job& job) {
  const auto name = variable("LAB_ROOTFS");
  if (!name.empty()) add_image(disks, job, user_path(name));
}

Job make_job(std::vector<std::string> argv, bool student = false) {
  Job job;
  job.argv = std::move(argv);
  job.terminal = on_terminal();
  job.student = student;
  if (student) job.directory = kStudentsHome;
  job.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                     "HOME=" + job.directory,
                     student ? "USER=student" : "USER=root",
                     "TERM=" + variable("TERM", "dumb"),
                     // The shell's; "lab" says at each line where this is.
                     R"(PS1=\[\e[1m\]lab\[\e[0m\]:\w\$ )"};
  return job;
}

void write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto size = ::write(fd, bytes.data(), bytes.size());
    if (size == -1 && errno == EINTR) continue;
    check(size, "write the job's output");
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

int run_job_here(const std::vector<ArchiveEntry>& files, Job job,
                 const ShellOptions& options = {}) {
  std::ofstream console;
  if (!options.console.empty()) console = open_for_writing(options.console);
  Disks disks = make_disks();
  add_user_image(disks, job);
  put_files(disks, job, write_archive(files));
  auto guest = wake(
      Parts::beside_launcher(), std::move(disks),
      [](const std::string& line) { fmt::print(stderr, "lab: {}\n", line); });

  const Sinks sinks{
      [](std::string_view bytes) { write_all(STDOUT_FILENO, bytes); },
      [](std::string_view bytes) { write_all(STDERR_FILENO, bytes); }};
  JobOptions limits;
  if (options.deadline_seconds > 0) {
    limits.deadline = std::chrono::seconds(options.deadline_seconds);
  }
  const auto ending = run_job(guest, std::move(job), sinks, limits);
  if (console.is_open()) {
    console << guest.qemu->console() << std::flush;
    if (!console) check(-1, "write {}", options.console);
  }
  if (ending.status) return *ending.status;
  fmt::print(stderr, "lab: {}\n",
             ending.refused.empty() ? ending.guest_died : ending.refused);
  return kLauncherFailed;
}

// Every program of one package that is built, as /PACKAGE/NAME in the guest.
void add_programs(const std::string& package,
                  std::vector<ArchiveEntry>& files) {
  const auto directory = bazel_bin() / package;
  std::error_code none_built;
  for (const auto& entry : fs::directory_iterator(directory, none_built)) {
    const auto name = entry.path().filename().string();
    const bool numbered = name.size() > 3 && name[2] == '_' &&
                          name.find('.') == std::string::npos &&
                          name.find('-') == std::string::npos;
    if (numbered && entry.is_regular_file()) {
      files.push_back(archive_file(entry.path(), package + "/" + name));
    }
  }
}

}  // namespace

int run(const std::vector<std::string>& argv) {
  if (argv.empty()) kit::fail("run what? (see lab run --help)");
  const fs::path program = fs::absolute(argv[0]);
  if (is_tool(program)) execute_here(argv);
  if (!is_lesson(program)) {
    kit::fail(
        "{} is no lesson, so there is no place for it in the lab machine; "
        "--config=native runs it on this computer",
        argv[0]);
  }

  const auto name = program.parent_path().filename() / program.filename();
  auto words = argv;
  words[0] = "/" + name.string();
  auto job = make_job(std::move(words), is_for_students(program));
  std::vector<ArchiveEntry> files = {archive_file(program, name)};
  add_user_files(files, job);
  return run_job_here(files, std::move(job));
}

int shell(const ShellOptions& options) {
  std::vector<ArchiveEntry> files;
  for (const auto* package : {"lessons", "solutions"})
    add_programs(package, files);
  auto job = make_job({"/bin/sh", "-i"});
  add_user_files(files, job);
  if (!options.command.empty()) {
    job.argv = {"/bin/sh", "-c", options.command[0]};
  } else if (job.terminal) {
    fmt::print(
        stderr,
        "A fresh lab machine, and you are root. Programs: /lessons, "
        "/solutions.\n"
        "`exit` leaves and throws it away. Ctrl-] ends it when nothing else "
        "does.\n");
  } else {
    job.argv = {"/bin/sh"};
  }
  return run_job_here(files, std::move(job), options);
}

}  // namespace lab
