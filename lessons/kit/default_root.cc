#include "lessons/kit/default_root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <climits>
#include <string>
#include <string_view>
#include <vector>

#include "lessons/kit/archive.h"
#include "lessons/kit/check.h"
#include "lessons/kit/run_folder.h"
#include "lessons/kit/unique_fd.h"

// The archive and its digest in hexadecimal: see archive_object in BUILD.
extern "C" const char kit_archive_begin[];
extern "C" const char kit_archive_end[];
extern "C" const char kit_archive_digest[];

namespace kit {
namespace {

namespace fs = std::filesystem;

// What programs expect in /dev. The archive has none of them, since only root
// can make them.
struct Device {
  const char* name;
  unsigned major;
  unsigned minor;
};
constexpr Device kDevices[] = {{"null", 1, 3},    {"zero", 1, 5},
                               {"full", 1, 7},    {"random", 1, 8},
                               {"urandom", 1, 9}, {"tty", 5, 0}};

void write_file_at(int folder, const std::string& name,
                   const ArchiveEntry& entry) {
  const UniqueFd file{
      check(::openat(folder, name.c_str(),
                     O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600),
            "make {}", name)};
  for (std::string_view rest = entry.content; !rest.empty();) {
    const auto written =
        check(::write(file.get(), rest.data(), rest.size()), "write {}", name);
    rest.remove_prefix(static_cast<size_t>(written));
  }
  check(::fchmod(file.get(), entry.mode & 07777), "set the mode of {}", name);
}

// Makes the entries of an archive below a folder, as far as they are not there.
//
// A command that ran in this root as root may have put anything there, so no
// symbolic link is followed. Where something is mounted, nothing is done.
class Tree {
 public:
  explicit Tree(const fs::path& path)
      : path_(path),
        root_(check(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC),
                    "open {}", path.native())) {
    struct stat now {};
    check(::fstat(root_.get(), &now), "look at {}", path.native());
    device_ = now.st_dev;
  }

  void ensure(const ArchiveEntry& entry) {
    if (!open_parent(entry.name.parent_path())) return;
    const std::string name = entry.name.filename();
    struct stat now {};
    const bool there = look_at(name, now);
    if (there && (now.st_dev != device_ || is_as_it_was(now, entry, name))) {
      return;
    }
    const bool is_folder = there && S_ISDIR(now.st_mode);
    if (S_ISDIR(entry.mode)) {
      make_folder(entry, name, is_folder);
    } else {
      replace(entry, name, is_folder);
    }
  }

  // Where devices may not be made (in a user namespace, say), there are none.
  void ensure(const Device& device) {
    if (!open_parent("dev")) return;
    const dev_t number = makedev(device.major, device.minor);
    struct stat now {};
    if (look_at(device.name, now) &&
        (now.st_dev != device_ ||
         (now.st_mode == (S_IFCHR | 0666) && now.st_rdev == number))) {
      return;
    }
    (void)::unlinkat(parent_.get(), device.name, 0);
    if (::mknodat(parent_.get(), device.name, S_IFCHR, number) == -1) return;
    const std::string where = (path_ / "dev" / device.name).native();
    check(::fchmodat(parent_.get(), device.name, 0666, 0), "set the mode of {}",
          where);
  }

 private:
  // False if the folder is not in this file system.
  bool open_parent(const fs::path& folder) {
    if (parent_ && folder == parent_name_) return true;
    open_how how{};
    how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    const std::string name = folder.empty() ? "." : folder.native();
    const auto fd =
        ::syscall(SYS_openat2, root_.get(), name.c_str(), &how, sizeof how);
    if (fd == -1 && errno == EXDEV) return false;
    parent_.reset(static_cast<int>(check(fd, "open {} in the root", name)));
    parent_name_ = folder;
    return true;
  }

  bool look_at(const std::string& name, struct stat& now) const {
    return ::fstatat(parent_.get(), name.c_str(), &now, AT_SYMLINK_NOFOLLOW) ==
           0;
  }

  // A folder changes when something is put into it; all else must be the same.
  bool is_as_it_was(const struct stat& now, const ArchiveEntry& entry,
                    const std::string& name) const {
    if (now.st_uid != user_) return false;
    if (S_ISLNK(entry.mode)) {
      return S_ISLNK(now.st_mode) && target_of(name) == entry.content;
    }
    if (now.st_mode != entry.mode) return false;
    return S_ISDIR(entry.mode) || has_content(name, entry.content);
  }

  std::string target_of(const std::string& name) const {
    char target[PATH_MAX];
    const auto size =
        ::readlinkat(parent_.get(), name.c_str(), target, sizeof target);
    return std::string(target, size > 0 ? static_cast<size_t>(size) : 0);
  }

  // Size and times can be made to look the same. The content is the file.
  bool has_content(const std::string& name, std::string_view content) const {
    const UniqueFd file{::openat(parent_.get(), name.c_str(),
                                 O_RDONLY | O_NOFOLLOW | O_CLOEXEC)};
    std::vector<char> bytes(content.size() + 1);
    const auto size =
        file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
    return size >= 0 &&
           std::string_view(bytes.data(), static_cast<size_t>(size)) == content;
  }

  void make_folder(const ArchiveEntry& entry, const std::string& name,
                   bool is_folder) {
    const std::string where = (path_ / entry.name).native();
    if (!is_folder) {
      (void)::unlinkat(parent_.get(), name.c_str(), 0);
      check(::mkdirat(parent_.get(), name.c_str(), 0700), "make {}", where);
    }
    check(::fchownat(parent_.get(), name.c_str(), user_, ::getegid(),
                     AT_SYMLINK_NOFOLLOW),
          "set the owner of {}", where);
    check(::fchmodat(parent_.get(), name.c_str(), entry.mode & 07777, 0),
          "set the mode of {}", where);
  }

  // Makes the entry under another name first: so it is there as a whole, or
  // not.
  void replace(const ArchiveEntry& entry, const std::string& name,
               bool is_folder) {
    const std::string where = (path_ / entry.name).native();
    const std::string draft = name + ".new";
    (void)::unlinkat(parent_.get(), draft.c_str(), 0);
    if (S_ISLNK(entry.mode)) {
      const std::string target(entry.content);
      check(::symlinkat(target.c_str(), parent_.get(), draft.c_str()),
            "make {}", where);
    } else {
      write_file_at(parent_.get(), draft, entry);
    }
    const timespec times[] = {{entry.changed, 0}, {entry.changed, 0}};
    check(::utimensat(parent_.get(), draft.c_str(), times, AT_SYMLINK_NOFOLLOW),
          "set the time of {}", where);
    if (is_folder) (void)::unlinkat(parent_.get(), name.c_str(), AT_REMOVEDIR);
    check(::renameat(parent_.get(), draft.c_str(), parent_.get(), name.c_str()),
          "replace {}", where);
  }

  fs::path path_;
  UniqueFd root_;
  dev_t device_ = 0;
  uid_t user_ = ::geteuid();
  fs::path parent_name_;
  UniqueFd parent_;
};

// Not below /run for root: Debian and others mount it so that programs cannot
// be run from there, nor devices used.
fs::path cache_folder() {
  return ::geteuid() == 0 ? "/var/cache/container-kit/roots" : run_folder();
}

void make_if_missing(const std::string& folder, mode_t mode) {
  if (::mkdir(folder.c_str(), mode) == 0) {
    check(::chmod(folder.c_str(), mode), "set the mode of {}", folder);
  } else if (errno != EEXIST) {
    check(-1, "make {}", folder);
  }
}

}  // namespace

fs::path default_root() {
  const fs::path folder = cache_folder();
  const fs::path root = folder / fmt::format("busybox-{}", kit_archive_digest);
  const UniqueFd locked = lock("busybox");  // One after the other unpacks.
  make_if_missing(folder.parent_path().parent_path(), 0755);
  make_if_missing(folder.parent_path(), 0755);
  make_if_missing(folder, 0700);
  make_if_missing(root, 0755);
  Tree tree(root);
  Archive archive({kit_archive_begin, kit_archive_end});
  for (ArchiveEntry entry; archive.next(entry);) tree.ensure(entry);
  for (const auto& device : kDevices) tree.ensure(device);
  return root;
}

void unpack_default_root(const fs::path& folder) {
  const UniqueFd root{
      check(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC), "open {}",
            folder.native())};
  Archive archive({kit_archive_begin, kit_archive_end});
  for (ArchiveEntry entry; archive.next(entry);) {
    const std::string& name = entry.name.native();
    if (S_ISDIR(entry.mode)) {
      check(::mkdirat(root.get(), name.c_str(), 0700), "make {}", name);
      check(::fchmodat(root.get(), name.c_str(), entry.mode & 07777, 0),
            "set the mode of {}", name);
    } else if (S_ISLNK(entry.mode)) {
      const std::string target(entry.content);
      check(::symlinkat(target.c_str(), root.get(), name.c_str()), "make {}",
            name);
    } else {
      write_file_at(root.get(), name, entry);
    }
  }
}

}  // namespace kit
