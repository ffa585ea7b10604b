// Values that no program can know before: constants do not pass.

#pragma once

#include <cstdint>
#include <string>

namespace judge {

// From `low` to `high`, both included.
long random_number(long low, long high);

// A name of lower-case letters and digits: "kq3v8x0d".
std::string random_name();

}  // namespace judge
