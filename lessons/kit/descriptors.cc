#include "lessons/kit/descriptors.h"

#include <unistd.h>

#include <algorithm>

#include "lessons/kit/check.h"

namespace kit {

void keep_only(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned next = 0;
  for (const int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (number > next) {
      check(::close_range(next, number - 1, 0), "close descriptors");
    }
    next = number + 1;
  }
  check(::close_range(next, ~0U, 0), "close descriptors");
}

}  // namespace kit
