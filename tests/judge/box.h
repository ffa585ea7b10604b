// A container that the judged program has made, seen from outside.
//
//   const auto name = judge::random_name();
//   const auto box = judge::start({"--hostname", name});
//
//   HINT("sethostname() must be called in the child, after the clone.");
//   CHECK(box.command().own_namespaces().contains("uts"));
//
// start() makes a root directory with the probe in it, and starts
//
//   PROGRAM [YOUR OPTIONS] --root DIRECTORY -- /probe serve
//
// or, for a lesson that leaves the root as it is,
//
//   PROGRAM [YOUR OPTIONS] -- DIRECTORY/probe serve
//
// and returns when the probe is ready to be told what to do. If the program
// stops at an unwritten step before, start() returns too, provided that the
// step is a later one than the case's: what is there until then can be judged.
// All that needs the running command then ends the case as "waiting".

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/judge/host.h"
#include "tests/judge/process.h"
#include "tests/judge/subject.h"

namespace judge {

// What the kernel says of a process at one moment.
struct Moment {
  std::string cgroup;                         // Its path,
  std::map<std::string, std::string> limits;  // pids.max and the like.
  std::set<std::string> own_namespaces;
  std::optional<FileId> root, working_directory;
  std::map<int, std::string> kept_descriptors;  // That an exec passes on.
  std::string status;  // All of /proc/PID/status: see field_in().
};

struct How {
  // Holds the program when it is about to remove a directory: then what it has
  // made is still there to be looked at, also if one of its later steps fails.
  bool hold_removal = false;

  // Holds the program, or a child of it that is not the command yet, when it is
  // about to give up: to kill its child, or to end. Then the child can still be
  // looked at. For cases that do not end the command themselves.
  bool hold_end = false;

  // Does the program take --root? If not, its command is in the guest's root.
  bool with_root = true;

  Circumstances circumstances;
  std::vector<std::string> probe = {"serve"};  // The probe's arguments.

  // Delays every opening of a cgroup.procs file, until the command is about to
  // run or half a second is over in which nothing else happens. So a command
  // that does not wait until it is in its cgroup is caught every time, not now
  // and then.
  bool slow_cgroups = false;
};

class Box {
 public:
  Box(const std::vector<std::string>& options, const How& how);
  ~Box();
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;

  // The running command. Throws Waiting or Failed if there is none.
  [[nodiscard]] const Process& command() const;

  // The command's cgroup. If the program stopped at a later step before the
  // command ran: the one that it has made for it.
  [[nodiscard]] Cgroup cgroup() const;

  // The command; or, if the program stopped at a later step before that ran,
  // the process that stopped there: the program, or a child of it.
  [[nodiscard]] Process becoming() const;

  // The command at the moment when its exec had begun, and not one of its
  // instructions had run.
  [[nodiscard]] const Moment& at_exec() const;

  // The same; or, if the program stopped at a later step before that, the
  // process that stopped there, as it is now.
  [[nodiscard]] Moment prepared() const;

  // The program itself.
  [[nodiscard]] Process program() const;

  // The process of the program that is held for How::hold_end, or 0.
  [[nodiscard]] pid_t who_gives_up() const { return gives_up_; }

  // The root directory that it was given: its path in the guest, and which
  // directory that is.
  [[nodiscard]] const std::string& root_path() const { return root_path_; }
  [[nodiscard]] FileId root() const;

  // Has the probe carry out an instruction (tests/probe/probe.cc). Returns its
  // answer, or "ended" if the command ended instead of answering.
  std::string ask(const std::string& instruction) const;

  // The same, and returns the text after "ok". Any other answer fails the case.
  std::string get(const std::string& instruction) const;

  // Tells the probe to end with that status, and returns how the program ended.
  Ending end(int status) const;

  // Waits for the program's end. Throws Waiting if it stops at an unwritten
  // step instead.
  Ending wait() const;

  // Waits until `fact` is true: judge::becomes_true() for the program.
  bool becomes_true(const std::function<bool()>& fact) const;

  // Sends the program a signal.
  void send_signal(int signal) const;

  // What the program and its command have written.
  [[nodiscard]] const std::string& output() const { return subject_->output(); }
  [[nodiscard]] const std::string& errors() const { return subject_->errors(); }

 private:
  void wait_until_ready(const std::vector<std::string>& arguments,
                        const How& how);
  void welcome();
  [[nodiscard]] pid_t gives_up() const;
  [[noreturn]] void fail(const std::string& why) const;

  std::string root_path_;
  std::vector<std::string> cgroups_before_;
  FileId probe_id_;
  kit::UniqueFd listener_;
  kit::UniqueFd probe_;  // The connection to the probe.
  std::unique_ptr<Subject> subject_;
  std::unique_ptr<Process> command_;
  std::optional<Moment> at_exec_;
  pid_t gives_up_ = 0;  // Who does, and is held just before.
  mutable std::string first_answer_;
};

Box start(const std::vector<std::string>& options, const How& how = {});

// How a program ended that was run to its end, with exactly these arguments.
struct Result {
  Ending ending;
  std::string output, errors;

  // Is the text on standard error one line, "PROGRAM: ..."?
  [[nodiscard]] bool is_one_line() const;

  // Are there lines, each of which says that a step is not written?
  [[nodiscard]] bool only_names_steps() const;
};

Result run(const std::vector<std::string>& arguments,
           const Circumstances& circumstances = {});

// Waits until `fact` is true, looking again whenever something happens to the
// program, soon after the beginning, and then at least ten times a second.
// Returns whether it has become true in time. Throws Waiting if the program
// stops at the case's step, or before.
bool becomes_true(Subject& program, const std::function<bool()>& fact);

// A fresh directory with the probe in it, for run(). Removed after the case.
std::string make_root_directory();

// The step that the running case is about: "06.2". Set by the reporter.
void set_current_step(const std::string& step);

}  // namespace judge
