#!/usr/bin/env bash
# Versions: cpp-12 12.2.0-14+deb12u1, clang-14 1:14.0.6-12 (Debian 12)
# Source: GCC's manual, "Preprocessor Options" (-H, -M) and "Preprocessor Output"
#
# -H "prints the name of each header file used". Who wants to know which files a
# program is compiled from (a build cache, a grader) may take it for a list of what
# the compiler has opened. It is not: a line marker in the source, `# 1 "NAME" 1`,
# as preprocessors write them and read them again, puts NAME into the list, with its
# depth, though no such file is there. GCC and Clang agree on this. The rules that -M
# writes have only what was opened.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
apt-get download -qq cpp-12=12.2.0-14+deb12u1 clang-14=1:14.0.6-12 >/dev/null
for package in ./*.deb; do dpkg -x "$package" root; done
gcc=root/usr/bin/x86_64-linux-gnu-cpp-12
clang=root/usr/lib/llvm-14/bin/clang

echo 'int opened;' >opened.h
cat >source.c <<'C'
#include "opened.h"
# 1 "never/opened.h" 1
int x;
# 4 "source.c" 2
C

# The headers' names in what a compiler says, dots and all.
listed() { "$@" -H source.c 2>&1 >/dev/null | grep '^\.' | sort; }
# And in the rule that it writes.
in_rule() { "$@" -M source.c 2>/dev/null | grep -o '[a-z/]*opened\.h' | sort; }

{
  echo "gcc -H:   $(listed "$gcc" | paste -sd' ')"
  echo "clang -H: $(listed "$clang" -E | paste -sd' ')"
  echo "gcc -M:   $(in_rule "$gcc" | paste -sd' ')"
  echo "clang -M: $(in_rule "$clang" -E | paste -sd' ')"
} | tee seen
cat >expected <<'TEXT'
gcc -H:   . never/opened.h . opened.h
clang -H: . ./opened.h . never/opened.h
gcc -M:   opened.h
clang -M: opened.h
TEXT
diff expected seen && echo "as described"
