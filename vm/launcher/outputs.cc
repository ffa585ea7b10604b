#include "vm/launcher/outputs.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include "vm/protocol.h"

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

}  // namespace

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

void note_times(const Times& times) {
  const char* const file = std::getenv("LAB_TIMES");
  if (file == nullptr) return;
  std::ofstream(file, std::ios::app)
      << to_line({{"wake", times.wake.count()},
                  {"payload", times.payload.count()},
                  {"judge", times.judge.count()}});
}

}  // namespace lab
