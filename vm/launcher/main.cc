// The launcher of the lab machine. `bazel run` calls it for every lesson.

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "vm/launcher/bench.h"
#include "vm/launcher/job.h"
#include "vm/launcher/judge.h"
#include "vm/launcher/judge_many.h"
#include "vm/launcher/run.h"
#include "vm/launcher/snapshot.h"

namespace {

struct Options {
  std::vector<std::string> program;
  lab::ShellOptions shell;
  lab::JudgeOptions judge;
  lab::CourseTest course_test;
  lab::ManyOptions many;
  lab::Parts parts;
  std::string accelerator;
  std::string directory;
  int rounds = 7;
};

// Headings of the help: what a user needs, and what the build and the tests of
// this course call.
constexpr char kForUsers[] = "To do lessons, and to grade them";
constexpr char kForTheCourse[] = "For the build and the course's own tests";

constexpr int kLongestDeadline = 24 * 60 * 60;  // Seconds.

// What the judge has to find out, when a test of the course asks.
void define_course_test(CLI::App& judge, lab::CourseTest& test) {
  const auto add = [&](const std::string& name, auto& value,
                       const std::string& what) {
    judge.add_option(name, value, what)->group(kForTheCourse);
  };
  add("--expect-failure", test.expected.failure, "the step that has to fail");
  add("--expect-text", test.expected.text, "what the report has to say");
  add("--expect-todo", test.todo, "the step at which the program stops");
  add("--argument", test.arguments,
      "what the program gets, with --expect-todo");
  add("--expect-waiting", test.expected.waiting,
      "the step that has to be the next to be written");
  judge
      .add_flag("--expect-no-points", test.expected.no_points,
                "it is judged to the end, and earns nothing")
      ->group(kForTheCourse);
  judge
      .add_flag("--unguarded", test.unguarded,
                "nothing keeps root out of the judge: the positive control")
      ->group(kForTheCourse);
}

void define_judge(CLI::App& lab, Options& options) {
  auto* judge =
      lab.add_subcommand("judge", "judge a program in a guest of its own")
          ->group(kForUsers);
  auto& to = options.judge;
  judge->add_option("--judge", to.judge, "the judge's program");
  judge->add_option("--program", to.program, "the program to judge")
      ->required();
  judge->add_option("--messages", to.messages,
                    "a file: what the compiler said, if it built no program");
  judge->add_option("--probe", to.probe, "what the program is to run");
  judge->add_option("--file", to.files,
                    "NAME=PATH: a further file, as /job/NAME");
  judge->add_option("--image", to.image,
                    "an image of a root file system, as /rootfs/NAME");
  judge->add_option("--filter", to.filter, "only the cases that match");
  judge
      ->add_option("--guests", to.guests,
                   "how many guests share the cases, if there is no filter")
      ->check(CLI::Range(1, 16));
  judge
      ->add_option("--deadline", to.deadline_seconds,
                   "seconds until it is stopped")
      ->check(CLI::Range(1, kLongestDeadline));
  define_course_test(*judge, options.course_test);
}

void define_judge_many(CLI::App& lab, Options& options) {
  auto* judge =
      lab.add_subcommand("judge-many",
                         "judge a list of programs, many in the same guest")
          ->group(kForTheCourse);
  auto& to = options.many;
  judge->add_option("--judge", to.judge, "the judge's program")->required();
  judge->add_option("--probe", to.probe, "what the programs are to run");
  judge->add_option("--list", to.list, "a file: the programs, as JSON")
      ->required();
  judge->add_option("--filter", to.filter, "only those whose names match");
  judge->add_option("--guests", to.guests, "how many at the same time")
      ->check(CLI::Range(1, 16));
  judge
      ->add_option("--deadline", to.deadline_seconds,
                   "seconds until a program is stopped")
      ->check(CLI::Range(1, kLongestDeadline));
}

void define_run_and_shell(CLI::App& lab, Options& options) {
  lab.add_subcommand("run", "run a lesson's program in a fresh guest")
      ->prefix_command()
      ->footer("lab run PROGRAM [ARG]...")
      ->group(kForUsers);
  auto* shell = lab.add_subcommand("shell", "a root shell in a fresh guest")
                    ->group(kForUsers);
  shell
      ->add_option("-c", options.shell.command, "run this command line instead")
      ->expected(1);
  shell
      ->add_option("--deadline", options.shell.deadline_seconds,
                   "seconds until the guest is stopped")
      ->check(CLI::Range(1, kLongestDeadline));
  shell->add_option("--console", options.shell.console,
                    "the file that gets the console's log at the end");
}

void define_save(CLI::App& lab, Options& options) {
  auto* save =
      lab.add_subcommand("save", "boot a guest and make a snapshot of it")
          ->group(kForTheCourse);
  save->add_option("--kernel", options.parts.kernel)->required();
  save->add_option("--initramfs", options.parts.initramfs)->required();
  save->add_option("--accelerator", options.accelerator)->required();
  save->add_option("--directory", options.directory)->required();
}

void define(CLI::App& lab, Options& options) {
  lab.require_subcommand(1);
  define_run_and_shell(lab, options);
  define_judge(lab, options);
  define_judge_many(lab, options);
  define_save(lab, options);
  lab.add_subcommand("bench", "compare booting with restoring a snapshot")
      ->group(kForUsers)
      ->add_option("--rounds", options.rounds, "how often")
      ->check(CLI::Range(1, 1000));
}

// CLI11 would only say that a subcommand is required.
void refuse_unknown_command(const CLI::App& lab, int argc, char** argv) {
  const std::string word = argc > 1 ? argv[1] : "";
  if (word.empty() || word[0] == '-') return;
  const auto named = lab.get_subcommands(
      [&](const CLI::App* command) { return command->check_name(word); });
  if (named.empty()) {
    throw CLI::ParseError("unknown command " + word,
                          CLI::ExitCodes::ExtrasError);
  }
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
  if (lab.got_subcommand("judge"))
    return lab::judge(options.judge, options.course_test);
  if (lab.got_subcommand("judge-many")) return lab::judge_many(options.many);
  if (lab.got_subcommand("save")) {
    lab::save_snapshot(options.parts, options.accelerator, options.directory);
  } else {
    lab::bench(options.rounds);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  open_standard_descriptors();
  CLI::App lab(
      "The lab machine: runs and judges what learners write, in virtual "
      "machines\n"
      "(guests) that are thrown away afterwards.",
      "lab");
  Options options;
  define(lab, options);
  try {
    refuse_unknown_command(lab, argc, argv);
    lab.parse(argc, argv);
    return dispatch(lab, options);
  } catch (const CLI::Success& help) {
    return lab.exit(help);
  } catch (const CLI::ParseError& error) {
    complain(std::string(error.what()) + " (see lab --help)");
  } catch (const lab::Interrupted& interrupted) {
    complain("interrupted, the lab machine is gone");
    return 128 + interrupted.signal;
  } catch (const std::exception& error) {
    complain(error.what());
  }
  return lab::kLauncherFailed;
}
