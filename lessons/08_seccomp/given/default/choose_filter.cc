#include <filesystem>

#include "lessons/08_seccomp/given/default/default.h"
#include "lessons/08_seccomp/given/profile.h"
#include "lessons/kit/file.h"

namespace container {

// Docker's fourteen: lesson 07 has their names.
constexpr std::uint64_t kDockersCapabilities = 0xa80425fb;

Filter choose_filter(const std::optional<std::string>& file,
                     std::uint64_t bounding) {
  if (file) {
    return compile(read_profile(*file, kit::read_file(*file, kMaxProfile),
                                here(bounding)));
  }
  if (bounding == kDockersCapabilities) return kDefaultFilter;
  return compile(
      read_profile("default/profile.json", kDefaultProfile, here(bounding)));
}

}  // namespace container
