#include "vm/launcher/judge_job.h"

#include <fmt/format.h>

#include <algorithm>

#include "vm/launcher/printable.h"
#include "vm/launcher/report.h"

namespace lab {
namespace {

constexpr std::size_t kMostKept = 256 * 1024;

}  // namespace

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

std::string report_on(const Judged& judged, const std::string& lesson) {
  auto text = report(judged.verdict, lesson);
  if (!judged.verdict.incomplete.empty() && !judged.output.empty()) {
    text += fmt::format("\nThe judge printed:\n{}\n", printable(judged.output));
  }
  return text;
}

}  // namespace lab
