// Small files as a whole: /proc and cgroupfs are made of them.

#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace kit {

// What is in `file`, a regular file: anything else that a user names, like
// /dev/zero or a FIFO, may be without end, or make us wait for ever.
//
// most: bytes. Throws SystemError; std::runtime_error if it is not a regular
// file, or longer.
std::string read_file(const std::filesystem::path& file,
                      std::uint64_t most = std::uint64_t{1} << 30);

// Writes `text` to `file`, which must exist, with one write(). The kernel takes
// what one write() brings as one order, so it must not be cut into two.
//
// Throws SystemError: `set pids.max to "x": Invalid argument`.
void write_file(const std::filesystem::path& file, std::string_view text);

}  // namespace kit
