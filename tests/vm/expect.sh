# What the tests of the lab machine share.
#
#   source tests/vm/expect.sh
#
# shellcheck shell=bash

failures=0

# expect WHAT STATUS PATTERN: what was run last ended with this $status, and its
# $output fits the pattern.
expect() {
  if [[ $status == "$2" && $output == $3 ]]; then
    echo "ok      $1"
  else
    echo "WRONG   $1: status $status, expected $2; output:"
    echo "$output" | head -n 60
    failures=$((failures + 1))
  fi
}
