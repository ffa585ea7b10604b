#!/usr/bin/env bash
# Prints how the lab machine can run here: "kvm" or "tcg" (software emulation).
#
#   vm/accelerator.sh KERNEL          the answer, from memory if this boot knows it
#   vm/accelerator.sh --why KERNEL    the answer, then the reason
#
# That /dev/kvm opens proves nothing. There are hosts where QEMU then hangs for
# ever or prints "KVM internal error", and some of those still run a few bytes of
# real-mode code. So the probe boots the lab's own kernel, which has no root file
# system and panics: a console with that panic on it, within the deadline, is a
# guest that ran. The answer holds until the host boots again.
set -euo pipefail

readonly DEADLINE_SECONDS=6
why=""
if [[ ${1-} == --why ]]; then
  why=yes
  shift
fi
readonly kernel=${1:?usage: accelerator.sh [--why] KERNEL}
readonly memory_dir=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/container-kit
readonly boot_id=$(</proc/sys/kernel/random/boot_id)
readonly memory=$memory_dir/accelerator

probe() {
  if [[ ! -e /dev/kvm ]]; then
    echo "tcg there is no /dev/kvm"
    return
  fi
  if [[ ! -r /dev/kvm || ! -w /dev/kvm ]]; then
    echo "tcg /dev/kvm may not be opened by $(id -un) (group kvm?)"
    return
  fi

  local console
  console=$(timeout --signal=KILL "$DEADLINE_SECONDS" qemu-system-x86_64 \
    -M q35 -accel kvm -cpu host -m 256 -nodefaults -no-user-config \
    -display none -no-reboot -serial stdio -kernel "$kernel" \
    -append "console=ttyS0 panic=-1 quiet" 2>&1 </dev/null | tr -d '\0') || true
  if [[ $console == *"Kernel panic"* ]]; then
    echo "kvm a probe guest ran"
  else
    echo "tcg /dev/kvm opens, but a probe guest did not run within $DEADLINE_SECONDS s"
  fi
}

answer=""
if [[ -r $memory ]]; then
  read -r known_boot answer <"$memory" || true
  [[ $known_boot == "$boot_id" ]] || answer=""
fi
if [[ -z $answer ]]; then
  answer=$(probe)
  # A directory that cannot be written costs a probe each time, nothing else.
  if mkdir -p "$memory_dir" 2>/dev/null; then
    { echo "$boot_id $answer" >"$memory.$$" && mv "$memory.$$" "$memory"; } 2>/dev/null || true
  fi
fi

echo "${answer%% *}"
[[ -z $why ]] || echo "${answer#* }"
