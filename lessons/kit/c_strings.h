// Words as execve() wants them.

#pragma once

#include <string>
#include <vector>

namespace kit {

// Returns pointers to the words, and a null pointer after them. They live as
// long as `words`.
inline std::vector<char*> c_strings(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  // execve() does not change the words; that it takes them as char* is history.
  for (const auto& word : words)
    pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace kit
