# Where this host's apt gets Debian from: a room with a mirror, or a proxy, of
# its own has said so to apt already.
#
#   source "$(dirname "${BASH_SOURCE[0]}")/../tools/apt.sh"
#
# Whatever form the sources have (one line each, or deb822), apt itself reads them.
#
# shellcheck shell=bash

# "URI RELEASE" for each source with the component main, as it is configured: also
# if nothing was fetched from there yet.
_apt_sources() {
  # shellcheck disable=SC2016 # The names are apt's.
  apt-get -o APT::Get::IndexTargets::ReleaseInfo=0 indextargets \
    --format '$(REPO_URI) $(RELEASE)' 'Created-By: Packages' 'Component: main' 2>/dev/null | sort -u
}

# The mirror of the distribution itself; nothing if there is none.
apt_mirror() { _apt_sources | awk '$2 !~ /-/ { sub("/$", "", $1); print $1; exit }'; }

# That of its security updates; nothing if there is none.
apt_security_mirror() { _apt_sources | awk '$2 ~ /-security$/ { sub("/$", "", $1); print $1; exit }'; }

# The files of keys that a source is signed with, a line each.
apt_keyrings() {
  local list parts
  eval "$(apt-config shell list Dir::Etc::sourcelist/f parts Dir::Etc::sourceparts/d)"
  cat -- "$list" "$parts"/*.list "$parts"/*.sources 2>/dev/null |
    grep -v '^ *#' | grep -oiP 'signed-by[=:] *\K/[^\] ,]+' | sort -u
}

# apt's proxies as options for another apt, a line each.
apt_proxies() { apt-config dump --format '%F "%v";%n' Acquire | grep -iE '^Acquire::[a-z]+::Proxy[ :]' || true; }
