#!/usr/bin/env bash
# The lab machine when things go wrong: each fault has one clear line and the
# documented status, and leaves no process behind.
set -uo pipefail
# shellcheck source=tests/vm/expect.sh
source tests/vm/expect.sh

readonly lab=vm/lab
readonly scratch=$(mktemp -d "${TEST_TMPDIR:-/tmp}/faults-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

# A launcher of our own, beside copies of what it makes guests from.
copy_lab() {
  local real
  real=$(dirname "$(readlink -f "$lab")")
  mkdir "$scratch/lab"
  cp -rL --sparse=always "$real"/{launcher,vmlinuz,initramfs.cpio,snapshot} "$scratch/lab/"
  chmod -R u+w "$scratch/lab"
}

# run LAUNCHER ARG...: its output in $output, its status in $status.
run() {
  output=$(timeout 100 "$@" 2>&1 </dev/null)
  status=$?
}

# Other tests have guests at the same time, so ours are found by their parent: this
# shell.
expect_no_children() {
  if pgrep --parent $$ qemu >/dev/null; then
    echo "WRONG   $1: QEMU lives on"
    failures=$((failures + 1))
  fi
}

# expect_ended WHAT PROCESS...: there were such processes, and soon there are none.
expect_ended() {
  local what=$1 process
  shift
  for process in "$@"; do
    for _ in {1..100}; do
      if [[ -n $process ]] && ! kill -0 "$process" 2>/dev/null; then continue 2; fi
      sleep 0.1
    done
    echo "WRONG   $what: process \"$process\" lives on, or never was"
    failures=$((failures + 1))
    return
  done
  echo "ok      $what"
}

run $lab shell -c 'echo out; exit 42'
expect "the status is the command's" 42 out

output=$(printf 'a\nb\n' | $lab shell -c 'wc -l')
status=$?
expect "standard input is passed on, and its end" 0 2

run $lab shell -c 'kill -9 $$'
expect "a killed command: 128+9" 137 ''

run $lab shell -c 'poweroff -f; sleep 1000'
expect "a guest that is switched off" 125 'lab: the lab machine was switched off*'

run $lab shell -c 'echo c >/proc/sysrq-trigger; sleep 1000'
expect "a panic" 125 'lab: Kernel panic*'

run $lab shell -c 'echo 1 >/proc/sys/vm/panic_on_oom; swapoff /dev/zram0; tail /dev/zero; sleep 1000'
expect "out of memory" 125 'lab: the lab machine ran out of memory'

run $lab shell -c 'kill -9 1; kill -9 -1; echo alive'
expect "the agent cannot be killed" 0 alive

run $lab shell -c 'head -c 20000000 /dev/zero | tr "\0" x' && output=${#output}
expect "a lot of output arrives whole" 0 20000000

run $lab run /no/such/lessons/program
expect "a program that is not there" 125 'lab: read /no/such/lessons/program: No such file*'

# A whole verdict, with one of the standard descriptors closed.
judge_uts() {
  $lab judge --judge tests/04_uts_judge --probe tests/probe/probe --program solutions/04_uts "$@"
}
export -f judge_uts
export lab

run bash -c 'judge_uts <&-'
expect "a judge with standard input closed" 0 '*All is right.*'
run bash -c 'judge_uts >&-'
expect "a judge with standard output closed" 0 ''
run bash -c 'judge_uts 2>&-'
expect "a judge with standard error closed" 0 '*All is right.*'
run bash -c 'judge_uts >/dev/full'
expect "a report for which there is no room" 2 'lab: cannot write the report to standard output'
run env XML_OUTPUT_FILE="$scratch/none/test.xml" bash -c 'judge_uts'
expect "a report whose folder is not there" 2 "*lab: cannot write $scratch/none/test.xml: No such file or directory*"
run env TEST_UNDECLARED_OUTPUTS_DIR="$scratch/none" bash -c 'judge_uts'
expect "logs whose folder is not there" 2 "*lab: cannot write $scratch/none/console.log: No such file or directory"

printf 'hostname.cc:7: error: expected a semicolon\n' >"$scratch/messages"
run env XML_OUTPUT_FILE="$scratch/test.xml" bash -c 'judge_uts --messages "$1"' bash "$scratch/messages"
expect "a program that cannot be built" 1 '04_uts*hostname.cc:7: error: *It cannot be built: 0 points.'
run grep -c 'cannot be built' "$scratch/test.xml"
expect "its report" 0 1
: >"$scratch/messages"
run bash -c 'judge_uts --messages "$1"' bash "$scratch/messages"
expect "a program that could be built" 0 '*All is right.*'

run $lab shell -c 'kill -PIPE $$'
expect "a program that SIGPIPE ends" 141 ''
run $lab shell -c 'while :; do echo x; done | head -n 1'
expect "a program whose reader has gone" 0 'x'

run $lab frobnicate
expect "an unknown command" 125 'lab: unknown command frobnicate (see lab --help)'
run $lab run
expect "nothing to run" 125 'lab: run what?*'
run $lab run /bin/true
expect "a program that is no lesson" 125 'lab: /bin/true is no lesson*--config=native*'
run $lab judge --program lessons --deadline -1
expect "a deadline before the beginning" 125 'lab: --deadline: *'
run $lab shell --console /nope/console -c 'echo out'
expect "a console that cannot be written" 125 'lab: write /nope/console: No such file or directory'

# Ctrl-C, at a moment when the job runs: it says so on a pipe.
mkfifo "$scratch/said"
timeout 100 $lab shell -c 'trap "exit 7" INT; echo ready; while :; do sleep 1; done' \
  >"$scratch/said" 2>&1 </dev/null &
launcher=$!
read -r _ <"$scratch/said"
pkill -INT --parent "$launcher" launcher || pkill -INT --parent "$launcher" lab
wait "$launcher"
status=$? output=
expect "Ctrl-C reaches the job" 7 ''

# A launcher that is killed takes its guest with it.
timeout --foreground 100 $lab shell -c 'echo ready; sleep 1000' >"$scratch/said" 2>&1 </dev/null &
launcher=$!
read -r _ <"$scratch/said"
victim=$(pgrep --parent "$launcher" | head -n 1)
qemu=$(pgrep --parent "$victim" qemu)
kill -KILL "$victim"
wait "$launcher" 2>/dev/null
expect_ended "QEMU dies with its launcher" "$qemu"

# A judge that never says anything, in two guests.
printf '#!/bin/sh\nsleep 1000\n' >"$scratch/judge"
chmod +x "$scratch/judge"
judge_in_two() { # DEADLINE
  exec $lab judge --guests 2 --deadline "$1" --judge "$scratch/judge" --program "$scratch/judge"
}

# Waits until the launcher has two guests: their processes, one a line.
guests_of() { # LAUNCHER
  local found=
  for _ in {1..100}; do
    found=$(pgrep --parent "$1" qemu)
    if [[ $(wc -w <<<"$found") == 2 ]]; then break; fi
    sleep 0.1
  done
  echo "$found"
}

judge_in_two 15 >"$scratch/report" 2>&1 </dev/null &
launcher=$!
read -r -d '' first second <<<"$(guests_of "$launcher")"
kill -KILL "$first"
wait "$launcher"
status=$? output=$(<"$scratch/report")
expect "one of two guests is killed" 2 '*Not judged to the end: *'
expect_ended "the other one ends, too" "$second"

for signal in TERM KILL; do
  judge_in_two 100 >"$scratch/report" 2>&1 </dev/null &
  launcher=$!
  read -r -d '' first second <<<"$(guests_of "$launcher")"
  kill -"$signal" "$launcher"
  wait "$launcher" 2>/dev/null
  expect_ended "both guests die with a launcher that gets SIG$signal" "$first" "$second"
done

copy_lab
readonly own=$scratch/lab/launcher
readonly saved=$scratch/lab/snapshot
readonly accelerator=$(sed -n 's/.*"accelerator": "\(.*\)".*/\1/p' "$saved/about.json")
run "$own" shell -c 'echo fine'
expect "a copy of the lab works" 0 fine

truncate --size=1000 "$saved/state"
run "$own" shell -c 'echo fine'
expect "a snapshot that was cut short" 0 \
  $'lab: the snapshot cannot be restored (its files are damaged): booting a lab machine instead\nfine'

rm "$saved/about.json"
run "$own" shell -c 'echo fine'
expect "a snapshot without a description" 0 \
  $'lab: the snapshot cannot be restored (it has no description): booting a lab machine instead\nfine'

# QEMU hands the guest's state to `cat` and has ended its part before `cat` has: a
# slow one must not make a snapshot that is cut short.
mkdir "$scratch/slow"
printf '#!/bin/sh\n/bin/cat >"%s/all"\nsleep 2\nexec /bin/cat "%s/all"\n' \
  "$scratch" "$scratch" >"$scratch/slow/cat"
chmod +x "$scratch/slow/cat"
rm -r "$saved"
mkdir "$saved"
run env PATH="$scratch/slow:$PATH" "$own" save --kernel "$scratch/lab/vmlinuz" \
  --initramfs "$scratch/lab/initramfs.cpio" --accelerator "$accelerator" --directory "$saved"
expect "a snapshot is made, though slowly" 0 '*'
run "$own" shell -c 'echo fine'
expect "what was saved slowly is whole" 0 fine

# A disk of its own, and a small one: a mount that nobody else sees.
mkdir "$scratch/small"
# shellcheck disable=SC2016 # The inner shell's arguments.
run unshare --map-root-user --mount sh -c \
  'mount -t tmpfs -o size=60m none "$1" && "$2" save --kernel "$3/vmlinuz" \
     --initramfs "$3/initramfs.cpio" --accelerator "$4" --directory "$1"
   status=$?; ls "$1"; exit $status' \
  sh "$scratch/small" "$own" "$scratch/lab" "$accelerator"
expect "a disk that is full" 125 "lab: the disk is full: a snapshot needs 200 MB in $scratch/small"

run env PATH=/nowhere "$own" shell -c 'echo fine'
expect "no QEMU" 125 'lab: *is not installed: run ./setup'

rm "$scratch/lab/vmlinuz"
run "$own" shell -c 'echo fine'
expect "no kernel" 125 'lab: *vmlinuz is missing*'

expect_no_children "at the end"
echo "$failures wrong"
exit $((failures > 0))
