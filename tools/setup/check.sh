# ./setup --check: the table of what is here and what is missing. It changes nothing.
#
# shellcheck shell=bash

row() { printf '%-24s %-9s %s\n' "$1" "$2" "$3"; }

# package_version PACKAGE: from one dpkg-query for all, since each takes a while.
declare -A _versions=()
package_version() {
  local package version
  if [[ ${#_versions[@]} == 0 ]] && type -P dpkg-query >/dev/null; then
    while read -r package version; do
      _versions[${package%%:*}]=$version
    done < <(dpkg-query -W -f '${Package} ${Version}\n' "${needs[@]##*|}" 2>/dev/null)
  fi
  REPLY=${_versions[$1]:-"(not from package $1)"}
}

check_space() {
  local what=$1 directory=$2 wanted=$3 free
  free=$(free_megabytes "$directory")
  if ((free >= wanted)); then
    row "$what" found "$free MB in $directory"
  else
    row "$what" missing "$free MB in $directory, $wanted are needed"
    return 1
  fi
}

# Whether KVM works makes the lab faster or slower. Only the emulator must work.
check_accelerators() {
  if ! type -P qemu-system-x86_64 >/dev/null; then
    row "KVM" "-" "cannot be tried without QEMU"
    return
  fi
  if [[ ! -e $kernel/vmlinuz ]]; then
    row "KVM" "-" "cannot be tried without the lab's kernel"
    return
  fi

  if ! runs_a_guest tcg; then
    row "QEMU runs a guest" missing "the lab's kernel does not start"
    return 1
  fi
  row "QEMU runs a guest" found "in software"
  if [[ ! -e /dev/kvm ]]; then
    row "KVM" "no" "there is no /dev/kvm; the lab emulates, which is slower"
  elif [[ ! -r /dev/kvm || ! -w /dev/kvm ]]; then
    row "KVM" "no" "/dev/kvm may not be opened by you; are you in the group kvm?"
  elif runs_a_guest kvm; then
    row "KVM" "works" "a guest ran"
  else
    row "KVM" "no" "/dev/kvm is here, but no guest runs with it; the lab emulates"
  fi
}

runs_a_guest() { "$here/vm/accelerator.sh" --try "$1" "$kernel/vmlinuz"; }

check_kernel() {
  local state
  state=$(kernel_state)
  case $state in
    here) row "lab kernel" found "$(head -n 1 "$kernel/release")" ;;
    missing) row "lab kernel" missing "$kernel" && return 1 ;;
    *) row "lab kernel" "$state" "$kernel" && return 1 ;;
  esac
}

check() {
  local need what proof package status=0
  row NEED STATE VERSION
  for need in "${needs[@]}"; do
    IFS='|' read -r what proof package <<<"$need"
    if is_there "$proof"; then
      package_version "$package"
      row "$what" found "$REPLY"
    else
      row "$what" missing "package $package"
      status=1
    fi
  done
  check_kernel || status=1
  check_accelerators || status=1
  check_space "space for the cache" "$cache" "$cache_space" || status=1
  check_space "space for builds" "${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/bazel" "$build_space" || status=1
  if ((!status)); then
    say "Everything is there."
  elif supported_system; then
    say "Something is missing. ./setup will install it."
  else
    say "Something is missing, and ./setup can install it only on Debian and Ubuntu."
  fi
  return "$status"
}
