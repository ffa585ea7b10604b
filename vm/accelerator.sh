#!/usr/bin/env bash
# Prints how the lab machine can run here: "kvm" or "tcg" (software emulation).
#
#   vm/accelerator.sh KERNEL              the answer; it is asked once per boot of this host
#   vm/accelerator.sh --why KERNEL        the answer, then the reason
#   vm/accelerator.sh --try NAME KERNEL   does a guest run with kvm, or with tcg? Status 0 or 1
#
# That /dev/kvm opens proves nothing. There are hosts where QEMU then hangs for
# ever or prints "KVM internal error", and some of those still run a few bytes of
# real-mode code. So the probe boots the lab's own kernel, which has no root file
# system and panics: a console with that panic on it, within the deadline, is a
# guest that ran.
set -euo pipefail

# Seconds. Emulation is slower, and only has to work.
readonly KVM_DEADLINE=6 TCG_DEADLINE=60

# runs_a_guest ACCELERATOR DEADLINE KERNEL
runs_a_guest() {
  local console
  console=$(timeout --signal=KILL "$2" qemu-system-x86_64 \
    -M q35 -accel "$1" -cpu max -m 256 -nodefaults -no-user-config \
    -display none -no-reboot -serial stdio -kernel "$3" \
    -append "console=ttyS0 panic=-1 quiet" 2>&1 </dev/null | tr -d '\0') || true
  [[ $console == *"Kernel panic"* ]]
}

# "kvm" or "tcg", and the reason.
choose() {
  if [[ ! -e /dev/kvm ]]; then
    echo "tcg there is no /dev/kvm"
  elif [[ ! -r /dev/kvm || ! -w /dev/kvm ]]; then
    echo "tcg /dev/kvm may not be opened by $(id -un) (group kvm?)"
  elif runs_a_guest kvm "$KVM_DEADLINE" "$1"; then
    echo "kvm a guest ran"
  else
    echo "tcg /dev/kvm opens, but no guest ran with it within $KVM_DEADLINE s"
  fi
}

# The answer, from memory if it has one from this boot of the host.
remembered_choice() {
  local directory=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/container-kit
  local memory=$directory/accelerator boot known_boot answer=
  boot=$(</proc/sys/kernel/random/boot_id)
  if [[ -r $memory ]]; then
    read -r known_boot answer <"$memory" || true
    [[ $known_boot == "$boot" ]] || answer=
  fi
  if [[ -z $answer ]]; then
    answer=$(choose "$1")
    # A directory that cannot be written to costs a probe each time, nothing else.
    if mkdir -p "$directory" 2>/dev/null; then
      { echo "$boot $answer" >"$memory.$$" && mv "$memory.$$" "$memory"; } 2>/dev/null || true
    fi
  fi
  echo "$answer"
}

case ${1-} in
  --try)
    deadline=$TCG_DEADLINE
    if [[ ${2-} == kvm ]]; then deadline=$KVM_DEADLINE; fi
    runs_a_guest "${2:?which accelerator?}" "$deadline" "${3:?which kernel?}"
    ;;
  --why)
    answer=$(remembered_choice "${2:?which kernel?}")
    printf '%s\n' "${answer%% *}" "${answer#* }"
    ;;
  *)
    answer=$(remembered_choice "${1:?usage: accelerator.sh [--why | --try NAME] KERNEL}")
    printf '%s\n' "${answer%% *}"
    ;;
esac
