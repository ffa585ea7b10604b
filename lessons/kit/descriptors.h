// What a helper process keeps open of what it has inherited.

#pragma once

#include <vector>

namespace kit {

// Closes every descriptor of this process but `kept`. Whoever waits for the end
// of a pipe must not wait for a helper that has never heard of it.
//
// Throws SystemError.
void keep_only(std::vector<int> kept);

}  // namespace kit
