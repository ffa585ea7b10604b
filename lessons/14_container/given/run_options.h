// Given: the command line of `14_container run`. The options have Docker's
// names.

#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lessons/01_mount/given/volumes.h"
#include "lessons/05_net/given/address.h"
#include "lessons/06_cgroups/given/limit_options.h"
#include "lessons/07_caps/capabilities.h"
#include "lessons/kit/program.h"

namespace container {

// What the command line says, and no more: an option that is not given is not
// set. settings.h turns this into what the container is like.
struct RunOptions {
  using Text = std::optional<std::string>;

  Text name, host_name, domain_name;

  Text network;  // "none", "bridge" or "host".
  std::optional<in_addr> address;
  std::vector<std::vector<PublishedPort>> published;

  Text root;
  bool read_only_root = false;
  std::vector<Mount> mounts;
  std::optional<std::uint64_t> shm_size;

  LimitOptions limits;

  Text userns;  // "host" or "auto".
  std::optional<User> user;
  Changes capabilities;
  std::vector<std::string> security;  // "seccomp=FILE", "no-new-privileges".
  bool privileged = false;

  std::vector<std::optional<std::string>> environment;
  std::vector<std::vector<std::string>> environment_files;
  Text working_directory;
  std::optional<std::uint64_t> stop_timeout;  // Seconds.
  bool wants_terminal = false;
  bool habits = false;  // --rm and the like, which are always on.
  kit::Command command;
};

// argv[0] is not looked at. Changes nothing, and of the options' files it reads
// only those of --env-file. Throws as kit::Options::parse() does.
RunOptions parse_run_options(int argc, char** argv);

}  // namespace container
