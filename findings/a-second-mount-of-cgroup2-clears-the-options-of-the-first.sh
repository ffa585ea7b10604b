#!/usr/bin/env bash
# Versions: linux-image-6.1.0-56-cloud-amd64 6.1.192-2, busybox-static 1.35.0 (Debian 12);
#           QEMU runs them (any version; 7.2 was used)
# Source: Linux, Documentation/admin-guide/cgroup-v2.rst ("Mounting"), kernel/cgroup/cgroup.c
#
# Mounting cgroup2 a second time, somewhere else and without options, switches off
# nsdelegate and memory_recursiveprot for the first mount too.
#
# One would expect that the options of a mount are its own, or that the second call
# without options changes nothing, or that it is refused (EBUSY), as it is where the
# options of two mounts of one ext4 disagree. The documentation says that nsdelegate
# is system wide, and is set on mount or remount from the init namespace. That a
# mount which does not mention it clears it is between the lines. What is seen:
#
#   1. mounted with both options:                   /a has both
#   2. then "mount -t cgroup2 none /b":             /a has neither, nor has /b
#   3. /b is unmounted:                             /a still has neither
#   4. "mount -o remount,nsdelegate,..." of /a:     /a has both again
#   5. control: a second mount with both options:   /a keeps both
#
# So a rescue shell, a chroot script or a test that mounts the tree once more as
# root, outside of containers, takes delegation's protection from all of them, and
# unmounting does not give it back.
set -euo pipefail

kernel=linux-image-6.1.0-56-cloud-amd64
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
apt-get download -qq -o APT::Sandbox::User=root "$kernel=6.1.192-2" 'busybox-static=1:1.35.0-4+deb12u1+b1' >/dev/null
for package in ./*.deb; do dpkg -x "$package" packages; done

mkdir -p root/bin root/proc root/a root/b
cp packages/bin/busybox root/bin/
cat >root/init <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc none /proc
say() { echo "SEEN $1: $(awk '$2 == "/a" { print $4 }' /proc/mounts)"; }
mount -t cgroup2 -o nsdelegate,memory_recursiveprot none /a
say 1
mount -t cgroup2 none /b
say 2
umount /b
say 3
mount -o remount,nsdelegate,memory_recursiveprot /a
say 4
mount -t cgroup2 -o nsdelegate,memory_recursiveprot none /b
say 5
poweroff -f
INIT
chmod +x root/init
(cd root && find . | cpio --quiet -o -H newc) >initramfs

timeout 120 qemu-system-x86_64 -accel tcg,thread=single -cpu max -m 256 -nodefaults -display none \
  -no-reboot -serial file:console -kernel packages/boot/vmlinuz-* -initrd initramfs \
  -append 'console=ttyS0 quiet panic=-1 cgroup_no_v1=all' || true
sed -n 's/\r$//; s/.*SEEN /SEEN /p' console >seen
cat seen

cat >expected <<'EXPECTED'
SEEN 1: rw,relatime,nsdelegate,memory_recursiveprot
SEEN 2: rw,relatime
SEEN 3: rw,relatime
SEEN 4: rw,relatime,nsdelegate,memory_recursiveprot
SEEN 5: rw,relatime,nsdelegate,memory_recursiveprot
EXPECTED
diff expected seen
echo 'As described.'
