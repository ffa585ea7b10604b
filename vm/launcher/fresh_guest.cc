#include "vm/launcher/fresh_guest.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "vm/archive.h"
#include "vm/launcher/judge_job.h"
#include "vm/launcher/outputs.h"

namespace lab {

JobResult run_in_fresh_guest(int number, const std::string& archive, Job job,
                             const JudgeOptions& options,
                             const Listener& listener) {
  Disks disks = make_disks();
  if (!options.image.empty()) add_image(disks, job, options.image);
  put_files(disks, job, archive);
  const auto begin = Clock::now();
  auto guest =
      wake(Parts::beside_launcher(), std::move(disks),
           [](const std::string& line) { fmt::print("lab: {}\n", line); });
  const auto awake = Clock::now();
  auto started = awake;
  Kept output;
  const auto keep = [&](std::string_view bytes) { output.add(bytes); };
  JobResult result;
  result.ending =
      run_job(guest, std::move(job), {keep, keep, listener.events},
              {.forward_input = false,
               .deadline = std::chrono::seconds(options.deadline_seconds),
               .enough = listener.enough,
               .started = [&] { started = Clock::now(); },
               .key = listener.key});
  note_times({awake - begin, started - awake, Clock::now() - started});
  result.output = output.text();
  const auto suffix = number == 1 ? "" : fmt::format("-{}", number);
  keep_output("console" + suffix, guest.qemu->console());
  keep_output("output" + suffix, result.output);
  return result;
}

std::string archive_for(const JudgeOptions& options,
                        const std::string& lesson) {
  auto files =
      files_of_job(options.program, lesson, options.judge, options.probe);
  for (const auto& file : options.files) {
    const auto equals = file.find('=');
    if (equals == std::string::npos)
      throw std::runtime_error("--file wants NAME=PATH, not " + file);
    files.push_back(
        archive_file(file.substr(equals + 1), "job/" + file.substr(0, equals)));
  }
  return write_archive(files);
}

}  // namespace lab
