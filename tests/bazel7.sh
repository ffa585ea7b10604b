#!/bin/bash
# Does the project build with Bazel 7 and MODULE.bazel, without a network? Debian
# 12 and 13 package Bazel 4.2.3, Debian sid 7.7: this makes a minimal sid, runs
# ./setup in it, cuts it off from the network, and builds a clone of this
# checkout's committed state there.
#
#   bazel7.sh                  bazel build //...
#   bazel7.sh --keep           the same, and leave the machine's files
#   bazel7.sh -- COMMAND...    another command, for example bazel test //tests/kit/...
#   bazel7.sh --help
#
# Needs root, a network for the packages, and 8 GB in $TMPDIR (default: /var/tmp).
# The log is /tmp/container-kit-bazel7.log.

set -euo pipefail
checkout=$(dirname "$(dirname "$(readlink -f "$0")")")
# shellcheck source=tools/shell.sh
source "$checkout/tools/shell.sh"
# shellcheck source=tools/apt.sh
source "$checkout/tools/apt.sh"
# shellcheck source=tests/machine.sh
source "$checkout/tests/machine.sh"

keep=
command="bazel build //..."
while (($#)); do
  case $1 in
    --keep) keep=yes && shift ;;
    --help | -h) print_help && exit ;;
    --) shift && command=$* && break ;;
    *) usage_error "unknown option $1" ;;
  esac
done

# Modules that Bazel's own module names, though nothing here uses them. Where the
# network is, they come from the Bazel Central Registry; here they are empty.
unused_modules=(
  zlib@1.3.1.bcr.3 protobuf@3.19.6 protobuf@21.7
  apple_support@1.23.1 buildozer@7.1.2
)

make_registry() {
  local registry=$1 module name version
  mkdir -p "$registry/empty"
  say '{}' >"$registry/bazel_registry.json"
  for module in "${unused_modules[@]}"; do
    name=${module%@*}
    version=${module#*@}
    mkdir -p "$registry/modules/$name/$version"
    say "module(name = \"$name\", version = \"$version\")" \
      >"$registry/modules/$name/$version/MODULE.bazel"
    say '{"type": "local_path", "path": "/root/registry/empty"}' \
      >"$registry/modules/$name/$version/source.json"
  done
}

set_up_machine() { in_machine ./setup >"$log" 2>&1; }

# A network namespace with nothing in it, not even the loopback interface up; that
# one Bazel's server needs.
build_offline() {
  in_machine "unshare --net bash -c 'busybox ip link set lo up && $command'" >>"$log" 2>&1
}

failed() {
  say "The last lines of $log:"
  tail -n 30 -- "$log"
  die "$1 (all of it: $log)"
}

((EUID == 0)) || die "making a machine needs root"
log=/tmp/container-kit-bazel7.log
clock_log=$log
make_machine sid "$keep"
clone_project
make_registry "$root/root/registry"
say "common --registry=file:///root/registry" >"$root/root/.bazelrc"
run_with_clock "./setup" set_up_machine || failed "./setup did not work on Debian sid"
say "\$ $command   ($(chroot "$root" dpkg-query -W bazel-bootstrap))"
run_with_clock "building" build_offline || failed "the build with Bazel 7 failed"
say "Built, with MODULE.bazel and without a network."
