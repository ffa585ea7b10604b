#!/usr/bin/env bash
# How long a learner waits.
#
#   bazel run //vm:bench                 both parts
#   bazel run //vm:bench -- --rounds 20  more rounds of the first
#
# First: a guest from the snapshot against a cold boot, in turn, each from before
# QEMU starts to the first byte that a program in the guest has written.
#
# Second: save to verdict for lesson 06, in a copy of the project.
# `bazel run //tests/bench:suite -- --help` measures the other lessons, and more.
set -euo pipefail

if [[ ${1-} == --help || ${1-} == -h ]]; then
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
  exit
fi

here=$(dirname "$0")
"$here/lab" bench "$@"
exec "$here/../tests/bench/suite" --parts lessons --lessons 06 --rounds 5
