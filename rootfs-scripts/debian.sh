#!/bin/bash
# Makes a Debian root file system of any suite, with the packages that you want.
#
#   debian.sh --output FILE.squashfs [OPTION]...   an image that the lab mounts
#   debian.sh --output FILE.tar [OPTION]...        an archive
#   debian.sh --output DIRECTORY [OPTION]...       a directory tree
#   debian.sh --help
#
#   --suite NAME      bookworm, trixie, sid, ... (default: bookworm)
#   --include A,B     packages to add to the minimal system
#   --mirror URL      where to fetch from (default: where this host's apt does)
#   --update          fetch again what the cache has
#
# Example, a web server for lesson 14:
#   debian.sh --include nginx-light --output /tmp/web.squashfs
#
# Runs as root, or as an ordinary user where user namespaces and newuidmap work.
# What was made once is in the cache and needs no network any more: the directory
# debian/ of $CONTAINER_KIT_CACHE (default: /var/cache/container-kit, or
# ~/.cache/container-kit where that cannot be written).

set -euo pipefail
# shellcheck source=tools/shell.sh
source "$(dirname "$(readlink -f "$0")")/../tools/shell.sh"
# shellcheck source=tools/apt.sh
source "$(dirname "$(readlink -f "$0")")/../tools/apt.sh"

suite=bookworm
include=
mirror=
output=
update=

read_options() {
  while (($#)); do
    case $1 in
      --suite | --include | --mirror | --output)
        [[ -n ${2:-} ]] || usage_error "$1 needs a value"
        declare -g "${1#--}=$2"
        shift 2
        ;;
      --update) update=yes && shift ;;
      --help | -h) print_help && exit ;;
      *) usage_error "unknown option $1" ;;
    esac
  done
  [[ -n $output ]] || usage_error "--output is missing"
  output=${output%/}
  mirror=${mirror:-$(apt_mirror)}
  [[ -n $mirror ]] || usage_error "this host's apt knows no mirror of Debian: which --mirror?"
  [[ $suite =~ ^[a-z0-9][a-z0-9.-]*$ ]] || usage_error "not the name of a suite: $suite"
  # Whatever their order, it is the same system, with the same place in the cache.
  include=$(tr -s ', ' '\n' <<<"$include" | sed '/^$/d' | LC_ALL=C sort -u | paste -sd,)
}

require_tools() {
  local tool package
  while read -r tool package; do
    type -P "$tool" >/dev/null || die "there is no $tool: ./setup installs it (package $package)"
  done <<'TOOLS'
mmdebstrap mmdebstrap
tar2sqfs squashfs-tools-ng
zstd zstd
TOOLS
}

# --- The cache ----------------------------------------------------------------

choose_cache() {
  cache=${CONTAINER_KIT_CACHE:-/var/cache/container-kit}/debian
  if ! mkdir -p -- "$cache" 2>/dev/null || [[ ! -w $cache ]]; then
    if [[ -n ${CONTAINER_KIT_CACHE:-} ]]; then die "$cache cannot be written"; fi
    cache=${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/container-kit/debian
    mkdir -p -- "$cache"
  fi
  # Everything that the result depends on, except when it was made.
  key=$(sha256sum <<<"2 $suite $mirror $include" | cut -c1-16)
  archive=$cache/$suite-$key.tar.zst
  image=$cache/$suite-$key.squashfs
}

# Two at a time would make the same thing twice.
lock_cache() {
  exec 9>"$cache/.lock"
  if ! flock -n 9; then
    say "Waiting for another $program to end."
    flock 9
  fi
}

# The archive is what mmdebstrap makes; the other forms are made from it.
make_archive() {
  local new=$archive.new
  if [[ -e $archive && -z $update ]]; then
    say "Debian $suite${include:+ with $include} has been in the cache since $(date -r "$archive" '+%F %R')."
    return
  fi
  say "Making Debian $suite${include:+ with $include} from $mirror"
  at_exit "rm -f -- '$new'"
  run_with_clock "fetching and unpacking packages" bootstrap "$new" || explain_failure
  mv -- "$new" "$archive"
  rm -f -- "$image"
}

bootstrap() {
  local line trusted=()
  while read -r line; do trusted+=("--keyring=$line"); done < <(apt_keyrings)
  while read -r line; do trusted+=("--aptopt=$line"); done < <(apt_proxies)
  # No documentation: nobody reads it in a container. The licences stay.
  TMPDIR=$scratch mmdebstrap --variant=minbase --format=tar ${include:+--include="$include"} \
    "${trusted[@]}" \
    --aptopt='Acquire::Check-Valid-Until "false"' \
    --aptopt='Apt::Install-Recommends "false"' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    "$suite" - "$mirror" 2>>"$log" | zstd -q -3 -T0 >"$1" 2>>"$log"
}

# The last words of the log, and what they mean.
explain_failure() {
  local why="mmdebstrap did not work; its last words are above"
  if grep -qi 'no space left' "$log"; then
    why="there is no space left in $cache or ${TMPDIR:-/tmp}"
  elif grep -qiE 'does not have a release file|404 +not found' "$log"; then
    why="$mirror has no suite $suite"
  elif grep -qi 'unable to locate package' "$log"; then
    why="$suite has no package $(sed -n 's/.*nable to locate package //p' "$log" | sort -u | paste -sd' ')"
  elif grep -qiE 'temporary failure resolving|could not (resolve|connect)|unable to connect|network is unreachable' "$log"; then
    why="$mirror cannot be reached; is there a network?"
  elif grep -qiE 'newuidmap|unprivileged_userns|unable to pick chroot mode' "$log"; then
    why="an ordinary user needs user namespaces, newuidmap and an entry in /etc/subuid; or run it as root"
  else
    tail -n 15 "$log" >&2
  fi
  die "$why"
}

make_image() {
  local new=$image.new
  if [[ -e $image ]]; then return; fi
  at_exit "rm -f -- '$new'"
  run_with_clock "making the squashfs image" pack_image "$new" || explain_failure
  mv -- "$new" "$image"
}

pack_image() {
  tar2sqfs --quiet --force --compressor zstd --comp-extra level=9 "$1" \
    <"$archive" >>"$log" 2>&1
}

# --- The output ---------------------------------------------------------------

# A file appears under its name when it is whole.
put_file() {
  local new=$output.new.$$
  if [[ -d $output ]]; then die "$output is a directory"; fi
  at_exit "rm -f -- '$new'"
  "$@" >"$new" || die "$output cannot be written"
  if cmp -s -- "$new" "$output"; then
    say "$output is up to date."
  else
    mv -- "$new" "$output"
    say "Made $output ($(du -h -- "$output" | cut -f1))."
  fi
}

# A directory says in this file, in it, what it is.
stamp=.container-kit-root

put_directory() {
  local new=$output.new.$$
  if [[ $(cat -- "$output/$stamp" 2>/dev/null) == "$key $(stat -c %Y "$archive")" ]]; then
    say "$output is up to date."
    return
  fi
  if [[ -e $output ]] && ! rmdir -- "$output" 2>/dev/null; then
    die "$output exists and is something else: remove it, or choose another name"
  fi
  at_exit "rm -rf -- '$new'"
  mkdir -- "$new"
  run_with_clock "unpacking into $output" unpack "$new" || die "$output cannot be written"
  say "$key $(stat -c %Y "$archive")" >"$new/$stamp"
  mv -T -- "$new" "$output"
  say "Made $output."
  if ((EUID != 0)); then say "All files in it are yours; as root they would have their own owners."; fi
}

# An ordinary user cannot make device nodes: a container gets its own /dev.
unpack() { tar -x --zstd -f "$archive" -C "$1" --numeric-owner --exclude='./dev/*'; }

read_options "$@"
require_tools
choose_cache
mkdir -p -- "$(dirname "$output")"
lock_cache
# Not in the cache, which may be full. mmdebstrap, when it is killed, leaves behind
# what it has in its TMPDIR.
scratch=$(mktemp -d "${TMPDIR:-/tmp}/debian-sh.XXXXXX")
at_exit "rm -rf --one-file-system -- '$scratch'"
chmod 755 "$scratch"  # apt goes in as another user.
log=$scratch/log
make_archive
case $output in
  *.squashfs) make_image && put_file cat -- "$image" ;;
  *.tar) put_file zstd -qdc -- "$archive" ;;
  *) put_directory ;;
esac
