// The job that judges a program: what the guest gets, and what comes back.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "vm/archive.h"
#include "vm/launcher/verdict.h"
#include "vm/protocol.h"

namespace lab {

// The files of a job, for the guest's archive: `program` as /job/LESSON, the
// judge and its probe. "" leaves one out.
std::vector<ArchiveEntry> files_of_job(const std::string& program,
                                       const std::string& lesson,
                                       const std::string& judge,
                                       const std::string& probe);

// A job without arguments, which runs /job/NAME.
Job job_of(const std::string& name);

// A judge's job, with these files. `filter`: which cases, as Catch2 wants it.
Job job_of_judge(const std::string& lesson, const std::string& filter);

// A judged program may print without end: this much is kept.
class Kept {
 public:
  void add(std::string_view bytes);
  [[nodiscard]] std::string text() const;

 private:
  std::string text_;
  std::size_t left_out_ = 0;
};

// What one judge has found out, and what it and the program have printed.
struct Judged {
  Verdict verdict;
  std::string output;
};

// The report; if the verdict is not complete, with the output, which may say
// why.
std::string report_on(const Judged& judged, const std::string& lesson);

}  // namespace lab
