#include "lessons/kit/own_program.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "lessons/kit/check.h"
#include "lessons/kit/unique_fd.h"

namespace kit {
namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

bool is_sealed(const UniqueFd& file) {
  return ::fcntl(file.get(), F_GET_SEALS) == kSeals;
}

UniqueFd sealed_copy_of(const UniqueFd& file, const char* name) {
  UniqueFd copy{check(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING),
                      "make a file in memory")};
  struct stat now {};
  check(::fstat(file.get(), &now), "look at the program");
  for (off_t left = now.st_size; left > 0;) {
    const auto size = check(::sendfile(copy.get(), file.get(), nullptr,
                                       static_cast<std::size_t>(left)),
                            "copy the program");
    if (size == 0) fail("copy the program: it has become shorter");
    left -= size;
  }
  check(::fcntl(copy.get(), F_ADD_SEALS, kSeals), "seal the program's copy");
  return copy;
}

}  // namespace

void forget_words(char** argv) {
  constexpr std::string_view kName = "init";
  // Messages begin with our name, which is one of these words.
  static const std::string name = ::program_invocation_short_name;
  ::program_invocation_name = const_cast<char*>(name.c_str());
  ::program_invocation_short_name = const_cast<char*>(name.c_str());

  // The kernel has put them one behind the other, the environment last.
  char* const begin = argv[0];
  char* end = begin;
  for (char** each = argv; *each != nullptr; ++each) {
    end = std::max(end, *each + std::strlen(*each));
  }
  for (char** each = ::environ; each != nullptr && *each != nullptr; ++each) {
    end = std::max(end, *each + std::strlen(*each));
  }
  const auto size = static_cast<std::size_t>(end - begin);
  std::memset(begin, 0, size);
  kName.copy(begin, std::min(kName.size(), size));
}

void run_from_sealed_copy(char** argv) {
  const UniqueFd self{check(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC),
                            "open our own program")};
  const char* const name = ::program_invocation_short_name;
  if (is_sealed(self)) {
    // The kernel has named us after the descriptor.
    check(::prctl(PR_SET_NAME, name), "name the program");
    return;
  }
  const UniqueFd copy = sealed_copy_of(self, name);
  check(::execveat(copy.get(), "", argv, ::environ, AT_EMPTY_PATH),
        "start our own program from a copy");
}

}  // namespace kit
