#include "lessons/kit/file.h"

#include <fcntl.h>
#include <unistd.h>

#include "lessons/kit/check.h"
#include "lessons/kit/unique_fd.h"

namespace kit {

std::string read_file(const std::filesystem::path& file) {
  const std::string& name = file.native();
  const UniqueFd fd{
      check(::open(name.c_str(), O_RDONLY | O_CLOEXEC), "open {}", name)};
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto count =
        check(::read(fd.get(), buffer, sizeof buffer), "read {}", name);
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
  }
}

void write_file(const std::filesystem::path& file, std::string_view text) {
  const std::string name = file.filename();
  const UniqueFd fd{check(::open(file.c_str(), O_WRONLY | O_CLOEXEC),
                          "set {} to \"{}\"", name, text)};
  check(::write(fd.get(), text.data(), text.size()), "set {} to \"{}\"", name,
        text);
}

}  // namespace kit
