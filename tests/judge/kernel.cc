#include "tests/judge/kernel.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <system_error>

namespace judge {
namespace {

// Something that is gone has no content. But root can give the judge limits
// under which it finds nothing any more, and that must not be taken for an
// answer.
void throw_if_short_of_means(const std::string& path) {
  if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) {
    throw std::system_error(errno, std::generic_category(), "look at " + path);
  }
}

}  // namespace

std::optional<std::string> read_file(int directory, const std::string& path) {
  const kit::UniqueFd file{
      ::openat(directory, path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (file.get() == -1) {
    throw_if_short_of_means(path);
    return std::nullopt;
  }

  std::string content;
  char bytes[8192];
  while (true) {
    const ssize_t size = ::read(file.get(), bytes, sizeof bytes);
    if (size == -1) return std::nullopt;
    if (size == 0) return content;
    content.append(bytes, static_cast<std::size_t>(size));
  }
}

std::string read_link(int directory, const std::string& path) {
  char target[PATH_MAX];
  const ssize_t size =
      ::readlinkat(directory, path.c_str(), target, sizeof target);
  if (size == -1) throw_if_short_of_means(path);
  return size == -1 ? "" : std::string(target, static_cast<std::size_t>(size));
}

namespace {

enum class Wanted { kAll, kDirectories };

std::vector<std::string> read_directory(int directory, const std::string& path,
                                        Wanted wanted) {
  std::vector<std::string> names;
  const int fd =
      ::openat(directory, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd == -1) {
    throw_if_short_of_means(path);
    return names;
  }
  DIR* const stream = ::fdopendir(fd);  // Owns the descriptor from here on.
  if (stream == nullptr) {
    ::close(fd);
    return names;
  }
  while (const dirent* const entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    const bool fits = wanted == Wanted::kAll || entry->d_type == DT_DIR;
    if (fits && name != "." && name != "..") names.emplace_back(name);
  }
  ::closedir(stream);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<std::string> names_in(int directory, const std::string& path) {
  return read_directory(directory, path, Wanted::kAll);
}

std::vector<std::string> directories_in(int directory,
                                        const std::string& path) {
  return read_directory(directory, path, Wanted::kDirectories);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (!text.empty()) {
    const auto end = std::min(text.find(separator), text.size());
    if (end > 0) parts.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

std::string trimmed(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\n");
  return std::string(text.substr(0, last + 1));  // npos + 1 is 0.
}

std::string field_in(std::string_view text, const std::string& name) {
  for (const auto& line : split(text, '\n')) {
    if (!line.starts_with(name + ":")) continue;
    const auto value = line.find_first_not_of("\t ", name.size() + 1);
    return value == std::string::npos ? "" : trimmed(line.substr(value));
  }
  return "";
}

std::optional<FileId> file_id(int directory, const std::string& path) {
  struct stat file {};
  if (::fstatat(directory, path.c_str(), &file, 0) == -1) {
    throw_if_short_of_means(path);
    return std::nullopt;
  }
  return FileId{file.st_dev, file.st_ino};
}

kit::UniqueFd open_pidfd(pid_t pid) {
  return kit::UniqueFd{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))};
}

std::string Mount::text() const {
  const bool whole = root == "/" || type == "cgroup2" || type == "proc";
  return (whole ? type : type + " " + root) + " on " + target;
}

std::vector<Mount> parse_mounts(std::string_view mountinfo) {
  std::vector<Mount> mounts;
  for (const auto& line : split(mountinfo, '\n')) {
    const auto fields = split(line, ' ');
    if (fields.size() < 10) continue;
    Mount mount{.id = fields[0],
                .parent = fields[1],
                .device = fields[2],
                .root = fields[3],
                .target = fields[4],
                .options = fields[5],
                .propagation = {},
                .type = {},
                .source = {},
                .super_options = {}};
    // Any number of optional fields ("shared:3", "master:1"), then "-".
    std::size_t at = 6;
    for (; at < fields.size() && fields[at] != "-"; ++at) {
      mount.propagation += (mount.propagation.empty() ? "" : " ") + fields[at];
    }
    if (at + 3 < fields.size()) {
      mount.type = fields[at + 1];
      mount.source = fields[at + 2];
      mount.super_options = fields[at + 3];
    }
    mounts.push_back(mount);
  }
  return mounts;
}

}  // namespace judge
