#!/usr/bin/env bash
# Writes manual_pages.txt: the manual pages that chapters may name. They are the
# pages about the kernel and libseccomp, and those of the tools that chapters use,
# as Debian packages them. Needs a network; run it when a chapter names a new page.
set -euo pipefail

readonly packages=(manpages manpages-dev util-linux iproute2 nftables uidmap passwd mmdebstrap
  libcap2-bin libcap-dev libseccomp-dev libcap-ng-dev apparmor coreutils procps)
here=$(dirname "$(readlink -f "$0")")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
chmod 755 "$scratch"

(cd "$scratch" && apt-get download --quiet=2 "${packages[@]}" 2>/dev/null)
for package in "$scratch"/*.deb; do
  dpkg-deb --contents "$package"
done | sed -nE 's#.*/usr/share/man/man[1-8]/([^/ ]+)\.([1-8])[a-z]*\.gz.*#\1(\2)#p' |
  grep -E '\([124578]\)$|^seccomp_' | LC_ALL=C sort -u >"$here/manual_pages.txt"
wc -l <"$here/manual_pages.txt"
