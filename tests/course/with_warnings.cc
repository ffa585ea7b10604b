// A learner's file with warnings, which are not to keep it from being judged.

#include <sys/syscall.h>
#include <unistd.h>

namespace {

int unused(int) {
  const int result = ::syscall(SYS_getpid);  // -Wconversion
  return result;
}

}  // namespace
