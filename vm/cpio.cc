#include "vm/cpio.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "lessons/kit/check.h"

namespace lab {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMagic = "070701";
constexpr std::string_view kLastName = "TRAILER!!!";
constexpr std::size_t kHeaderSize = 110;

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

// An entry where it is: in an archive of some megabytes.
struct PackedEntry {
  std::string_view name;
  unsigned mode = 0;
  std::string_view content;
};

// Reads an archive entry by entry.
class Reader {
 public:
  explicit Reader(std::string_view archive) : rest_(archive) {}

  bool next(PackedEntry& entry) {
    const auto header = take(kHeaderSize);
    if (header.substr(0, kMagic.size()) != kMagic) damaged("no magic number");
    const auto name_size = field(header, 11);
    const auto content_size = field(header, 6);
    entry.mode = static_cast<unsigned>(field(header, 1));

    const auto name = take(padded(kHeaderSize + name_size) - kHeaderSize);
    if (name_size == 0) damaged("an entry without a name");
    entry.name = name.substr(0, name_size - 1);
    entry.content = take(padded(content_size)).substr(0, content_size);
    return entry.name != kLastName;
  }

 private:
  [[noreturn]] static void damaged(std::string_view why) {
    throw std::runtime_error(fmt::format("damaged archive: {}", why));
  }

  std::string_view take(std::size_t size) {
    if (size > rest_.size()) damaged("it ends too early");
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  // Thirteen numbers of eight hexadecimal digits follow the magic number.
  static std::size_t field(std::string_view header, std::size_t index) {
    const auto digits = header.substr(kMagic.size() + index * 8, 8);
    std::size_t value = 0;
    const auto result = std::from_chars(
        digits.data(), digits.data() + digits.size(), value, 16);
    if (result.ptr != digits.data() + digits.size()) damaged("a bad number");
    return value;
  }

  std::string_view rest_;
};

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

void unpack_entry(const PackedEntry& entry, const fs::path& directory) {
  const fs::path name = fs::path(entry.name).lexically_normal();
  if (name.is_absolute() || *name.begin() == "..") {
    throw std::runtime_error(
        fmt::format("archive entry {} leaves the directory", entry.name));
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
  Reader reader(archive);
  PackedEntry entry;
  while (reader.next(entry)) unpack_entry(entry, directory);
}

}  // namespace lab
