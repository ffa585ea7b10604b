#!/usr/bin/env bash
# Versions: Linux 6.1 and 6.18; python3.11 3.11.2-6+deb12u9 (Debian 12)
# Source: pts(4), proc(5) on /proc/PID/fd; drivers/tty/pty.c, ptmx_open()
#
# Opening /proc/self/fd/N gives the same file once more, with flags of one's own:
# the usual way to get a second, non-blocking description of a stream that somebody
# else shares. For the other end of a pseudo-terminal it does not: every open() of
# a ptmx makes a *new* terminal. The descriptor works, has a terminal behind it, and
# never sees a byte of the first one. For the terminal's own end (/dev/pts/N), a
# pipe and a regular file the usual way works.
#
# Seen: the reopened ptmx has another number (TIOCGPTN), and what the first
# terminal's user writes comes out of the first ptmx alone. Who wants a ptmx not to
# block has to set O_NONBLOCK on it (fcntl(2)), or to duplicate it.
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
apt-get download -qq python3.11-minimal=3.11.2-6+deb12u9 libpython3.11-minimal=3.11.2-6+deb12u9 \
  libpython3.11-stdlib=3.11.2-6+deb12u9 >/dev/null
for package in ./*.deb; do dpkg -x "$package" root; done

cat >try.py <<'PY'
import fcntl, os, select, struct, termios

TIOCGPTN = 0x80045430

def number(ptmx):
    return struct.unpack("i", fcntl.ioctl(ptmx, TIOCGPTN, b"\0\0\0\0"))[0]

def again(fd, flags):
    return os.open(f"/proc/self/fd/{fd}", flags | os.O_NONBLOCK | os.O_NOCTTY)

def readable(fd):
    return bool(select.select([fd], [], [], 0)[0])

ptmx, terminal = os.openpty()
second_ptmx, second_terminal = again(ptmx, os.O_RDWR), again(terminal, os.O_RDWR)
os.write(second_terminal, b"x")
print("the terminal opened again is the same:", os.ttyname(second_terminal) == os.ttyname(terminal))
print("the ptmx opened again is the same:", number(second_ptmx) == number(ptmx))
print("written to the terminal, readable at the first ptmx:", readable(ptmx))
print("and at the one that was opened again:", readable(second_ptmx))

reader, writer = os.pipe()
second_writer = again(writer, os.O_WRONLY)
os.write(second_writer, b"x")
print("a pipe opened again is the same:", readable(reader))
PY
cat >expected <<'TEXT'
the terminal opened again is the same: True
the ptmx opened again is the same: False
written to the terminal, readable at the first ptmx: True
and at the one that was opened again: False
a pipe opened again is the same: True
TEXT
PYTHONHOME=root/usr root/usr/bin/python3.11 try.py | tee seen
diff expected seen && echo "as described (Linux $(uname -r))"
