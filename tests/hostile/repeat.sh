#!/bin/bash
# Runs the submissions that mean harm many times, in one lab machine and in two:
# an attack that works one time in twenty works.
#
#   tests/hostile/repeat.sh [TIMES [TEST...]]     (20, and all those that forge)
#
# Prints one line for each test and number of machines: how many runs ended as
# its first lines say. Ends with 0 only if all did.
set -uo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."

times=${1:-20}
shift
if (($# == 0)); then
  # Those that only take time or memory have nothing to do with chance.
  set -- $(bazel query --noshow_progress --output=label 'kind(judged_test, //tests/hostile:all)' 2>/dev/null |
    grep -vE 'for_ever|all_memory|_control$')
fi

status=0
for machines in 1 2; do
  for test in "$@"; do
    logs=bazel-testlogs/${test#//}
    logs=${logs/://}
    bazel test --noshow_progress --runs_per_test="$times" --test_output=summary \
      --test_arg=--guests --test_arg="$machines" "$test" &>/dev/null || status=1
    passed=$(cat "$logs"/run_*_of_"$times"/test.log | grep -c '^as it should')
    if ((passed != times)); then status=1; fi
    echo "$passed of $times, $machines machine(s): $test"
  done
done
exit $status
