// Given: the command line of `14_container run`. The options have Docker's
// names.

#pragma once

#include "lessons/14_container/container.h"

namespace container {

// Returns what the words after `run` ask for, and what is the rule where they
// say nothing: a container with no way to anything, with limits, and with few
// rights.
//
// argv[0] is not looked at. Throws as kit::Options::parse() does, and what the
// functions throw that look at files which the options name.
Settings parse_run(int argc, char** argv);

}  // namespace container
