// Given: the values of 14_container's options, as Docker reads them.
//
// Each function takes the whole text or throws std::runtime_error, which says
// what is expected. What Docker can do and this runtime cannot is such an
// error.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lessons/01_mount/given/volumes.h"
#include "lessons/05_net/given/address.h"
#include "lessons/06_cgroups/cgroup.h"

namespace container {

// ---- Names ------------------------------------------------------------------

// A host or domain name: hostname(7), and "_", which many have in it.
std::string parse_host_name(const std::string& text);

// Takes one of the words; `what` they are, for the message.
std::function<std::string(const std::string&)> one_of(
    std::vector<std::string> words, const char* what);

// ---- Limits -----------------------------------------------------------------

// --cpu-shares, 2 to 262144, as a weight: 1 to 10000.
unsigned parse_shares(const std::string& text);

// --pids-limit: a number, or -1, or 0, for as many as there can be.
std::uint64_t parse_pids_limit(const std::string& text);

// "/dev/vda:1m" or "254:0:100": parse_value is for what is behind the last ":".
std::function<IoLimit(const std::string&)> io_limit(
    const char* key,
    std::function<std::uint64_t(const std::string&)> parse_value);

// ---- Files ------------------------------------------------------------------

// "SRC:DST[:MODES]": ro or rw, and z or Z, which ask SELinux for new labels and
// do nothing where there is none.
Mount parse_container_volume(const std::string& text);

// "DST[:OPTIONS]": size=N, and what is so anyway: rw, nosuid, nodev, noexec and
// mode=1777.
Mount parse_container_tmpfs(const std::string& text);

// ---- Ports ------------------------------------------------------------------

// "HOST:CONTAINER[/tcp]", each a port or a range: "8000-8002:80-82".
std::vector<PublishedPort> parse_published_ports(const std::string& text);

// ---- Variables --------------------------------------------------------------

// "NAME=VALUE"; or "NAME" for what the caller's environment has: nothing if
// that has none.
std::optional<std::string> parse_variable(const std::string& text);

// The same for each line of a file, but for comments, "# ...", and empty ones.
std::vector<std::string> read_variables(const std::string& file);

}  // namespace container
