#include "lessons/01_mount/volumes.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "lessons/01_mount/mount.h"
#include "lessons/kit/check.h"
#include "lessons/kit/parse.h"

using kit::check;

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
  check(::fstat(fd, &now), "look at a volume");
  return S_ISDIR(now.st_mode);
}

// As step 01.4 does it for volumes, in which no device works.
kit::UniqueFd take_device(const fs::path& device) {
  kit::UniqueFd copy{check(::open_tree(AT_FDCWD, device.c_str(),
                                       OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC),
                           "open the device {}", device.native())};
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
  check(::mount_setattr(copy.get(), "", AT_EMPTY_PATH, &attributes,
                        sizeof attributes),
        "restrict the device {}", device.native());
  return copy;
}

void make_directories(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    throw kit::SystemError(error.value(),
                           fmt::format("make the directory {}", path.native()));
  }
}

void make_file(const fs::path& path) {
  make_directories(path.parent_path());
  const std::string& name = path.native();
  // A file that is there may be anything: a device or a socket, say.
  if (::access(name.c_str(), F_OK) == 0) return;
  const kit::UniqueFd file{
      check(::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644),
            "make the file {}", name)};
}

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
  for (auto& mount : mounts) {
    const bool is_tmpfs = mount.source.empty();
    if (is_tmpfs || is_directory(mount.volume.get())) {
      make_directories(mount.target);
    } else {
      make_file(mount.target);
    }
    if (is_tmpfs) {
      mount_tmpfs(mount.target, mount.size);
    } else {
      attach_volume(mount.volume.get(), mount.target);
      mount.volume.reset();
    }
  }
}

}  // namespace container
