#!/usr/bin/env bash
# Many programs in one guest: can that fail, and does it keep them apart?
set -uo pipefail
# shellcheck source=tests/vm/expect.sh
source tests/vm/expect.sh

readonly scratch=$(mktemp -d "${TEST_TMPDIR:-/tmp}/many-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# entry NAME PROGRAM HEADER: one of the list.
entry() {
  printf '{"name": "%s", "program": "%s", "wrong": "%s"}\n' "$@"
}
readonly programs=tests/hostile/programs patches=tests/mutants/00_chroot
mutant() {
  entry "${2:-$1}" "tests/mutants/00_chroot/$1/00_chroot" "${3:-$patches/$1.patch}"
}
hostile() {
  entry "$1" "$programs/$1/00_chroot" "${2:-tests/hostile/$1.cc}"
}

# judge ENTRY... [-- OPTION...]: its output in $output, its status in $status.
judge() {
  local entries=()
  while (($#)) && [[ $1 != -- ]]; do entries+=("$1") && shift; done
  (IFS=, && echo "[${entries[*]}]") >"$scratch/list"
  output=$(XML_OUTPUT_FILE=$scratch/xml vm/lab judge-many --judge tests/00_chroot_judge \
    --probe tests/probe/probe --list "$scratch/list" "${@:2}" 2>&1 </dev/null)
  status=$?
}

# right NAME HEADER: an entry for a wrong program, as if it were a right one.
right() {
  printf '{"name": "%s", "program": "tests/mutants/00_chroot/%s/00_chroot", "right": "%s"}\n' "$1" "$1" "$2"
}

# Headers that say something else than what happens.
sed 's/^Fails: .*/Fails: 00.2/' "$patches/no_chdir.patch" >"$scratch/other_step"
sed 's/^Says: .*/Says: nothing of the kind/' "$patches/no_chdir.patch" >"$scratch/other_words"
printf 'Fails: 00.1\nSays: .\n' >"$scratch/at_a_step"

judge "$(mutant no_chdir)" "$(mutant no_chdir other_step "$scratch/other_step")" "$(mutant only_chdir)"
expect "who fails at another step is not as it should be" 1 \
  '*other_step: NOT AS IT SHOULD: fails at 00.1 (00.2 expected)*WRONG    00.1*2 of 3 are as they should be.'
[[ $output != *fresh* ]] || echo "        (in more than one guest)"
if [[ $(grep -c '<testcase ' "$scratch/xml") != 3 || $(grep -c '<failure ' "$scratch/xml") != 1 ]]; then
  echo "WRONG   three cases in the XML file, and one failure" && failures=$((failures + 1))
fi

judge "$(mutant no_chdir other_words "$scratch/other_words")"
expect "who fails with other words is not as it should be" 1 \
  '*NOT AS IT SHOULD: fails at 00.1 (00.1 expected), the report does not say*0 of 1 are*'

judge "$(entry leaves_something tests/vm/programs/leaves_something/00_chroot tests/vm/leaves_something.cc)" \
  "$(mutant no_chdir)" "$(mutant only_chdir)"
expect "a guest that has changed is given up, and the next verdict is right" 0 \
  '*no_chdir: in a fresh lab machine, for this one has changed:*printk_ratelimit_burst is 77*file /home/left_behind*no_chdir: as it should*only_chdir: as it should*3 of 3 are*'

judge "$(hostile kills_the_judge)" "$(mutant no_chdir)" "$(hostile stops_everybody)" "$(mutant only_chdir)"
expect "who ends or stops the judge costs the guest" 0 '*4 of 4 are as they should be.'

judge "$(hostile ends_the_judge_politely "$scratch/at_a_step")"
expect "who tells the judge that it is enough has no verdict" 1 '*NOT AS IT SHOULD: fails at machine (00.1 expected)*'

printf 'Technique: no second call\n' >"$scratch/technique"
judge "$(right no_chdir "$scratch/technique")"
expect "a right solution that is refused is not as it should be" 1 \
  '*Technique: no second call*no_chdir: NOT AS IT SHOULD: all is right*WRONG    00.1*0 of 1 are*'
judge "$(right no_chdir "$patches/no_chdir.patch")"
expect "a right solution has to say what is different" 125 '*does not say what is different*'

judge "$(mutant no_chdir)" "$(mutant only_chdir)" -- --filter 'only_*'
expect "a filter picks programs by their names" 0 '*only_chdir: as it should*1 of 1 are*'
judge "$(mutant no_chdir)" -- --filter 'none'
expect "a filter that fits no name is an error" 125 '*there is nothing to judge*'

exit $((failures > 0))
