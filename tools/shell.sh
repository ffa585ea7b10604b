# What the project's shell scripts share: messages, progress, a clean end.
#
#   source "$(dirname "${BASH_SOURCE[0]}")/../tools/shell.sh"
#
# shellcheck shell=bash

# The name in messages: how the script was called, without its directory.
program=${0##*/}

say() { printf '%s\n' "$*"; }

warn() { printf '%s: %s\n' "$program" "$*" >&2; }

# One line on standard error, and the end. Status 1: something could not be done.
die() {
  warn "$@"
  exit 1
}

# Status 2: the command line makes no sense.
usage_error() {
  warn "$* (try --help)"
  exit 2
}

# Prints the comment at the top of the script, which is its manual.
print_help() {
  awk 'NR == 1 { next } !/^#/ { exit } { sub(/^# ?/, ""); print }' "$0"
}

# --- Progress -----------------------------------------------------------------

# On a terminal one line that changes; elsewhere (a log) a line now and then.
progress_is_live() { [[ -t 2 && ${TERM:-dumb} != dumb ]]; }

# show_progress TEXT: what is going on right now.
show_progress() {
  if progress_is_live; then
    printf '\r\033[K  %s' "${1:0:76}" >&2
  else
    printf '  %s\n' "$1" >&2
  fi
}

end_progress() {
  if progress_is_live; then printf '\r\033[K' >&2; fi
}

# run_with_clock TEXT COMMAND...: runs the command (a program or a function) in
# a process group of its own and shows the seconds that it has taken so far. Its
# output goes where the caller sends it; it has no input. If clock_log is the name
# of a file, the last line in it is shown too.
clock_log=
_job=
run_with_clock() {
  local text=$1 clock status=0
  shift
  set -m  # A group of its own, so that all of it can be ended at once.
  "$@" </dev/null &
  _job=$!
  set +m
  _show_clock "$text" &
  clock=$!
  wait "$_job" || status=$?  # Unlike a foreground command, a trap can end this.
  _job=
  kill "$clock" 2>/dev/null || true
  wait "$clock" 2>/dev/null || true
  end_progress
  return "$status"
}

_show_clock() {
  local started=$SECONDS step=15 never last=
  trap - EXIT INT TERM HUP
  if progress_is_live; then step=1; fi
  exec {never}<> <(:)  # Nothing ever comes: reading it with a limit is a clock.
  while show_progress "$1 ($((SECONDS - started)) s)${last:+: $last}"; do
    read -rt "$step" -u "$never" || true
    # The script is gone, killed: do not go on for ever.
    [[ -d /proc/$$ ]] || return 0
    if [[ -n $clock_log ]]; then last=$(_last_line "$clock_log"); fi
  done
}

# Without colours and what else moves a terminal's cursor.
_last_line() {
  tail -c 500 -- "$1" 2>/dev/null | sed 's/\x1b\[[0-9;?]*[A-Za-z]//g' |
    tr '\r' '\n' | tr -dc '[:print:]\n' | grep -v '^ *$' | tail -n 1
}

# --- A clean end --------------------------------------------------------------

# Commands that undo what was begun, last first. at_exit "rm -rf -- '$dir'"
_undo=()

at_exit() { _undo=("$1" "${_undo[@]}"); }

_run_undo() {
  local status=$? command
  # From here on, another Ctrl-C must not stop the cleaning.
  trap '' INT TERM HUP
  if [[ -n $_job ]]; then
    kill -TERM -- "-$_job" 2>/dev/null || true
    wait "$_job" 2>/dev/null || true
  fi
  for command in "${_undo[@]}"; do
    eval "$command" || true
  done
  exit "$status"
}

trap _run_undo EXIT
# Bash runs the EXIT trap after these; the status says which signal it was.
trap 'end_progress; exit 130' INT
trap 'end_progress; exit 143' TERM
trap 'end_progress; exit 129' HUP
