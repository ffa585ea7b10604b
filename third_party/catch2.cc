// Catch2 2.13 is one header: its implementation is compiled here, once.
// Catch2 3 brings a library and needs nothing.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_RUNNER
#endif
#include "third_party/catch2.h"

int run_catch2(int argc, const char* const* argv) {
  Catch::Session session;
  const int wrong = session.applyCommandLine(argc, argv);
  return wrong != 0 ? wrong : session.run();
}

std::vector<std::string> catch2_cases() {
  std::vector<std::string> names;
  const auto& registry = Catch::getRegistryHub().getTestCaseRegistry();
#if KIT_CATCH2_VERSION == 2
  for (const auto& test : registry.getAllTests()) names.push_back(test.name);
#else
  for (const auto& test : registry.getAllTests()) {
    names.push_back(test.getTestCaseInfo().name);
  }
#endif
  return names;
}
