// Mistake: it takes all memory, for each child anew
// Fails: any
// Says: SIGKILL|has not ended|ran out of memory

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <string>

void attack(const std::string&) {
  constexpr std::size_t kMegabyte = 1 << 20;
  for (;;) {
    (void)::fork();
    void* const memory = ::mmap(nullptr, kMegabyte, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) std::memset(memory, 1, kMegabyte);
  }
}
