// Compiles the profiles of default.h when container-kit is built:
//
//   compile PROFILE.json UNCONFINED.json INIT.json
//
// Prints C++: the text of the first profile, and the program for the kernel
// that each of them is compiled to.

#include <fmt/core.h>

#include <vector>

#include "lessons/08_seccomp/given/profile.h"
#include "lessons/kit/check.h"
#include "lessons/kit/file.h"
#include "lessons/kit/guard.h"

namespace {

constexpr std::uint64_t kDockersCapabilities = 0xa80425fb;

// Of the kernel on which the filter will be used, the version is not known now.
// No rule of the profile asks for one that is too old for the rest.
constexpr std::pair<unsigned, unsigned> kKernel{5, 14};

container::Filter compile(const char* file, const std::string& text) {
  return container::compile(
      container::read_profile(file, text, {kDockersCapabilities, kKernel}));
}

void print(const char* name, const container::Filter& filter) {
  fmt::print("const Filter {} = {{\n", name);
  for (const auto& [code, jt, jf, k] : filter) {
    fmt::print("    {{{:#x}, {}, {}, {:#x}}},\n", code, jt, jf, k);
  }
  fmt::print("}};\n\n");
}

int print_all(const char* profile, const char* unconfined, const char* init) {
  // All verdicts, whatever the kernel knows on which container-kit is built.
  (void)::seccomp_api_set(6);
  const std::string text = kit::read_file(profile);
  fmt::print("#include \"lessons/08_seccomp/given/default/default.h\"\n\n");
  fmt::print("namespace container {{\n\n");
  fmt::print("const char kDefaultProfile[] = R\"json({})json\";\n\n", text);
  print("kDefaultFilter", compile(profile, text));
  print("kUnconfinedFilter", compile(unconfined, kit::read_file(unconfined)));
  print("kInitFilter", compile(init, kit::read_file(init)));
  fmt::print("}}  // namespace container\n");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return kit::guard([&] {
    if (argc != 4) {
      kit::fail("usage: compile PROFILE.json UNCONFINED.json INIT.json");
    }
    return print_all(argv[1], argv[2], argv[3]);
  });
}
