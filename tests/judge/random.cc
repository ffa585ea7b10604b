#include "tests/judge/random.h"

#include <random>

namespace judge {
namespace {

// Reads the kernel's random numbers: new ones in every guest, since the lab
// stirs in what the host gives it.
std::random_device& device() {
  static std::random_device instance("/dev/urandom");
  return instance;
}

}  // namespace

long random_number(long low, long high) {
  return std::uniform_int_distribution<long>(low, high)(device());
}

std::string random_name() {
  static constexpr char kLetters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string name = "k";
  while (name.size() < 8) {
    name += kLetters[random_number(0, sizeof kLetters - 2)];
  }
  return name;
}

}  // namespace judge
