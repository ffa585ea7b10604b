#!/usr/bin/env bash
# Packs what a guest boots: busybox, the agent as /init, the kernel's modules,
# newuidmap with its libraries, and the guest's own files over those of the busybox
# root.
#
#   make_initramfs.sh OUTPUT BUSYBOX_CPIO AGENT PASSWD LOAD_ORDER NEWUIDMAP
#
# PASSWD and LOAD_ORDER are one file each of guest/etc/ and of the modules:
# the others are beside them. NEWUIDMAP is in the bin/ of a tree of its own.
set -euo pipefail

readonly output=$PWD/$1 busybox=$2 agent=$3 etc=$(dirname "$4") modules=$(dirname "$5")
readonly uidmap=$(dirname "$(dirname "$6")")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

mkdir -p "$tree"/{etc,modules,rootfs,job,lessons,solutions,home/student}
cp "$agent" "$tree/init"
cp -L "$etc"/* "$tree/etc/"
cp -L "$modules"/* "$tree/modules/"
cp -rL "$uidmap"/* "$tree/"
chmod -R u+w,go+rX "$tree"
chmod u+s "$tree"/bin/new[ug]idmap  # They are of use to those who are not root.
find "$tree" -exec touch --no-dereference --date=@0 {} +

# The kernel unpacks archives that follow each other: what comes later wins.
cp "$busybox" "$output"
chmod u+w "$output"
(cd "$tree" && find . -mindepth 1 | LC_ALL=C sort |
  cpio --create --format=newc --owner=0:0 --reproducible --quiet) >>"$output"
