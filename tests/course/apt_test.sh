#!/bin/bash
# tools/apt.sh reads what apt is told, in both forms of its sources.
set -euo pipefail
# shellcheck source=tools/apt.sh
source tools/apt.sh

folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
mkdir -p "$folder/parts" "$folder/lists/partial"
cat >"$folder/apt.conf" <<CONF
Dir::Etc::sourcelist "$folder/sources.list";
Dir::Etc::sourceparts "$folder/parts";
Dir::State::lists "$folder/lists";
Acquire::http::Proxy "http://proxy.example:3128";
CONF
export APT_CONFIG=$folder/apt.conf

status=0
expect() {  # WHAT FOUND EXPECTED
  if [[ $2 == "$3" ]]; then return; fi
  printf '%s: found "%s", expected "%s"\n' "$1" "$2" "$3"
  status=1
}

: >"$folder/sources.list"
expect 'no source' "$(apt_mirror)$(apt_security_mirror)$(apt_keyrings)" ''

cat >"$folder/sources.list" <<'LIST'
# deb [signed-by=/not/this.gpg] http://not.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/one.gpg] http://one.example/debian bookworm main contrib
deb http://one.example/updates bookworm-updates main
deb http://one.example/security bookworm-security main
LIST
expect 'one line' "$(apt_mirror)" http://one.example/debian
expect 'one line, security' "$(apt_security_mirror)" http://one.example/security
expect 'one line, keys' "$(apt_keyrings)" /usr/share/keyrings/one.gpg

: >"$folder/sources.list"
cat >"$folder/parts/debian.sources" <<'SOURCES'
Types: deb
URIs: https://two.example/debian/
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/two.gpg

Types: deb
URIs: https://two.example/security
Suites: trixie-security
Components: main
Signed-By: /usr/share/keyrings/two.gpg
SOURCES
expect 'deb822' "$(apt_mirror)" https://two.example/debian
expect 'deb822, security' "$(apt_security_mirror)" https://two.example/security
expect 'deb822, keys' "$(apt_keyrings)" /usr/share/keyrings/two.gpg

expect 'a proxy' "$(apt_proxies)" 'Acquire::http::Proxy "http://proxy.example:3128";'
exit $status
