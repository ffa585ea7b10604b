#include "lessons/kit/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lessons/kit/check.h"
#include "lessons/kit/unique_fd.h"

namespace kit {

std::string read_file(const std::filesystem::path& file, std::uint64_t most) {
  const std::string& name = file.native();
  // Opening a FIFO does not wait then, nor does a terminal become ours.
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  const UniqueFd fd{check(::open(name.c_str(), flags), "open {}", name)};
  struct stat now {};
  check(::fstat(fd.get(), &now), "look at {}", name);
  if (!S_ISREG(now.st_mode)) fail("read {}: it is not a regular file", name);

  // Of files in /proc, the size is 0, whatever is in them.
  std::string text;
  char buffer[4096];
  for (;;) {
    const auto count =
        check(::read(fd.get(), buffer, sizeof buffer), "read {}", name);
    if (count == 0) return text;
    text.append(buffer, static_cast<size_t>(count));
    if (text.size() > most) {
      fail("read {}: it has more than {} bytes", name, most);
    }
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
