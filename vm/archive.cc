#include "vm/archive.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "lessons/kit/archive.h"
#include "lessons/kit/check.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "070701";
constexpr std::string_view kLastName = "TRAILER!!!";

// Header and name together, and the content, end at a multiple of 4.
std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

void append_entry(std::string& archive, const ArchiveEntry& entry,
                  std::size_t inode) {
  const unsigned links = S_ISDIR(entry.mode) ? 2 : 1;
  archive += fmt::format(
      "{}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:08x}{:"
      "08x}{:08x}",
      kMagic, inode, entry.mode, /*uid=*/0, /*gid=*/0, links, /*mtime=*/0,
      entry.content.size(), /*devmajor=*/0, /*devminor=*/0, /*rdevmajor=*/0,
      /*rdevminor=*/0, entry.name.size() + 1, /*check=*/0);
  archive += entry.name;
  archive.push_back('\0');
  archive.resize(padded(archive.size()));
  archive += entry.content;
  archive.resize(padded(archive.size()));
}

bool has_content(const fs::path& path, std::string_view content) {
  std::error_code failed;
  if (!fs::is_regular_file(fs::symlink_status(path, failed)) ||
      fs::file_size(path, failed) != content.size()) {
    return false;
  }
  std::ifstream file(path, std::ios::binary);
  char block[64 * 1024];
  while (!content.empty()) {
    const auto size = std::min(content.size(), sizeof block);
    if (!file.read(block, static_cast<std::streamsize>(size)) ||
        std::string_view(block, size) != content.substr(0, size)) {
      return false;
    }
    content.remove_prefix(size);
  }
  return true;
}

void write_new_file(const fs::path& path, std::string_view content) {
  fs::remove(path);
  std::ofstream file(path, std::ios::binary);
  file << content;
  if (!file.flush()) {
    throw std::runtime_error(fmt::format("write {}", path.string()));
  }
}

void unpack_entry(const kit::ArchiveEntry& entry, const fs::path& directory) {
  const fs::path name = entry.name.lexically_normal();
  if (name.empty() || name.is_absolute() || *name.begin() == "..") {
    throw std::runtime_error(
        fmt::format("archive entry {} leaves the directory", name.native()));
  }
  const fs::path target = directory / name;
  if (S_ISDIR(entry.mode)) {
    fs::create_directories(target);
  } else {
    fs::create_directories(target.parent_path());
    if (S_ISLNK(entry.mode)) {
      fs::remove(target);
      fs::create_symlink(entry.content, target);
      return;  // A link has no permissions of its own.
    }
    if (!has_content(target, entry.content)) {
      write_new_file(target, entry.content);
    }
  }
  const auto path = target.string();
  kit::check(::chmod(path.c_str(), entry.mode & 07777), "set mode of {}", path);
}

}  // namespace

ArchiveEntry archive_file(const std::string& path, std::string name) {
  struct stat status {};
  kit::check(::stat(path.c_str(), &status), "read {}", path);
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::ifstream file(path, std::ios::binary);
  if (!file.read(content.data(), status.st_size)) {
    throw std::system_error(errno, std::generic_category(),
                            fmt::format("read {}", path));
  }
  return {std::move(name), S_IFREG | (status.st_mode & 0111 ? 0755u : 0644u),
          std::move(content)};
}

std::string write_archive(const std::vector<ArchiveEntry>& entries) {
  std::string archive;
  std::size_t inode = 1;
  for (const auto& entry : entries) append_entry(archive, entry, inode++);
  append_entry(archive, {std::string(kLastName), 0, ""}, 0);
  return archive;
}

void unpack_archive(std::string_view archive, const std::string& directory) {
  kit::Archive entries(archive);
  for (kit::ArchiveEntry entry; entries.next(entry);)
    unpack_entry(entry, directory);
}

}  // namespace lab
