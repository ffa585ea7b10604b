// Small files as a whole: /proc and cgroupfs are made of them.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace kit {

// What is in `file`. Throws SystemError.
std::string read_file(const std::filesystem::path& file);

// Writes `text` to `file`, which must exist, with one write(). The kernel takes
// what one write() brings as one order, so it must not be cut into two.
//
// Throws SystemError: `set pids.max to "x": Invalid argument`.
void write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace kit
