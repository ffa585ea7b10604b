#!/bin/bash
# Does the README hold on a fresh machine? Builds a minimal Debian, clones the
# committed state of this checkout into it, and runs there the README's two
# commands, word for word: those in the blocks of README.md that follow
#   <!-- fresh-machine: run -->   (a shell in a container, which is given input)
#   <!-- fresh-machine: test -->
#
#   fresh-machine.sh SUITE            bookworm, trixie, ...
#   fresh-machine.sh --keep SUITE     leave the machine's files, to look at them
#   fresh-machine.sh --print NAME     print the command of the block NAME, no more
#   fresh-machine.sh --help
#
# Needs root, a network, and 8 GB in $TMPDIR (default: /var/tmp). The machine has
# its own root, processes and mounts, and this host's network. At the end, whatever
# brings it about, nothing is left of it but the logs.
#
# Environment:
#   FRESH_MACHINE_LOGS   where the logs go (default: /tmp/container-kit-fresh-SUITE)
#
# Exit status: 0 both commands did what the README says, 1 they did not, 2 usage.

set -euo pipefail
checkout=$(dirname "$(dirname "$(readlink -f "$0")")")
# shellcheck source=tools/shell.sh
source "$checkout/tools/shell.sh"
# shellcheck source=tools/apt.sh
source "$checkout/tools/apt.sh"
# shellcheck source=tests/machine.sh
source "$checkout/tests/machine.sh"

suite=
keep=

read_options() {
  while (($#)); do
    case $1 in
      --keep) keep=yes ;;
      --print) readme_command "${2:-}" "$checkout/README.md" && exit ;;
      --help | -h) print_help && exit ;;
      -*) usage_error "unknown option $1" ;;
      *)
        [[ -z $suite ]] || usage_error "one suite at a time"
        suite=$1
        ;;
    esac
    shift
  done
  [[ -n $suite ]] || usage_error "which suite?"
}

# readme_command NAME README: the lines of the block that follows
# <!-- fresh-machine: NAME -->, without the prompt if they have one.
readme_command() {
  local command
  command=$(awk -v mark="<!-- fresh-machine: $1 -->" '
    $0 == mark { wanted = 1; next }
    wanted && /^```/ { if (inside) exit; inside = 1; next }
    inside && /^\$ / { prompted = 1; print substr($0, 3); next }
    inside && !prompted { print }
  ' "$2")
  [[ -n $command ]] || die "README.md has no block after <!-- fresh-machine: $1 -->"
  say "$command"
}

# --- The two commands ---------------------------------------------------------

# What is typed into the container's shell, and what must come of it: the limit of
# 32 processes refuses some of forty, and the shell's status is the command's.
# shellcheck disable=SC2016
typed='echo "inside: $((6 * 7))"
(for i in $(seq 40); do sleep 2 & done)
exit 7
'

run_first_command() { printf '%s' "$typed" | in_machine "$1" >"$logs/run.log" 2>&1; }

run_second_command() { in_machine "$1" >"$logs/test.log" 2>&1; }

try_shell_in_container() {
  local command status=0
  command=$(readme_command run "$root/$project/README.md")
  say "\$ $command"
  clock_log=$logs/run.log
  run_with_clock "running" run_first_command "$command" || status=$?
  grep -q '^inside: 42' "$logs/run.log" || failed run "there was no shell in the container (status $status)"
  grep -q "can't fork" "$logs/run.log" || failed run "forty processes were started: the limit of 32 is not in force"
  ((status == 7)) || failed run "the shell ended with 7, the command with $status"
  say "A shell in a container, with its limit in force and its status passed on."
}

try_tests() {
  local command status=0
  command=$(readme_command test "$root/$project/README.md")
  say "\$ $command"
  clock_log=$logs/test.log
  run_with_clock "testing" run_second_command "$command" || status=$?
  ((status == 0)) || failed test "the tests ended with $status"
  grep -E '^Executed [0-9]+ out of' "$logs/test.log" | tail -n 1 || true
}

failed() {
  say "The last lines of $logs/$1.log:"
  tail -n 30 -- "$logs/$1.log"
  die "Debian $suite: $2 (all of it: $logs/$1.log)"
}

read_options "$@"
((EUID == 0)) || die "making a machine needs root"
logs=${FRESH_MACHINE_LOGS:-/tmp/container-kit-fresh-$suite}
mkdir -p -- "$logs"
rm -f -- "$logs"/{run,test}.log
make_machine "$suite" "$keep"
clone_project
try_shell_in_container
try_tests
say "Debian $suite: the README holds (logs: $logs)."
