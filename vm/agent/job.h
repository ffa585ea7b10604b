// One job in the guest: its program, its streams, its end.

#pragma once

#include <array>

#include "lessons/kit/unique_fd.h"
#include "vm/protocol.h"

namespace lab {

using Ports = std::array<kit::UniqueFd, kPortCount>;

// Prepares the guest for `job` (clock, randomness, files), runs it, carries
// its streams, and says on the control port how it ended. `lines` holds what
// has been read from the control port already.
//
// There may be one job after another. A job gets the files that it brings, and
// nothing else is put in order here: whoever hands over the next job finds out
// whether the last one has left the guest as it was (judges tell).
//
// If a job cannot be started, the agent says that it is refused, and why;
// nothing is thrown. Throws std::system_error if the launcher cannot be
// reached.
void run_job(const Job& job, const Ports& ports, LineBuffer& lines);

// Sends `message` on the control port.
void say(const Ports& ports, const nlohmann::json& message);

}  // namespace lab
