// What a program has printed, as it may be shown: to a person, whose terminal
// obeys control characters, and in an XML file, which cannot hold them.

#pragma once

#include <string>
#include <string_view>

namespace lab {

// The text with a '?' in place of each byte that is not UTF-8, and of each
// character that is a control character other than a tab or a newline, half of
// a pair of UTF-16, or none at all (U+FFFE, U+FFFF and their like). So what is
// left can be in XML 1.0 ("Char" in https://www.w3.org/TR/xml/).
std::string printable(std::string_view text);

}  // namespace lab
