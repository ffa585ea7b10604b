// The archive format "newc": what the kernel unpacks as an initramfs, and how a
// job's files travel into the guest.
//
// Source: Documentation/driver-api/early-userspace/buffer-format.rst

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lab {

struct ArchiveEntry {
  std::string name;     // Relative, without a leading slash.
  unsigned mode = 0;    // File type and permissions, as in stat(2).
  std::string content;  // A regular file's bytes, a symbolic link's target.
};

// Returns the entry for a regular file of the host.
// Throws std::system_error if it cannot be read.
ArchiveEntry archive_file(const std::string& path, std::string name);

// Returns the archive of `entries`, owned by root and without dates, so that
// the same entries give the same bytes. Directories must come before what is in
// them.
std::string write_archive(const std::vector<ArchiveEntry>& entries);

// Unpacks `archive` below `directory`. Missing parents are made; an existing
// file is replaced, unless it has this content already. Then it stays the same
// file, parts of which an emulated processor may have translated. Throws
// std::runtime_error if the archive is damaged or an entry would leave the
// directory.
void unpack_archive(std::string_view archive, const std::string& directory);

}  // namespace lab
