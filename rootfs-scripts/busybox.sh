#!/bin/bash
# Makes the default root file system: Busybox, one static program that is nearly
# all the commands of a small system, and the few files and directories around it.
#
#   busybox.sh --output FILE.cpio [--busybox PROGRAM]   a cpio archive (newc)
#   busybox.sh --output DIRECTORY [--busybox PROGRAM]   a directory tree
#   busybox.sh --help
#
#   --output PATH      what to make; a name that ends in .cpio is an archive
#   --busybox PROGRAM  a statically linked busybox (default: the one in PATH)
#
# It needs no privileges: there are no device nodes in it, since a container gets
# its own /dev. The same busybox always gives the same archive, byte for byte:
# sorted, owned by root, dated 1970. What is up to date is left alone.
#
# The build calls it for //rootfs-scripts:busybox.

set -euo pipefail
# shellcheck source=tools/shell.sh
source "$(dirname "${BASH_SOURCE[0]}")/../tools/shell.sh"

busybox=busybox
output=

read_options() {
  while (($#)); do
    case $1 in
      --output | --busybox)
        [[ -n ${2:-} ]] || usage_error "$1 needs a value"
        if [[ $1 == --output ]]; then output=$2; else busybox=$2; fi
        shift 2
        ;;
      --help | -h) print_help && exit ;;
      *) usage_error "unknown option $1" ;;
    esac
  done
  [[ -n $output ]] || usage_error "--output is missing"
}

# In another root there is no dynamic loader and no library.
require_static_busybox() {
  busybox=$(type -P "$busybox") || die "there is no $busybox: is the package busybox-static here?"
  if head -c 4096 "$busybox" | LC_ALL=C grep -qaF /ld-linux; then
    die "$busybox is not statically linked: the package busybox-static has one that is"
  fi
}

make_tree() {
  local root=$1 applet
  mkdir -p "$root"/{bin,dev,etc,home,mnt,proc,root,run,sys,tmp,usr,var/log,var/tmp}
  chmod 700 "$root/root"
  chmod 1777 "$root/tmp" "$root/var/tmp"

  # One directory for all commands, under all the names that PATH may have.
  install -m 755 "$busybox" "$root/bin/busybox"
  for applet in $("$busybox" --list); do
    [[ $applet == busybox ]] || ln -s busybox "$root/bin/$applet"
  done
  ln -s bin "$root/sbin"
  ln -s ../bin "$root/usr/bin"
  ln -s ../bin "$root/usr/sbin"
  ln -s ../run "$root/var/run"

  cat >"$root/etc/passwd" <<'PASSWD'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/:/bin/false
student:x:1000:1000:student:/home:/bin/sh
nobody:x:65534:65534:nobody:/:/bin/false
PASSWD
  cat >"$root/etc/group" <<'GROUP'
root:x:0:
daemon:x:1:
tty:x:5:
student:x:1000:
nogroup:x:65534:
GROUP
  cat >"$root/etc/hosts" <<'HOSTS'
127.0.0.1 localhost
::1 localhost
HOSTS
  cat >"$root/etc/os-release" <<'RELEASE'
NAME="Busybox"
ID=busybox
PRETTY_NAME="Busybox root of container-kit"
RELEASE
  chmod 644 "$root"/etc/*
  find "$root" -exec touch --no-dereference --date=@0 {} +
}

make_archive() {
  (cd "$1" && find . -mindepth 1 -printf '%P\0' | LC_ALL=C sort -z |
    cpio --create --format=newc --null --owner=0:0 --reproducible --quiet) >"$2"
}

# put_in_place NEW SAME: NEW becomes the output, unless that is the SAME already.
put_in_place() {
  if "${@:2}" >/dev/null 2>&1; then
    say "$output is up to date."
    return
  fi
  if [[ -d $output ]]; then
    rmdir -- "$output" 2>/dev/null ||
      die "$output exists and is something else: remove it, or choose another name"
  fi
  mv -T -- "$1" "$output"
  say "Made $output ($(du -sh -- "$output" | cut -f1), $("$busybox" --list | wc -l) commands)."
}

umask 022
read_options "$@"
require_static_busybox
mkdir -p -- "$(dirname "$output")"
new=$(mktemp -d -- "${output%/}.new.XXXXXX")
at_exit "rm -rf -- '$new'"
make_tree "$new/root"
if [[ $output == *.cpio ]]; then
  [[ ! -d $output ]] || die "$output is a directory"
  make_archive "$new/root" "$new/archive"
  put_in_place "$new/archive" cmp "$new/archive" "$output"
else
  [[ ! -e $output || -d $output ]] || die "$output exists and is not a directory"
  put_in_place "$new/root" diff -r --no-dereference "$new/root" "$output"
fi
