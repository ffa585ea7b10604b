// The launcher of the lab machine. `bazel run` calls it for every lesson.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "vm/launcher/bench.h"
#include "vm/launcher/judge.h"
#include "vm/launcher/judge_many.h"
#include "vm/launcher/guest.h"
#include "vm/launcher/run.h"
#include "vm/launcher/job.h"

namespace {

struct Options {
  std::vector<std::string> program;
  lab::ShellOptions shell;
  lab::JudgeOptions judge;
  lab::ManyOptions many;
  lab::Parts parts;
  std::string accelerator;
  std::string directory;
  int rounds = 7;
};

void define_judge(CLI::App& lab, Options& options) {
  auto* judge =
      lab.add_subcommand("judge", "judge a program in a machine of its own");
  auto& to = options.judge;
  judge->add_option("--judge", to.judge, "the judge's program");
  judge->add_option("--program", to.program, "the program to judge")
      ->required();
  judge->add_option("--messages", to.messages,
                    "a file: why there is no program, if it is not empty");
  judge->add_option("--probe", to.probe, "what the program is to run");
  judge->add_option("--file", to.files,
                    "NAME=PATH: a further file, as /job/NAME");
  judge->add_option("--image", to.image,
                    "an image of a root file system, as /rootfs/NAME");
  judge->add_option("--filter", to.filter, "only the cases that match");
  judge
      ->add_option("--machines", to.machines,
                   "how many machines share the cases, if there is no filter")
      ->check(CLI::Range(1, 16));
  judge->add_option("--deadline", to.deadline_seconds,
                    "seconds until it is stopped");
  judge->add_option("--expect-failure", to.expected.failure,
                    "the step that has to fail");
  judge->add_option("--expect-text", to.expected.text,
                    "what the report has to say");
  judge->add_option("--expect-todo", to.expect_todo,
                    "the step at which the program stops");
  judge->add_option("--expect-waiting", to.expected.waiting,
                    "the step that everything waits for");
  judge->add_flag("--expect-no-points", to.expected.no_points,
                  "it is judged to the end, and earns nothing");
  judge->add_flag("--unguarded", to.unguarded,
                  "nothing keeps root out of the judge: the positive control");
  judge->add_option("--argument", to.arguments,
                    "what the program gets, with --expect-todo");
}

void define_judge_many(CLI::App& lab, Options& options) {
  auto* judge = lab.add_subcommand(
      "judge-many", "judge a list of programs, many in one machine");
  auto& to = options.many;
  judge->add_option("--judge", to.judge, "the judge's program")->required();
  judge->add_option("--probe", to.probe, "what the programs are to run");
  judge->add_option("--list", to.list, "a file: the programs, as JSON")
      ->required();
  judge->add_option("--filter", to.filter, "only those whose names match");
  judge->add_option("--machines", to.machines, "how many at the same time")
      ->check(CLI::Range(1, 16));
  judge->add_option("--deadline", to.deadline_seconds,
                    "seconds until a program is stopped");
}

void define(CLI::App& lab, Options& options) {
  lab.require_subcommand(1);
  lab.add_subcommand("run", "run a lesson's program")
      ->prefix_command()
      ->footer("lab run PROGRAM [ARG]...");
  auto* shell = lab.add_subcommand("shell", "a root shell in a fresh machine");
  shell
      ->add_option("-c", options.shell.command, "run this command line instead")
      ->expected(1);
  shell->add_option("--deadline", options.shell.deadline_seconds,
                    "seconds until the machine is stopped");
  shell->add_option("--console", options.shell.console,
                    "the file that gets the console's log at the end");
  define_judge(lab, options);
  define_judge_many(lab, options);
  auto* save = lab.add_subcommand(
      "save", "boot a machine and save it (Bazel does this)");
  save->add_option("--kernel", options.parts.kernel)->required();
  save->add_option("--initramfs", options.parts.initramfs)->required();
  save->add_option("--accelerator", options.accelerator)->required();
  save->add_option("--directory", options.directory)->required();
  auto* bench = lab.add_subcommand(
      "bench", "compare booting with waking a saved machine");
  bench->add_option("--rounds", options.rounds, "how often")
      ->check(CLI::Range(1, 1000));
}

// One line for the user. Not fmt::print(): that throws when the terminal has
// gone.
void complain(const std::string& text) {
  (void)std::fputs(("lab: " + text + "\n").c_str(), stderr);
}

// Whoever starts this may have closed them. Then the next file that is opened
// would take their place, and get what is meant for them.
void open_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) == -1) {
      // NOLINTNEXTLINE(android-cloexec-open): inherited, as they always are.
      (void)!::open("/dev/null", O_RDWR);
    }
  }
}

int dispatch(CLI::App& lab, const Options& options) {
  if (lab.got_subcommand("run"))
    return lab::run(lab.get_subcommand("run")->remaining());
  if (lab.got_subcommand("shell")) return lab::shell(options.shell);
  if (lab.got_subcommand("judge")) return lab::judge(options.judge);
  if (lab.got_subcommand("judge-many")) return lab::judge_many(options.many);
  if (lab.got_subcommand("save")) {
    lab::save_machine(options.parts, options.accelerator, options.directory);
  } else {
    lab::bench(options.rounds);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_descriptors();
  CLI::App lab("The lab machine: runs and judges what learners write.", "lab");
  Options options;
  define(lab, options);
  try {
    lab.parse(argc, argv);
    return dispatch(lab, options);
  } catch (const CLI::Success& help) {
    return lab.exit(help);
  } catch (const CLI::ParseError& error) {
    complain(std::string(error.what()) + " (see lab --help)");
  } catch (const lab::Interrupted& interrupted) {
    complain("interrupted, the machine is gone");
    return 128 + interrupted.signal;
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return lab::kLauncherFailed;
}
