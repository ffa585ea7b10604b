// The large headers that exercises use, compiled once for all of them:
// lessons/lesson.bzl has it included before an exercise. It makes no difference
// but time; every file includes what it uses itself.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>
