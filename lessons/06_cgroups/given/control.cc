#include "lessons/06_cgroups/given/control.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <chrono>

#include "lessons/kit/check.h"
#include "lessons/kit/file.h"
#include "lessons/kit/unique_fd.h"

using kit::check;
using kit::UniqueFd;

namespace container {
namespace {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(10);

// What the errors of cgroupfs mean here, where errno's text is of little help.
std::string_view advice(const fs::path& cgroup, std::string_view control,
                        int error) {
  const bool enabling = control == "cgroup.subtree_control";
  std::error_code ignored;
  switch (error) {
    case ENOENT:
      if (!fs::exists(cgroup, ignored)) return "there is no such cgroup";
      if (enabling) return "the cgroup above does not pass this controller on";
      if (control.starts_with("cgroup.")) return "this needs a newer kernel";
      return "is its controller in the cgroup.subtree_control above?";
    case EINVAL:
      return enabling ? "the kernel has no such controller" : "";
    case EBUSY:
    case EOPNOTSUPP:
      return enabling ? "there are processes in this cgroup; only one without "
                        "processes of its own can enable controllers"
                      : "";
    case ENODEV:
      return "not a whole disk, or the cgroup has just been removed";
    case ERANGE:
      return "the host has no such processor";
    case EACCES:
    case EPERM:
    case EROFS:
      return "this needs root, and cgroup v2 mounted so that it can be written";
    default:
      return "";
  }
}

UniqueFd open_control(const fs::path& cgroup, std::string_view control,
                      int flags) {
  return UniqueFd{::open((cgroup / control).c_str(), flags | O_CLOEXEC)};
}

}  // namespace

void set_control(const fs::path& cgroup, std::string_view control,
                 std::string_view value) {
  const UniqueFd fd = open_control(cgroup, control, O_WRONLY);
  if (fd && ::write(fd.get(), value.data(), value.size()) != -1) return;
  const int error = errno;
  throw kit::SystemError(
      error,
      fmt::format("set {} to \"{}\" in {}", control, value, cgroup.native()),
      advice(cgroup, control, error));
}

std::string get_control(const fs::path& cgroup, std::string_view control) {
  std::string text = kit::read_file(cgroup / control);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::string device_numbers(const std::string& device) {
  if (!device.starts_with('/')) return device;
  struct stat file {};
  check(::stat(device.c_str(), &file), "look at {}", device);
  if (!S_ISBLK(file.st_mode)) kit::fail("{} is not a block device", device);
  return fmt::format("{}:{}", major(file.st_rdev), minor(file.st_rdev));
}

void wait_for_event(const fs::path& cgroup, std::string_view event) {
  const auto deadline = steady_clock::now() + kPatience;
  const UniqueFd fd = open_control(cgroup, "cgroup.events", O_RDONLY);
  const std::string& name = cgroup.native();
  check(fd.get(), "watch the cgroup {}", name);
  for (;;) {
    char text[128];
    const auto size =
        check(::pread(fd.get(), text, sizeof text, 0), "watch {}", name);
    const std::string_view events(text, static_cast<size_t>(size));
    if (events.find(event) != events.npos) return;

    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        deadline - steady_clock::now());
    pollfd change{fd.get(), POLLPRI, 0};
    if (left.count() <= 0 ||
        check(::poll(&change, 1, static_cast<int>(left.count())), "watch {}",
              name) == 0) {
      kit::fail("{} does not come to \"{}\"", name, event);
    }
  }
}

std::vector<fs::path> cgroup_and_below(const fs::path& cgroup) {
  std::vector<fs::path> result;
  if (!fs::exists(cgroup)) return result;  // Throws if that cannot be known.
  std::error_code gone;
  for (const auto& entry : fs::directory_iterator(cgroup, gone)) {
    if (!entry.is_directory(gone)) continue;
    const auto below = cgroup_and_below(entry.path());
    result.insert(result.end(), below.begin(), below.end());
  }
  result.push_back(cgroup);
  return result;
}

}  // namespace container
