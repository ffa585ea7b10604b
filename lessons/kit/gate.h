// A pipe that keeps a child waiting until its parent has prepared it.

#pragma once

#include <fcntl.h>
#include <unistd.h>

#include "lessons/kit/check.h"
#include "lessons/kit/unique_fd.h"

namespace kit {

// Holds a child back until its parent has prepared it.
//
//   Gate gate;
//   Child child = spawn({}, [&] { gate.wait(); ...; });
//   write_id_maps(child.pid());
//   gate.open();
class Gate {
 public:
  Gate() {
    int ends[2];
    check(::pipe2(ends, O_CLOEXEC), "make a pipe");
    reader_.reset(ends[0]);
    writer_.reset(ends[1]);
  }

  // In the parent, once the child may go on.
  void open() {
    reader_.reset();
    check(::write(writer_.get(), "", 1), "open the gate");
    writer_.reset();
  }

  // In the child. Reading nothing means that the parent died, so stop too.
  void wait() {
    writer_.reset();  // Our own copy would keep the pipe open for ever.
    char byte = 0;
    if (check(::read(reader_.get(), &byte, 1), "wait for the parent") == 0) {
      fail("the parent ended before it opened the gate");
    }
  }

 private:
  UniqueFd reader_;
  UniqueFd writer_;
};

}  // namespace kit
