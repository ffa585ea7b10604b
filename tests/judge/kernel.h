// Reading what the kernel says, in /proc, /sys/fs/cgroup and the like.

#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "lessons/kit/unique_fd.h"

namespace judge {

// The content of a file, found from `directory` (or AT_FDCWD); nothing if it
// cannot be opened or read: the process or the cgroup may have ended.
std::optional<std::string> read_file(int directory, const std::string& path);

// Where a symbolic link leads, or "".
std::string read_link(int directory, const std::string& path);

// The names in a directory without "." and "..", sorted; none if it is gone.
std::vector<std::string> names_in(int directory, const std::string& path);

// The same, but only the directories.
std::vector<std::string> directories_in(int directory, const std::string& path);

// The text's parts between the separators, empty ones left out.
std::vector<std::string> split(std::string_view text, char separator);

// The text without white space at its end.
std::string trimmed(std::string_view text);

// The value in the line "NAME:  value" of a file like /proc/PID/status, or "".
std::string field_in(std::string_view text, const std::string& name);

// A file's identity: a path can be given to another file, this cannot.
struct FileId {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};

// The file that the path leads to (following links), or nothing.
std::optional<FileId> file_id(int directory, const std::string& path);

// A descriptor of the process, which is readable once that has ended; none if
// there is no such process. The C library of Debian 12 has no usable wrapper.
kit::UniqueFd open_pidfd(pid_t pid);

// A line of /proc/PID/mountinfo: proc_pid_mountinfo(5).
struct Mount {
  std::string id, parent, device, root, target, options, propagation;
  std::string type, source, super_options;

  // How a reader would name it: "tmpfs on /tmp".
  [[nodiscard]] std::string text() const;
};

std::vector<Mount> parse_mounts(std::string_view mountinfo);

}  // namespace judge
