// What the cases of //tests/walls are written with.
//
//   TEST_CASE("05  held      the working directory is inside") {
//     const auto box = walls::start({"-w", "/proc/self/fd/9"}, how);
//     ...
//   }
//   TEST_CASE("05  control   ... entered by its path, it is the host's") {
//     const auto box = walls::start(options, walls::without("words_kept",
//     how));
//     ...
//   }
//
// Who says whether an attempt has succeeded is the kernel, outside: a file of
// the host that is there or not, its mode, bytes in a terminal. What a
// container says itself counts only where it is a secret that it could not have
// known.

#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "tests/judge/judge.h"

namespace walls {

using Options = std::vector<std::string>;

// The same circumstances for a control: 14_container without one of its walls.
// See BUILD for their names.
judge::Circumstances without(const std::string& wall,
                             judge::Circumstances circumstances = {});

// Starts a container in a root of its own with the probe as its command.
judge::Box start(Options options,
                 const judge::Circumstances& circumstances = {});

// Runs a shell's words in a container in the default root, to their end.
judge::Result run_shell(const Options& options, const std::string& words,
                        const judge::Circumstances& circumstances = {});

// The init of a running container: the parent of its command.
judge::Process init_of(const judge::Box& box);

// A file of the host, that is there from now on, or is to be made by somebody.
class HostFile {
 public:
  HostFile();                                     // It is not there yet.
  explicit HostFile(const std::string& content);  // It is.

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] bool is_there() const;
  [[nodiscard]] std::string content() const;

 private:
  std::string path_;
};

// Does a path through `link`, with enough ".." behind it, lead the container to
// the root of the host? It tries to make a file there.
bool leads_out(const judge::Box& box, const std::string& link);

// The same for each of the init's descriptors.
bool descriptors_lead_out(const judge::Box& box);

// What a file is, as far as who owns it could change it.
struct State {
  mode_t mode = 0;
  uid_t owner = 0;
  time_t changed = 0;
  auto operator<=>(const State&) const = default;
};
State state_of(const std::string& path);

// What the container tries on /proc/1/exe: chmod, chown, utimensat, setxattr.
void change_program(const judge::Box& box);

}  // namespace walls
