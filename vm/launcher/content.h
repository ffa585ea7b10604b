// What is in a file.

#pragma once

#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

namespace lab {

// Throws std::runtime_error if the file cannot be read.
inline std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace lab
