#!/usr/bin/env bash
# Versions: libseccomp 2.5.4-1+deb12u1 (Debian 12), gcc 12, any kernel with seccomp
# Source: seccomp_rule_add(3); src/db.c of libseccomp
#
# seccomp_rule_add() returns 0, and the rule is not in the filter.
#
# One would expect of two rules for one system call that both count, that the
# stricter one wins, or that the second is refused with -EEXIST. What is seen:
#
#   1. "getppid is allowed" and then "getppid gives errno 99": both calls return 0,
#      and the filter allows getppid. The first one wins.
#   2. "lseek is allowed" and "lseek with a third argument of 77 gives errno 99", in
#      either order: both return 0, and the filter allows lseek for all arguments.
#      The rule without conditions has swallowed the other.
#   3. Control: the second rule alone, in a filter that allows by default, counts.
#
# So "a call, except with these arguments" cannot be written as two rules of one
# filter that refuses by default. Two filters can: the kernel takes the strictest.
set -euo pipefail

version=2.5.4-1+deb12u1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
apt-get download -qq "libseccomp2=$version" "libseccomp-dev=$version" >/dev/null
for package in ./*.deb; do dpkg -x "$package" root; done

cat >try.c <<'C'
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a child sees of `call` behind the filter: its errno, 0 if there is none. */
static int seen(scmp_filter_ctx filter, int lseek_wanted) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    if (seccomp_load(filter) != 0) _exit(255);
    errno = 0;
    if (lseek_wanted) {
      (void)lseek(-1, 0, 77); /* EBADF or EINVAL, if the kernel gets it. */
    } else {
      (void)getppid();
    }
    _exit(errno);
  }
  int status = 0;
  waitpid(child, &status, 0);
  seccomp_release(filter);
  return WEXITSTATUS(status);
}

static void allow_the_rest(scmp_filter_ctx filter) {
  seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(exit_group), 0);
}

int main(void) {
  const struct scmp_version *v = seccomp_version();
  printf("libseccomp %u.%u.%u\n", v->major, v->minor, v->micro);

  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  allow_the_rest(filter);
  int first = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(getppid), 0);
  int second = seccomp_rule_add(filter, SCMP_ACT_ERRNO(99), SCMP_SYS(getppid), 0);
  printf("1 added %d %d, errno %d\n", first, second, seen(filter, 0));

  for (int turned = 0; turned < 2; ++turned) {
    filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    allow_the_rest(filter);
    int results[2];
    for (int i = 0; i < 2; ++i) {
      results[i] = (i ^ turned) == 0
          ? seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(lseek), 0)
          : seccomp_rule_add(filter, SCMP_ACT_ERRNO(99), SCMP_SYS(lseek), 1,
                             SCMP_A2(SCMP_CMP_EQ, 77));
    }
    const int error = seen(filter, 1);
    printf("2 added %d %d, %s\n", results[0], results[1],
           error == 99 ? "refused" : "reaches the kernel");
  }

  filter = seccomp_init(SCMP_ACT_ALLOW);
  int only = seccomp_rule_add(filter, SCMP_ACT_ERRNO(99), SCMP_SYS(lseek), 1,
                              SCMP_A2(SCMP_CMP_EQ, 77));
  printf("3 added %d, errno %d\n", only, seen(filter, 1));
  return 0;
}
C
gcc -O1 -Iroot/usr/include -o try try.c root/usr/lib/*/libseccomp.a

cat >expected <<'TEXT'
libseccomp 2.5.4
1 added 0 0, errno 0
2 added 0 0, reaches the kernel
2 added 0 0, reaches the kernel
3 added 0, errno 99
TEXT
./try | tee seen
diff expected seen && echo "as described"
