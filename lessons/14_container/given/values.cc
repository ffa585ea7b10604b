#include "lessons/14_container/given/values.h"

#include <cmath>
#include <cstdlib>
#include <string_view>

#include "lessons/06_cgroups/given/limit_options.h"
#include "lessons/14_container/given/file_system.h"
#include "lessons/kit/check.h"
#include "lessons/kit/file.h"
#include "lessons/kit/parse.h"

namespace container {
namespace {

constexpr std::size_t kMaxVariables = 1 << 20;  // Bytes of a file.

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// The kernel's own files are not to be covered by those of others, and what the
// container makes in /dev is not to be made in a directory of the host's.
Mount check_target(Mount mount) {
  const auto first = *std::next(mount.target.begin());
  if (first == "proc" || first == "sys") {
    kit::fail("{} is the kernel's", mount.target.native());
  }
  const bool is_volume = !mount.source.empty();
  if ((mount.target == "/dev" && is_volume) || is_made_in_dev(mount.target)) {
    kit::fail("{} is made for each container: mount at another path",
              mount.target.native());
  }
  return mount;
}

// "80" or "8000-8002".
struct Ports {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

Ports parse_ports(const std::string& text) {
  const auto dash = text.find('-');
  const auto first = kit::parse_number(text.substr(0, dash), 1, 65'535);
  if (dash == text.npos) return {first, first};
  const auto last = kit::parse_number(text.substr(dash + 1), 1, 65'535);
  if (last < first) kit::fail("the range \"{}\" ends before it begins", text);
  return {first, last};
}

}  // namespace

std::string parse_host_name(const std::string& text) {
  if (text.empty() || text.size() > 64) {
    kit::fail("\"{}\" has not 1 to 64 bytes", text);
  }
  // The kernel takes any bytes, and files like /etc/hosts do not.
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
  if (text.find_first_not_of(kAllowed) != text.npos || text[0] == '-') {
    kit::fail(
        "\"{}\" is no name of letters, digits, '.', '_' and '-', which does "
        "not "
        "begin with '-'",
        text);
  }
  return text;
}

std::function<std::string(const std::string&)> one_of(
    std::vector<std::string> words, const char* what) {
  return [words = std::move(words), what](const std::string& text) {
    for (const auto& word : words) {
      if (text == word) return text;
    }
    kit::fail("\"{}\" is not {}", text, what);
  };
}

// Docker's shares, 2 to 262144 with 1024 in the middle, are the weights of
// cgroup v1. Version 2 has 1 to 10000, with 100 in the middle. This curve goes
// through all three: runc and crun have it since runc 1.3 and crun 1.24.
unsigned parse_shares(const std::string& text) {
  const double l =
      std::log2(static_cast<double>(kit::parse_number(text, 2, 262'144)));
  const double exponent = (l * l + 125 * l) / 612 - 7.0 / 34;
  // Not quite exact numbers, 100.00000000000003, are not to be rounded up.
  return static_cast<unsigned>(std::ceil(std::pow(10, exponent) - 1e-9));
}

std::uint64_t parse_pids_limit(const std::string& text) {
  return text == "-1" || text == "0" ? kAllPids : parse_pids(text);
}

std::function<IoLimit(const std::string&)> io_limit(
    const char* key,
    std::function<std::uint64_t(const std::string&)> parse_value) {
  return [key, parse = std::move(parse_value)](const std::string& text) {
    const auto colon = text.rfind(':');
    if (colon == text.npos || colon == 0) {
      kit::fail("\"{}\" is not of the form DEV:N", text);
    }
    return IoLimit{text.substr(0, colon), key, parse(text.substr(colon + 1))};
  };
}

Mount parse_container_volume(const std::string& text) {
  const auto parts = split(text, ':');
  if (parts.size() != 3) return check_target(parse_volume(text));
  Mount mount = parse_volume(parts[0] + ":" + parts[1]);
  for (const auto& mode : split(parts[2], ',')) {
    if (mode == "ro") {
      mount.read_only = true;
    } else if (mode != "rw" && mode != "z" && mode != "Z") {
      kit::fail("\"{}\": {} is none of ro, rw, z and Z", text, mode);
    }
  }
  return check_target(std::move(mount));
}

Mount parse_container_tmpfs(const std::string& text) {
  const auto colon = text.find(':');
  Mount mount = parse_tmpfs(text.substr(0, colon));
  if (colon == text.npos) return check_target(std::move(mount));
  for (const auto& option : split(text.substr(colon + 1), ',')) {
    if (option.starts_with("size=")) {
      mount.size = kit::parse_size(option.substr(5));
    } else if (option != "rw" && option != "nosuid" && option != "nodev" &&
               option != "noexec" && option != "mode=1777") {
      kit::fail(
          "\"{}\": {} cannot be had, only size=N and what is so anyway: rw, "
          "nosuid, nodev, noexec, mode=1777",
          text, option);
    }
  }
  return check_target(std::move(mount));
}

std::vector<PublishedPort> parse_published_ports(const std::string& text) {
  std::string ports = text;
  if (const auto slash = text.find('/'); slash != text.npos) {
    if (text.substr(slash) != "/tcp") {
      kit::fail("\"{}\": only TCP ports can be published", text);
    }
    ports = text.substr(0, slash);
  }
  const auto parts = split(ports, ':');
  if (parts.size() == 3) {
    kit::fail("\"{}\": a port is published on all addresses, not on {}", text,
              parts[0]);
  }
  if (parts.size() != 2) {
    kit::fail("\"{}\" is not of the form HOST:CONTAINER, like 8080:80", text);
  }
  const Ports host = parse_ports(parts[0]);
  const Ports inside = parse_ports(parts[1]);
  if (host.last - host.first != inside.last - inside.first) {
    kit::fail("\"{}\": the two ranges are not of one length", text);
  }
  std::vector<PublishedPort> published;
  for (auto i = host.first; i <= host.last; ++i) {
    published.push_back(
        {static_cast<std::uint16_t>(i),
         static_cast<std::uint16_t>(inside.first + i - host.first)});
  }
  return published;
}

std::optional<std::string> parse_variable(const std::string& text) {
  const auto equals = text.find('=');
  if (text.empty() || equals == 0) kit::fail("\"{}\" has no name", text);
  if (equals != text.npos) return text;
  const char* value = std::getenv(text.c_str());
  if (value == nullptr) return {};
  return text + "=" + value;
}

std::vector<std::string> read_variables(const std::string& file) {
  std::vector<std::string> variables;
  for (const auto& line : split(kit::read_file(file, kMaxVariables), '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    if (const auto variable = parse_variable(line)) {
      variables.push_back(*variable);
    }
  }
  return variables;
}

}  // namespace container
