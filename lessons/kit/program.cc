#include "lessons/kit/program.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <string_view>

#include "lessons/kit/check.h"
#include "lessons/kit/guard.h"
#include "lessons/kit/unique_fd.h"

namespace kit {
namespace {

// What execvp(3) takes when PATH is not set, without the current directory.
constexpr const char* kDefaultPath = "/bin:/usr/bin";

// Reads up to `size` bytes at `offset`: less at the end of the file, and none
// at an offset that no file can have.
std::string read_at(const UniqueFd& file, const std::string& name, off_t offset,
                    size_t size) {
  std::string text(size, '\0');
  if (offset < 0) return "";
  const auto count =
      check(::pread(file.get(), text.data(), size, offset), "read {}", name);
  text.resize(static_cast<size_t>(count));
  return text;
}

// "#! /bin/sh -e" names /bin/sh: execve(2), "Interpreter scripts".
std::string script_interpreter(std::string_view text) {
  std::string_view line = text.substr(2, text.find('\n') - 2);
  const auto begin = line.find_first_not_of(" \t");
  if (begin == line.npos) return "";
  line.remove_prefix(begin);
  // A carriage return is no blank to the kernel: it is part of the name.
  return std::string(line.substr(0, line.find_first_of(" \t")));
}

// The program header PT_INTERP says where in the file the name is: elf(5).
template <typename Header, typename Segment>
std::string loader(const UniqueFd& file, const std::string& name,
                   std::string_view start) {
  Header header;
  if (start.size() < sizeof header) return "";
  start.copy(reinterpret_cast<char*>(&header), sizeof header);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Segment segment;
    const auto offset = header.e_phoff + i * sizeof segment;
    const std::string bytes =
        read_at(file, name, static_cast<off_t>(offset), sizeof segment);
    if (bytes.copy(reinterpret_cast<char*>(&segment), sizeof segment) <
        sizeof segment) {
      return "";
    }
    if (segment.p_type != PT_INTERP || segment.p_filesz > PATH_MAX) continue;
    const std::string text = read_at(
        file, name, static_cast<off_t>(segment.p_offset), segment.p_filesz);
    return text.substr(0, text.find('\0'));
  }
  return "";
}

// Whether the kernel reads the file's headers as those of a 64-bit program. It
// does not look at EI_CLASS, but at the machine and at the size of a program
// header: load_elf_binary() in fs/binfmt_elf.c.
bool is_64_bit(std::string_view start) {
  Elf64_Ehdr header;
  if (start.size() < sizeof header) return false;
  start.copy(reinterpret_cast<char*>(&header), sizeof header);
  return header.e_machine != EM_386 && header.e_phentsize == sizeof(Elf64_Phdr);
}

bool is_directory(const std::string& path) {
  struct stat now {};
  return ::stat(path.c_str(), &now) == 0 && S_ISDIR(now.st_mode);
}

bool can(const std::string& path, int mode) {
  return ::access(path.c_str(), mode) == 0 && !is_directory(path);
}

[[noreturn]] void explain(const std::string& program, int error) {
  if (error == ENOENT) {
    // The program is there. The kernel says the same if what it needs is not.
    throw Exit(kNotFound,
               fmt::format("run {}: {}, which it needs, is not there", program,
                           missing_interpreter(program)));
  }
  throw Exit(kNotExecutable,
             fmt::format("run {}: {}", program,
                         std::generic_category().message(error)));
}

}  // namespace

std::string find_program(const std::string& name) {
  if (name.find('/') != name.npos) {
    if (can(name, F_OK)) return name;
    const int error = is_directory(name) ? EISDIR : errno;
    const bool may_not = error == EISDIR || error == EACCES;
    throw Exit(may_not ? kNotExecutable : kNotFound,
               fmt::format("run {}: {}", name,
                           std::generic_category().message(error)));
  }

  const char* set = std::getenv("PATH");
  const std::string path = set != nullptr ? set : kDefaultPath;
  std::string found;   // But it may not be executed.
  std::string hidden;  // In a folder that may not be entered.
  for (size_t begin = 0; !name.empty() && begin <= path.size();) {
    const size_t end = std::min(path.find(':', begin), path.size());
    // An empty folder means the current one: execvp(3).
    const std::string folder =
        begin == end ? "." : path.substr(begin, end - begin);
    const std::string program = folder + "/" + name;
    if (can(program, X_OK)) return program;
    errno = 0;
    if (can(program, F_OK) && found.empty()) found = program;
    // What cannot be looked at may be there: execvp(3) says EACCES, too.
    if (errno == EACCES && hidden.empty()) hidden = program;
    begin = end + 1;
  }
  if (!found.empty()) return found;
  if (!hidden.empty()) {
    throw Exit(kNotExecutable,
               fmt::format("run {}: {}: {}", name, hidden,
                           std::generic_category().message(EACCES)));
  }
  throw Exit(kNotFound,
             fmt::format("run {}: not found in PATH ({})", name, path));
}

std::string interpreter_of(const std::string& program) {
  const UniqueFd file{
      check(::open(program.c_str(), O_RDONLY | O_CLOEXEC), "open {}", program)};
  const std::string start = read_at(file, program, 0, 256);
  if (start.starts_with("#!")) return script_interpreter(start);
  if (!start.starts_with(ELFMAG)) return "";
  if (is_64_bit(start)) {
    return loader<Elf64_Ehdr, Elf64_Phdr>(file, program, start);
  }
  return loader<Elf32_Ehdr, Elf32_Phdr>(file, program, start);
}

std::string missing_interpreter(const std::string& program) {
  constexpr int kDeepest = 6;  // The kernel gives up even earlier.
  std::string file = program;
  for (int i = 0; i < kDeepest; ++i) {
    file = interpreter_of(file);
    if (file.empty()) break;
    if (::access(file.c_str(), F_OK) == -1) return file;
  }
  return "";
}

void refuse_magic_links(const std::string& name) {
  constexpr int kDeepest = 6;
  std::string file = find_program(name);
  for (int i = 0; i < kDeepest && !file.empty(); ++i) {
    open_how how{};
    how.flags = O_PATH | O_CLOEXEC;
    how.resolve = RESOLVE_NO_MAGICLINKS;
    const UniqueFd place{static_cast<int>(
        ::syscall(SYS_openat2, AT_FDCWD, file.c_str(), &how, sizeof how))};
    if (!place && errno == ELOOP) {
      throw Exit(kNotExecutable,
                 fmt::format("run {}: {} leads out of the root, by a link of "
                             "/proc",
                             name, file));
    }
    if (!place) return;  // Whoever runs it will say why.
    struct stat now {};
    const bool is_file =
        ::fstat(place.get(), &now) == 0 && S_ISREG(now.st_mode);
    if (!is_file || ::access(file.c_str(), R_OK) == -1) return;
    file = interpreter_of(file);
  }
}

void exec(const Command& command) {
  const std::string program = find_program(command.front());
  ::execve(program.c_str(), c_strings(command).data(), ::environ);
  explain(program, errno);
}

}  // namespace kit
