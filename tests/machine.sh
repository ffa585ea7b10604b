# A throw-away Debian with its own root, processes and mounts, for the tests that
# need a machine on which nothing is set up. For fresh-machine.sh and bazel7.sh,
# which have sourced tools/shell.sh and tools/apt.sh, and set $checkout.
#
# shellcheck shell=bash

: "${checkout:?}"
root=                       # The machine's root directory, here.
project=root/container-kit  # The project's, in it.

# make_machine SUITE KEEP: a minimal Debian in $root.
make_machine() {
  local suite=$1 keep=$2 base=${TMPDIR:-/var/tmp} machine stale
  # One that was killed by SIGKILL could not clean up after itself.
  for stale in "$base"/container-kit-machine.*; do
    if [[ $stale =~ \.([0-9]+)$ && ! -d /proc/${BASH_REMATCH[1]} ]]; then remove_machine "$stale"; fi
  done
  machine=$base/container-kit-machine.$suite.$$
  if [[ -n $keep ]]; then
    machine=$base/container-kit-machine.$suite.kept
    remove_machine "$machine"
    say "To look inside later: chroot $machine/root"
  else
    at_exit "remove_machine '$machine'"
  fi
  root=$machine/root
  mkdir -- "$machine"
  "$checkout/rootfs-scripts/debian.sh" --suite "$suite" --output "$root"
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  # A real one has the updates, too.
  if [[ $suite != sid && $suite != unstable ]]; then
    cat >>"$root/etc/apt/sources.list" <<SOURCES
deb $(apt_mirror) $suite-updates main
deb $(apt_security_mirror) $suite-security main
SOURCES
  fi
}

# Its last processes, already killed, may still be writing when this begins.
remove_machine() {
  local again
  for again in 1 2 3 4 5; do
    if rm -rf --one-file-system -- "$1" 2>/dev/null; then return; fi
    read -rt 0.5 <> <(:) || true
  done
  warn "$1 cannot be removed ($again tries)"
}

# The committed state of this checkout, as somebody else would get it.
clone_project() {
  git clone --quiet --no-hardlinks "file://$checkout" "$root/$project"
  say "Cloned $(git -C "$root/$project" log -1 --format='%h, %s')."
}

# in_machine COMMAND: runs it in the project's directory, as root. All processes
# end with the first one, which ends with this script, whatever ends that.
in_machine() {
  setpriv --pdeathsig KILL \
    unshare --mount --pid --ipc --fork --kill-child --propagation private -- \
    env -i HOME=/root TERM=dumb LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    bash -euc "$(declare -f become_machine run_as_init); become_machine \"\$1\"; run_as_init \"\$2\" \"\$3\"" \
    bash "$root" "/$project" "$1"
}

# The first process of the machine: gives it its mounts and moves into its root.
become_machine() {
  local root=$1 device
  mount --bind "$root" "$root"
  cd "$root" || exit 1
  mount -t proc -o nosuid,nodev,noexec proc proc
  mount -t tmpfs -o mode=755,size=1m tmpfs dev
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts dev/pts
  mount -t tmpfs -o mode=1777 tmpfs dev/shm
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s fd/0 dev/stdin && ln -s fd/1 dev/stdout && ln -s fd/2 dev/stderr
  for device in null zero full random urandom tty kvm; do
    if [[ -e /dev/$device ]]; then
      : >"dev/$device"
      mount --bind "/dev/$device" "dev/$device"
    fi
  done
  mkdir -p .old-root
  pivot_root . .old-root
  cd /
  umount --lazy /.old-root
  rmdir /.old-root
}

# A child of its own for the command: bash, as process 1, reaps what is left over.
run_as_init() {
  local status=0
  cd "$1" || exit 1
  bash -c "$2" || status=$?
  exit "$status"
}
