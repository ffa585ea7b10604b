#include "lessons/01_mount/given/volumes.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "lessons/01_mount/mount.h"
#include "lessons/kit/check.h"
#include "lessons/kit/parse.h"

using kit::check;
using kit::UniqueFd;

namespace container {
namespace {

namespace fs = std::filesystem;

// A target as others would write it: "/srv//data/." is "/srv/data".
fs::path parse_target(const std::string& text) {
  const fs::path path(text);
  if (!path.is_absolute()) {
    kit::fail("the target \"{}\" does not begin with /", text);
  }
  const fs::path target = path.lexically_normal();
  const bool has_slash = !target.has_filename();
  const fs::path plain = has_slash ? target.parent_path() : target;
  if (plain == "/") kit::fail("the target is the root: that is what --root is");
  return plain;
}

auto depth(const fs::path& path) {
  return std::distance(path.begin(), path.end());
}

bool is_directory(int fd) {
  struct stat now {};
  check(::fstat(fd, &now), "look at a volume, or its target");
  return S_ISDIR(now.st_mode);
}

// As step 01.4 does it for volumes, in which no device works. It is the host's
// file: read-only, so that nobody in the container changes its mode or owner.
// What is written to a device is not written to the file system, and goes on.
UniqueFd take_device(const fs::path& device) {
  UniqueFd copy{check(::open_tree(AT_FDCWD, device.c_str(),
                                  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC),
                      "open the device {}", device.native())};
  mount_attr attributes{};
  attributes.attr_set =
      MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
  check(::mount_setattr(copy.get(), "", AT_EMPTY_PATH, &attributes,
                        sizeof attributes),
        "restrict the device {}", device.native());
  return copy;
}

enum class Kind { kDirectory, kFile };

// Makes an entry called `name` in `directory`. Returns false if there is one.
bool make_entry(int directory, const std::string& name, Kind kind) {
  if (kind == Kind::kDirectory) {
    if (::mkdirat(directory, name.c_str(), 0755) == 0) return true;
  } else {
    constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    const UniqueFd file{::openat(directory, name.c_str(), kNew, 0644)};
    if (file) return true;
  }
  if (errno != EEXIST) check(-1, "make {}", name);
  return false;
}

// What the symbolic link called `name` says; nothing if it is none.
std::optional<fs::path> link_in(int directory, const std::string& name) {
  char text[PATH_MAX];
  const auto size = ::readlinkat(directory, name.c_str(), text, sizeof text);
  if (size == -1) return {};
  return fs::path(std::string(text, static_cast<std::size_t>(size)));
}

// Asked before, because most targets in a new /dev are missing, and an
// exception for each would make a start longer by a twentieth.
bool is_missing(const fs::path& path) {
  return ::access(path.c_str(), F_OK) == -1 && errno == ENOENT;
}

// Where `path` leads by the links that are there now: a path without links, of
// what is there or can be made. By what a magic link says, too, though step
// 01.5 will not follow it.
fs::path where_it_leads(const fs::path& path, int links = 40) {
  fs::path place = "/";
  for (auto name = path.begin(); name != path.end(); ++name) {
    if (*name == "..") place = place.parent_path();
    if (name->empty() || *name == "/" || *name == "." || *name == "..")
      continue;
    auto link = link_in(AT_FDCWD, place / *name);
    if (!link) {
      place /= *name;
      continue;
    }
    if (links == 0) kit::fail("too many links lead to {}", path.native());
    while (++name != path.end()) *link /= *name;
    return where_it_leads(place / *link, links - 1);
  }
  return place;
}

// Opens a target, and makes it first if it is not there, with the directories
// above it. Each name is made in a directory that step 01.5 has opened: so none
// is made outside of the root, wherever links lead. A link to nothing names
// what is to be made.
UniqueFd ensure_target(const fs::path& path, Kind kind) {
  if (!is_missing(path)) return open_target(path);
  const UniqueFd directory =
      ensure_target(path.parent_path(), Kind::kDirectory);
  if (make_entry(directory.get(), path.filename(), kind)) {
    return open_target(path);
  }
  const fs::path place = where_it_leads(path);
  return place == path ? open_target(path) : ensure_target(place, kind);
}

// What is in these is the kernel's, and not to be replaced by files: those who
// read them would believe that the kernel has said it.
void refuse_kernel_s(int target, const fs::path& path) {
  struct statfs now {};
  check(::fstatfs(target, &now), "look at {}", path.native());
  for (const auto type : {PROC_SUPER_MAGIC, SYSFS_MAGIC, CGROUP2_SUPER_MAGIC}) {
    if (now.f_type != type) continue;
    kit::fail("the target {} is in a file system of the kernel's",
              path.native());
  }
}

void mount_on(int target, Mount& mount) {
  if (mount.source.empty()) {
    // By its descriptor: a path could lead elsewhere by now.
    check(::fchdir(target), "enter the directory {}", mount.target.native());
    mount_tmpfs(".", mount.size);
    check(::chdir("/"), "return to the root");
    return;
  }
  const auto kind = [](bool directory) {
    return directory ? "directory" : "file";
  };
  const bool directory = is_directory(mount.volume.get());
  if (is_directory(target) != directory) {
    kit::fail("the volume {} is a {}, and its target {} is a {}",
              mount.source.native(), kind(directory), mount.target.native(),
              kind(!directory));
  }
  attach_volume(mount.volume.get(), target);
  mount.volume.reset();
}

bool is_at_or_below(const fs::path& path, const fs::path& other) {
  return std::mismatch(other.begin(), other.end(), path.begin(), path.end())
             .first == other.end();
}

// Mounts each on the place that its target leads to, one after the other.
class Places {
 public:
  void mount(Mount& mount) {
    const fs::path place = where_it_leads(mount.target);
    for (const auto& [other, target] : taken_) {
      if (!is_at_or_below(other, place)) continue;
      kit::fail(
          "the target {} leads to {}, and what is mounted there covers "
          "the mount on {}",
          mount.target.native(), place.native(), target.native());
    }
    const bool is_file =
        !mount.source.empty() && !is_directory(mount.volume.get());
    const UniqueFd target =
        ensure_target(mount.target, is_file ? Kind::kFile : Kind::kDirectory);
    refuse_kernel_s(target.get(), mount.target);
    mount_on(target.get(), mount);
    taken_.emplace_back(place, mount.target);
  }

 private:
  std::vector<std::pair<fs::path, fs::path>> taken_;  // Place and target.
};

}  // namespace

Mount parse_volume(const std::string& text) {
  const auto colon = text.find(':');
  const auto second = colon == text.npos ? colon : text.find(':', colon + 1);
  const bool read_only = second != text.npos;
  if (colon == 0 || colon == text.npos ||
      (read_only && text.substr(second) != ":ro")) {
    kit::fail("\"{}\" is neither SRC:DST nor SRC:DST:ro", text);
  }
  Mount mount;
  mount.source = text.substr(0, colon);
  mount.target = parse_target(text.substr(colon + 1, second - colon - 1));
  mount.read_only = read_only;
  return mount;
}

Mount parse_tmpfs(const std::string& text) {
  constexpr std::string_view kSize = ":size=";
  const auto colon = text.find(':');
  Mount mount;
  mount.target = parse_target(text.substr(0, colon));
  if (colon != text.npos) {
    const std::string rest = text.substr(colon);
    if (!rest.starts_with(kSize)) {
      kit::fail("\"{}\" is neither DST nor DST:size=N", text);
    }
    mount.size = kit::parse_size(rest.substr(kSize.size()));
  }
  return mount;
}

void sort_mounts(std::vector<Mount>& mounts) {
  std::stable_sort(mounts.begin(), mounts.end(),
                   [](const Mount& a, const Mount& b) {
                     return depth(a.target) < depth(b.target);
                   });
  for (size_t i = 0; i < mounts.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (mounts[i].target != mounts[j].target) continue;
      kit::fail("two mounts have the target {}", mounts[i].target.native());
    }
  }
}

void open_volumes(std::vector<Mount>& mounts) {
  for (auto& mount : mounts) {
    if (mount.source.empty()) continue;
    mount.volume = mount.device ? take_device(mount.source)
                                : take_volume(mount.source, mount.read_only);
  }
}

void place_mounts(std::vector<Mount>& mounts) {
  Places places;
  std::vector<Mount*> elsewhere;
  for (auto& mount : mounts) {
    if (where_it_leads(mount.target) == mount.target) {
      places.mount(mount);
    } else {
      elsewhere.push_back(&mount);
    }
  }
  // By a link of the root, they may lead to where another one had to be mounted
  // first, or these to one another.
  std::stable_sort(elsewhere.begin(), elsewhere.end(),
                   [](const Mount* a, const Mount* b) {
                     return depth(where_it_leads(a->target)) <
                            depth(where_it_leads(b->target));
                   });
  for (Mount* mount : elsewhere) places.mount(*mount);
}

}  // namespace container
