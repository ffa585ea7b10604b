#include "vm/launcher/judge_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace lab {
namespace {

// A result that nobody can read is none.
struct ReportNotWritten : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Whoever collects results must not take an older file, or none, for this one.
void write_output(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  errno = 0;
  if (!(file << text).flush()) {
    throw ReportNotWritten(fmt::format(
        "cannot write {}: {}", path,
        std::generic_category().message(errno == 0 ? ENOENT : errno)));
  }
}

constexpr std::size_t kMostKept = 256 * 1024;

}  // namespace

std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int with_report(const std::function<int()>& judge) {
  int status = kNotJudged;
  try {
    status = judge();
    if (std::fflush(stdout) != 0) {
      throw ReportNotWritten("cannot write the report to standard output");
    }
  } catch (const ReportNotWritten& error) {
    (void)std::fputs(fmt::format("lab: {}\n", error.what()).c_str(), stderr);
    status = kNotJudged;
  }
  return status;
}

void write_junit(const std::string& xml) {
  if (const char* const file = std::getenv("XML_OUTPUT_FILE")) {
    write_output(file, xml);
  }
}

void keep_output(const std::string& name, const std::string& text) {
  const char* const directory = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  if (directory == nullptr) return;
  write_output(fmt::format("{}/{}.log", directory, name), text);
}

void Kept::add(std::string_view bytes) {
  const auto room = kMostKept - std::min(kMostKept, text_.size());
  text_.append(bytes.substr(0, room));
  left_out_ += bytes.size() - std::min(room, bytes.size());
}

std::string Kept::text() const {
  return left_out_ == 0
             ? text_
             : fmt::format("{}\n[{} more bytes]\n", text_, left_out_);
}

std::vector<ArchiveEntry> files_of_job(const std::string& program,
                                       const std::string& lesson,
                                       const std::string& judge,
                                       const std::string& probe) {
  std::vector<ArchiveEntry> files = {archive_file(program, "job/" + lesson)};
  if (!judge.empty()) files.push_back(archive_file(judge, "job/judge"));
  if (!probe.empty()) files.push_back(archive_file(probe, "job/probe"));
  return files;
}

Job job_of(const std::string& name) {
  Job job;
  job.argv = {"/job/" + name};
  job.environment = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                     "TERM=dumb", "LANG=C.UTF-8"};
  return job;
}

Job job_of_judge(const std::string& lesson, const std::string& filter) {
  auto job = job_of("judge");
  job.judge = true;
  if (!filter.empty()) job.argv.push_back(filter);
  for (const auto& setting :
       {"JUDGE_PROGRAM=/job/" + lesson, std::string("JUDGE_PROBE=/job/probe"),
        std::string("JUDGE_EVENTS_FD=3")}) {
    job.environment.push_back(setting);
  }
  return job;
}

}  // namespace lab
