#!/bin/bash
# What ./setup says and how it ends, as far as it changes nothing; and how KVM is tried.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
export CONTAINER_KIT_CACHE=$scratch/cache HOME=$scratch XDG_CACHE_HOME=$scratch/xdg
status=0

# expect WHAT STATUS WORDS COMMAND...: the end, and a line that has to be there.
expect() {
  local what=$1 wanted=$2 words=$3 said found=0
  shift 3
  said=$("$@" 2>&1) || found=$?
  if [[ $found != "$wanted" ]] || ! grep -qE -- "$words" <<<"$said"; then
    printf '%s: status %s, expected %s and "%s":\n%s\n' "$what" "$found" "$wanted" "$words" "$said"
    status=1
  fi
}

expect 'help' 0 '^  \./setup --check ' ./setup --help
expect 'an unknown option' 2 '^setup: unknown option --chek \(try --help\)$' ./setup --chek
expect 'too many options' 2 '^setup: too many arguments \(try --help\)$' ./setup --check --update

# --- Without a kernel, and with a damaged one ---------------------------------

expect 'no kernel' 1 "^lab kernel +missing +$scratch/cache/kernel$" ./setup --check
expect 'no kernel to try KVM with' 1 "^KVM +- +cannot be tried without" ./setup --check
expect 'something is missing' 1 '^Something is missing' ./setup --check
if [[ -e $scratch/cache ]]; then printf -- '--check has made %s\n' "$scratch/cache" && status=1; fi

mkdir -p "$scratch/cache/kernel/modules"
touch "$scratch/cache/kernel/vmlinuz"
printf '%s\n' 1.2.3-test 'content 0' >"$scratch/cache/kernel/release"
expect 'a damaged kernel' 1 "^lab kernel +broken +$scratch/cache/kernel$" ./setup --check

# --- Does a guest run? --------------------------------------------------------

# In place of QEMU: a guest runs with the accelerators in $RUNS_WITH.
mkdir "$scratch/bin"
cat >"$scratch/bin/qemu-system-x86_64" <<'QEMU'
#!/bin/bash
echo >>"$ASKED"
[[ $* =~ -accel\ ([a-z]+) && " $RUNS_WITH " == *" ${BASH_REMATCH[1]} "* ]] && echo 'Kernel panic - not syncing'
QEMU
chmod +x "$scratch/bin/qemu-system-x86_64"
export PATH=$scratch/bin:$PATH ASKED=$scratch/asked RUNS_WITH=

# shellcheck disable=SC2317 # expect calls it.
try() { RUNS_WITH=$1 vm/accelerator.sh --try "$2" kernel; }
expect 'a guest that runs' 0 '^$' try 'tcg kvm' kvm
expect 'one that does not' 1 '^$' try tcg kvm
expect 'an emulator that does not work' 1 '^QEMU runs a guest +missing ' ./setup --check
RUNS_WITH=tcg expect 'one that works' 1 '^QEMU runs a guest +found ' ./setup --check

# The answer is remembered: the second time, QEMU is not asked.
expect 'the answer' 0 '^(kvm|tcg)$' vm/accelerator.sh kernel
: >"$ASKED"
expect 'the answer from memory, and the reason' 0 '^(/dev/kvm|there is no|a guest ran)' \
  vm/accelerator.sh --why kernel
if [[ -s $ASKED ]]; then printf 'QEMU was asked again\n' && status=1; fi
exit "$status"
