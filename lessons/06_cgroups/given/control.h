// Given: reading, writing and watching the files of a cgroup.

#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace container {

// Writes `value` to the file `control` of a cgroup. Throws SystemError, with
// advice: `set pids.max to "x": Invalid argument`.
void set_control(const std::filesystem::path& cgroup, std::string_view control,
                 std::string_view value);

// Returns what is in the file, without the newline at its end. Throws
// SystemError.
std::string get_control(const std::filesystem::path& cgroup,
                        std::string_view control);

// Returns the numbers of a block device: "254:0" for "/dev/vda", and for
// "254:0".
//
// Throws SystemError if there is no such file, std::runtime_error if it is not
// a block device.
std::string device_numbers(const std::string& device);

// Waits until cgroup.events has the line `event` ("populated 0", "frozen 1").
// The kernel wakes us at each change: nothing is asked over and over again.
//
// Throws std::runtime_error after 10 seconds, SystemError if the cgroup is
// gone.
void wait_for_event(const std::filesystem::path& cgroup,
                    std::string_view event);

// Returns the cgroups below `cgroup`, the deepest first, and itself as the
// last. None if it is not there. Throws std::system_error if that is unknown.
std::vector<std::filesystem::path> cgroup_and_below(
    const std::filesystem::path& cgroup);

}  // namespace container
