#include "tests/walls/attempt.h"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace walls {

using judge::Box;
using judge::Circumstances;

Circumstances without(const std::string& wall, Circumstances circumstances) {
  circumstances.program = "/job/controls/" + wall + "/14_container";
  return circumstances;
}

Box start(Options options, const Circumstances& circumstances) {
  options.insert(options.begin(), "run");
  judge::How how;
  how.circumstances = circumstances;
  return judge::start(options, how);
}

judge::Result run_shell(const Options& options, const std::string& words,
                        const Circumstances& circumstances) {
  Options arguments = {"run"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.insert(arguments.end(), {"--", "sh", "-c", words});
  return judge::run(arguments, circumstances);
}

judge::Process init_of(const Box& box) {
  return judge::Process(std::stoi(box.command().status("PPid")));
}

HostFile::HostFile() : path_("/judge/roots/" + judge::random_name()) {}

HostFile::HostFile(const std::string& content) : HostFile() {
  std::ofstream(path_) << content;
}

bool HostFile::is_there() const { return std::filesystem::exists(path_); }

std::string HostFile::content() const {
  std::stringstream text;
  text << std::ifstream(path_).rdbuf();
  return text.str();
}

bool leads_out(const Box& box, const std::string& link) {
  const HostFile marker;
  const std::string up = "/../../../../../../../..";
  (void)box.ask(fmt::format("make {}{}{} x", link, up, marker.path()));
  return marker.is_there();
}

bool descriptors_lead_out(const Box& box) {
  constexpr int kMany = 32;
  for (int fd = 0; fd < kMany; ++fd) {
    if (leads_out(box, fmt::format("/proc/1/fd/{}", fd))) return true;
  }
  return false;
}

State state_of(const std::string& path) {
  struct stat now {};
  REQUIRE(::stat(path.c_str(), &now) == 0);
  return {now.st_mode, now.st_uid, now.st_mtim.tv_sec};
}

void change_program(const Box& box) {
  (void)box.ask(fmt::format("call {} /proc/1/exe {}", SYS_chmod, 04777));
  (void)box.ask(fmt::format("call {} /proc/1/exe 77 77", SYS_chown));
  (void)box.ask(fmt::format("call {} /proc/1/exe 0", SYS_utime));
}

}  // namespace walls
