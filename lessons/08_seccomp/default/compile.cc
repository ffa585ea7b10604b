// Compiles the default profile when container-kit is built:
//
//   compile PROFILE.json
//
// Prints C++: the text of the profile, and the program for the kernel.

#include <fmt/core.h>

#include <vector>

#include "lessons/08_seccomp/profile.h"
#include "lessons/kit/check.h"
#include "lessons/kit/file.h"
#include "lessons/kit/guard.h"

namespace {

constexpr std::uint64_t kDockersCapabilities = 0xa80425fb;

// Of the kernel on which the filter will be used, the version is not known now.
// No rule of the profile asks for one that is too old for the rest.
constexpr std::pair<unsigned, unsigned> kKernel{5, 14};

int print(const char* file) {
  // All verdicts, whatever the kernel knows on which container-kit is built.
  (void)::seccomp_api_set(6);
  const std::string text = kit::read_file(file);
  const auto filter = container::compile(
      container::read_profile(file, text, {kDockersCapabilities, kKernel}));

  fmt::print("#include \"lessons/08_seccomp/default/default.h\"\n\n");
  fmt::print("namespace container {{\n\n");
  fmt::print("const char kDefaultProfile[] = R\"json({})json\";\n\n", text);
  fmt::print("const Filter kDefaultFilter = {{\n");
  for (const auto& [code, jt, jf, k] : filter) {
    fmt::print("    {{{:#x}, {}, {}, {:#x}}},\n", code, jt, jf, k);
  }
  fmt::print("}};\n\n}}  // namespace container\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] {
    if (argc != 2) kit::fail("usage: compile PROFILE.json");
    return print(argv[1]);
  });
}
