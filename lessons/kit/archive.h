// The archive format "newc" of the kernel's buffer-format.rst: a header, the
// name and the content of one entry after the other.

#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string_view>

namespace kit {

struct ArchiveEntry {
  std::filesystem::path name;  // Relative to the root.
  mode_t mode = 0;
  time_t changed = 0;
  std::string_view content;  // Of a symbolic link: its target.
};

// Reads an archive in memory, entry by entry. A folder comes before what is in
// it.
//
//   Archive archive(bytes);
//   for (ArchiveEntry entry; archive.next(entry);) ...
class Archive {
 public:
  explicit Archive(std::string_view bytes) : rest_(bytes) {}

  // False at the end; then `entry` is as it was. Throws std::runtime_error if
  // the archive is damaged.
  bool next(ArchiveEntry& entry);

 private:
  std::string_view rest_;
};

}  // namespace kit
