#include "lessons/kit/check.h"

#include <unistd.h>

namespace kit {
namespace {

// For those who have forgotten sudo.
std::string_view usual_advice(int error) {
  const bool forbidden = error == EPERM || error == EACCES;
  return forbidden && ::geteuid() != 0 ? "this may need root" : "";
}

}  // namespace

SystemError::SystemError(int error, const std::string& what,
                         std::string_view advice)
    : std::system_error(error, std::generic_category(), what),
      text_(std::system_error::what()) {
  if (advice.empty()) advice = usual_advice(error);
  if (!advice.empty()) text_ += fmt::format(" ({})", advice);
}

}  // namespace kit
