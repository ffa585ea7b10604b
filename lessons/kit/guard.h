// Where every process of the kit begins and ends.

#pragma once

#include <exception>
#include <functional>
#include <string>

namespace kit {

// Exit statuses. Any other is the command's own, or 128+N after signal N.
inline constexpr int kUnwritten = 75;       // A step is not yet written.
inline constexpr int kFailed = 125;         // The program itself failed.
inline constexpr int kNotExecutable = 126;  // The command cannot be run.
inline constexpr int kNotFound = 127;       // The command is not there.

// Ends the process with `status` and a line on standard error. With status 0
// the text is what was asked for (--help) and goes to standard output.
class Exit : public std::exception {
 public:
  Exit(int status, std::string text)
      : status_(status), text_(std::move(text)) {}

  int status() const { return status_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  int status_;
  std::string text_;
};

// Runs `body` and returns what it returns: the process's exit status.
//
//   int main(int argc, char** argv) {
//     return kit::guard([&] { return run(argc, argv); });
//   }
//
// An exception becomes one line on standard error, "PROGRAM: what", and the
// status that belongs to it: 75 for Todo, Exit's own, 125 for every other. If
// several processes of a program fail, as one failure often leads to another,
// the first of them speaks, and the others only end.
//
// First of all, descriptors 0 to 2 are opened on /dev/null where they are
// closed. Otherwise the next open() would get one of these numbers, and what
// is meant for standard error would land in a file.
int guard(const std::function<int()>& body);

}  // namespace kit
