# The packages that container-kit needs: which, whether they are there, and how they
# are installed. For ./setup.
#
# shellcheck shell=bash

# What | what proves it: a command or a file; one of several is enough | package
needs=(
  "Bazel|bazel|bazel-bootstrap"
  "Bazel's C++ rules|/usr/share/bazel/rules/cc|bazel-rules-cc"
  "Bazel's Java rules|/usr/share/bazel/rules/java|bazel-rules-java"
  "Bazel's protobuf rules|/usr/share/bazel/rules/proto|bazel-rules-proto"
  "Bazel's platforms|/var/lib/dpkg/info/bazel-platforms.list|bazel-platforms"
  "Bazel's library|/var/lib/dpkg/info/bazel-skylib.list|bazel-skylib"
  "C++ compiler|g++|g++"
  "Git|git|git"
  "Python|python3|python3"
  "Catch2|/usr/include/catch2/catch.hpp /usr/include/catch2/catch_all.hpp|catch2"
  "fmt|/usr/include/fmt/format.h|libfmt-dev"
  "CLI11|/usr/include/CLI/CLI.hpp|libcli11-dev"
  "JSON|/usr/include/nlohmann/json.hpp|nlohmann-json3-dev"
  "libseccomp|/usr/include/seccomp.h|libseccomp-dev"
  "libcap|/usr/include/sys/capability.h|libcap-dev"
  "libsodium|/usr/include/sodium.h|libsodium-dev"
  "QEMU|qemu-system-x86_64|qemu-system-x86"
  "Busybox, static|/var/lib/dpkg/info/busybox-static.list|busybox-static"
  "mmdebstrap|mmdebstrap|mmdebstrap"
  "squashfs writer|tar2sqfs|squashfs-tools-ng"
  "newuidmap|newuidmap|uidmap"
  "kernel module tools|/sbin/depmod|kmod"
  "xz|xz|xz-utils"
  "zstd|zstd|zstd"
  "cpio|cpio|cpio"
  "patch|patch|patch"
  "pgrep, pkill|pgrep|procps"
  "file|file|file"
  "zip|zip|zip"
  "unzip|unzip|unzip"
  "clang-format|clang-format|clang-format"
  "clang-tidy|clang-tidy|clang-tidy"
  "clang, for mutants|clang++|clang"
  "TLS certificates|/etc/ssl/certs/ca-certificates.crt|ca-certificates"
)

is_there() {
  local proof
  for proof in $1; do
    if [[ $proof == /* ]]; then
      if [[ -e $proof ]]; then return 0; fi
    elif type -P "$proof" >/dev/null; then
      return 0
    fi
  done
  return 1
}

missing_packages() {
  local need what proof package
  for need in "${needs[@]}"; do
    IFS='|' read -r what proof package <<<"$need"
    if ! is_there "$proof"; then printf '%s\n' "$package"; fi
  done
}

# supported_system: is this a distribution whose package names we know?
supported_system() {
  local ID='' ID_LIKE=''
  if [[ -r /etc/os-release ]]; then
    # shellcheck source=/dev/null
    source /etc/os-release
  fi
  [[ " $ID $ID_LIKE " == *" debian "* || " $ID " == *" ubuntu "* ]] &&
    type -P apt-get dpkg >/dev/null
}

refuse_other_systems() {
  local need what proof package
  {
    say "setup knows the package names of Debian and Ubuntu only. container-kit needs:"
    for need in "${needs[@]}"; do
      IFS='|' read -r what proof package <<<"$need"
      printf '  %-24s (in Debian: %s)\n' "$what" "$package"
    done
    say "and, in $cache/kernel, a kernel with its modules for the lab machine."
  } >&2
  die "this system is not supported"
}

refuse_other_processors() {
  if [[ $(uname -m) != x86_64 ]]; then
    die "container-kit needs an x86_64 processor, and this one is $(uname -m)"
  fi
}

# --- Installing them ----------------------------------------------------------

# apt OPERATION...: apt-get without questions, with progress, its words in a log.
apt() {
  local log=$scratch/apt.log status=0
  if ! _apt "$@" 3> >(show_apt_progress) >"$log" 2>&1 </dev/null; then
    status=1
  fi
  end_progress
  if ((status)); then
    tail -n 20 "$log" >&2
    die "apt-get $1 did not work; its last words are above"
  fi
}

_apt() {
  DEBIAN_FRONTEND=noninteractive apt-get --yes --no-install-recommends \
    -o APT::Status-Fd=3 -o APT::Sandbox::User=root -o APT::Update::Error-Mode=any \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
}

# Lines like "dlstatus:1:23.5:Retrieving ..." or "pmstatus:git:40.1:Unpacking ...",
# where the second field can have colons, too.
show_apt_progress() {
  local line percent tens=-1
  while read -r line; do
    [[ $line =~ ^(dl|pm)status:.*:([0-9]+)(\.[0-9]+)?:(.*)$ ]] || continue
    percent=${BASH_REMATCH[2]}
    # In a log, a line for each tenth is enough.
    if progress_is_live || ((percent / 10 != tens)); then
      tens=$((percent / 10))
      show_progress "$(printf '%3d %%  %s' "$percent" "${BASH_REMATCH[4]}")"
    fi
  done
}

install_packages() {
  if [[ -n $(dpkg --audit 2>/dev/null) ]]; then
    say "Finishing an installation that was interrupted earlier."
    DEBIAN_FRONTEND=noninteractive dpkg --configure -a >&2
  fi
  say "Installing $# packages and what they depend on:"
  say "$@" | fold -s -w 74 | sed 's/^/  /'
  # Small images have no manual pages, and Java's packages stumble over that.
  mkdir -p /usr/share/man/man1
  apt install "$@"
}
