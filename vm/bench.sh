#!/usr/bin/env bash
# How long a learner waits.
#
#   bazel run //vm:bench                 both parts
#   bazel run //vm:bench -- --rounds 20  more rounds of the first
#
# First: a guest from the snapshot against a cold boot, in turn, each from before
# QEMU starts to the first byte that a program in the guest has written.
#
# Second: save to verdict for lesson 06, also in turn with a control. A constant is
# added to the solution's file, as an editor would save it, and `bazel test` builds,
# links, wakes a guest and judges; the control is the same `bazel test` with
# nothing to do. The file is put back, whatever happens.
set -euo pipefail

readonly lab=$(dirname "$0")/lab
readonly workspace=${BUILD_WORKSPACE_DIRECTORY:?run it with bazel run //vm:bench}
readonly file=$workspace/solutions/06_cgroups/cgroup.cc
readonly target=//tests:06_cgroups_solution
readonly verdict_rounds=5

if [[ ${1-} == --help || ${1-} == -h ]]; then
  sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0"
  exit
fi

now() { date +%s.%N; }

# Prints the seconds that a `bazel test` took.
time_of_test() {
  local started
  started=$(now)
  bazel test "$target" --noshow_progress --ui_event_filters=-info >/dev/null 2>&1 || {
    echo "bench: bazel test $target does not pass" >&2
    return 1
  }
  awk -v a="$started" -v b="$(now)" 'BEGIN { printf "%.3f\n", b - a }'
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

"$lab" bench "$@"

cd "$workspace"
kept=$(mktemp)
cp -p "$file" "$kept"
trap 'cp -p "$kept" "$file"; rm -f "$kept"' EXIT

time_of_test >/dev/null # What was never built is built now.
saved=()
idle=()
for ((round = 1; round <= verdict_rounds; ++round)); do
  printf '\rsave to verdict: round %d of %d ' "$round" "$verdict_rounds" >&2
  cp -p "$kept" "$file"
  # Code, not a comment: the same object would be answered from the cache.
  echo "extern const int saved; const int saved = $RANDOM;" >>"$file"
  saved+=("$(time_of_test)")
  idle+=("$(time_of_test)")
done
printf '\r' >&2
printf 'save to verdict          median %6.3f s   (%s)\n' \
  "$(printf '%s\n' "${saved[@]}" | median)" "${saved[*]}"
printf 'nothing to do            median %6.3f s   (%s)\n' \
  "$(printf '%s\n' "${idle[@]}" | median)" "${idle[*]}"
