// Given: what a container is like, from the options of `14_container run`.

#pragma once

#include "lessons/14_container/container.h"
#include "lessons/14_container/given/run_options.h"

namespace container {

// Returns what the options ask for, and where they say nothing, the defaults: a
// container with no way to anything, with limits, and with few rights.
//
// Looks at this host (memory, users, routes, the root), reads the seccomp
// profile, and changes nothing. Throws std::runtime_error if the options
// contradict each other, and what the functions throw that look.
Settings settings_of(RunOptions given);

}  // namespace container
