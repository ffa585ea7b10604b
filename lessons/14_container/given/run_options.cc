#include "lessons/14_container/given/run_options.h"

#include "lessons/14_container/given/values.h"
#include "lessons/kit/check.h"
#include "lessons/kit/options.h"
#include "lessons/kit/parse.h"

namespace container {
namespace {

std::string parse_text(const std::string& text) { return text; }

std::string parse_directory(const std::string& text) {
  if (!text.starts_with('/')) kit::fail("\"{}\" does not begin with /", text);
  return text;
}

void add_file_system(kit::Options& options, RunOptions& given) {
  options.add("--root", "DIR", "its root (busybox, in memory)", given.root,
              parse_text);
  options.add_flag("--read-only", "the root itself is read-only",
                   given.read_only_root);
  options.add_list("-v,--volume", "SRC:DST[:ro]",
                   "the host's file or directory SRC, at DST;\n"
                   "ro: read-only; may be repeated",
                   given.mounts, parse_container_volume);
  options.add("--shm-size", "SIZE", "of /dev/shm (64m)", given.shm_size,
              kit::parse_size);
  options.add_list("--tmpfs", "DST[:size=N]",
                   "an empty file system in memory, at DST, for N\n"
                   "bytes, or like 64m; may be repeated",
                   given.mounts, parse_container_tmpfs);
}

void add_limits(kit::Options& options, LimitOptions& given) {
  add_limit_options(options, given, "half of the host's");
  Limits& limits = given.limits;
  options.add("--cpu-shares", "N",
              "its share while others want time too, 2 to 262144\n(1024)",
              limits.cpu_weight, parse_shares);
  options.add("--pids-limit", "N",
              "processes and threads at the same time (4096), or\n"
              "-1: as many as there can be",
              limits.pids_max, parse_pids_limit);
  const auto count = [](const auto& text) {
    return kit::parse_number(text, 1);
  };
  options.add_list("--device-read-bps", "DEV:SIZE",
                   "read at most that much a second; may be repeated",
                   limits.io_max, io_limit("rbps", kit::parse_size));
  options.add_list("--device-write-bps", "DEV:SIZE", "write that much",
                   limits.io_max, io_limit("wbps", kit::parse_size));
  options.add_list("--device-read-iops", "DEV:N", "read that many times",
                   limits.io_max, io_limit("riops", count));
  options.add_list("--device-write-iops", "DEV:N", "write that many times",
                   limits.io_max, io_limit("wiops", count));
}

void add_names_and_network(kit::Options& options, RunOptions& given) {
  options.add("--name", "NAME", "the container's name (a random one)",
              given.name, kit::parse_name);
  options.add("-h,--hostname", "NAME", "its host name (its name)",
              given.host_name, parse_host_name);
  options.add("--domainname", "NAME", "its NIS domain name (none)",
              given.domain_name, parse_host_name);
  options.add("--network,--net", "MODE",
              "none: a loopback; bridge: a link to the host,\n"
              "and beyond; host: the host's (none, or bridge\n"
              "with --publish or --ip)",
              given.network,
              one_of({"none", "bridge", "host"}, "none, bridge or host"));
  options.add("--ip", "ADDR", "its address of 10.85.0.0/16 (a free one)",
              given.address, parse_address);
  options.add_list("-p,--publish", "HOST:CONTAINER",
                   "let the host's TCP port HOST lead to the\n"
                   "container's port CONTAINER, or as many ports, like\n"
                   "8000-8002:80-82; may be repeated",
                   given.published, parse_published_ports);
}

void add_rights(kit::Options& options, RunOptions& given) {
  options.add("-u,--user", "UID[:GID]", "who the command is (0)", given.user,
              parse_user);
  options.add("--userns", "MODE",
              "host: the host's users; auto: its own, who are\n"
              "nobody on the host (host)",
              given.userns, one_of({"host", "auto"}, "host or auto"));
  options.add_list("--cap-drop", "NAME",
                   "without this capability, or ALL; may be repeated",
                   given.capabilities.dropped, parse_capability);
  options.add_list("--cap-add", "NAME",
                   "with this capability, or ALL; may be repeated",
                   given.capabilities.added, parse_capability);
  options.add_list("--security-opt", "OPT",
                   "seccomp=FILE or seccomp=unconfined: another filter\n"
                   "of system calls, or none (but for keys, which are\n"
                   "the host's without --userns auto);\n"
                   "no-new-privileges (always so); may be repeated",
                   given.security, parse_text);
  options.add_flag("--privileged",
                   "all capabilities and system calls, and no file\n"
                   "hidden (/sys stays read-only, and there are no\n"
                   "more devices)",
                   given.privileged);
}

void add_command(kit::Options& options, RunOptions& given) {
  options.add_list("-e,--env", "NAME[=VALUE]",
                   "a variable, or one of here, if it is set; may be\n"
                   "repeated",
                   given.environment, parse_variable);
  options.add_list("--env-file", "FILE",
                   "a file with such a variable in each line, or a\n"
                   "comment that begins with #; may be repeated",
                   given.environment_files, read_variables);
  options.add("-w,--workdir", "DIR", "its working directory (/)",
              given.working_directory, parse_directory);
  options.add("--stop-timeout", "SECONDS",
              "how long it may take to end after SIGTERM; then it\n"
              "is killed (10)",
              given.stop_timeout, [](const auto& text) {
                return kit::parse_number(text, 0, 86'400);
              });
}

// These change nothing: people type them because Docker needs to be told.
void add_docker_s_habits(kit::Options& options, RunOptions& given) {
  options.add_flag("--rm", "remove it at its end (always so)", given.habits);
  options.add_flag("-i,--interactive", "with standard input (always so)",
                   given.habits);
  options.add_flag("--init", "with an init (always so)", given.habits);
  options.add_flag("-t,--tty",
                   "with a terminal (so where one of the standard\n"
                   "streams is one; an error where none is)",
                   given.wants_terminal);
}

}  // namespace

RunOptions parse_run_options(int argc, char** argv) {
  RunOptions given;
  kit::Options options("Runs COMMAND (/bin/sh) in a new container.",
                       "run [OPTION]... [--] [COMMAND [ARG]...]");
  add_names_and_network(options, given);
  add_file_system(options, given);
  add_limits(options, given.limits);
  add_rights(options, given);
  add_command(options, given);
  add_docker_s_habits(options, given);
  given.command = options.parse(argc, argv);
  return given;
}

}  // namespace container
