#!/usr/bin/env python3
"""Refuses an exercise that is compiled from anything but its lesson.

    check_exercise.py SOURCE STAMP COMPILER SYSTEM-DIRECTORY... -- COMPILER-OPTION...

SOURCE must be a file of its own, and no link. What it includes, and what that
includes, must be headers of lessons/ and those that the compiler finds in its own
directories. Assembly is refused, for it can read any file (`.incbin`). On success,
STAMP is written; else there is one line that says what is wrong.

This is about mistakes and simple tricks. It does not confine the compiler.
"""

import os
import re
import subprocess
import sys

ASSEMBLY = re.compile(r"\b(__)?asm(__)?\b|\.incbin")
COMMENT_OR_INCLUDE = re.compile(r"//.*|/\*(?:.|\n)*?\*/|^\s*#\s*include\b.*", re.MULTILINE)
# Who renames the file that a line comes from hides the line from this check. A comment
# may end before the "#", whatever begins it: what only looks like one can be in a string.
RENAMING = re.compile(
    r"^(.*\*/)?\s*(#|%:|\?\?=)(\s|/\*(?:.|\n)*?\*/)*(line\b|\d)", re.MULTILINE)
MARKER = re.compile(r'^# \d+ "(.*)"((?: \d)*)$')


def refuse(source, why):
    sys.exit(f"{source}: {why}")


def preprocessed(source, compiler, options):
    """The text after the preprocessor, and the files that it has read."""
    # GCC would name a header of the system by the shortest of its paths.
    command = [compiler, *options, "-fno-canonical-system-headers", "-E", "-H", source]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    said = done.stderr.decode(errors="replace").splitlines()
    if done.returncode:
        # A header that is not there, for example. What comes after it has not been seen.
        sys.exit("\n".join(line for line in said if "error: " in line))
    # ".. ./lessons/kit/check.h": the dots at the beginning are the depth.
    read = [line.lstrip(".")[1:].removeprefix("./") for line in said if re.match(r"\.+ ", line)]
    return done.stdout.decode(errors="replace"), read


def own_lines(text):
    """The lines that come from the source itself: macros are replaced in them."""
    depth = 0
    for line in text.splitlines():
        marker = MARKER.match(line)
        if not marker:
            if depth == 0:
                yield line
        elif " 1" in marker.group(2):
            depth += 1
        elif " 2" in marker.group(2):
            depth -= 1


def is_allowed(path, system):
    if not path.startswith("/"):
        return re.match(r"(\./)?(bazel-out/[^/]+/bin/)?lessons/", path) and "/../" not in path
    # A folder of the system can hold links: Debian has headers of the kernel behind one.
    if "/../" not in path and any(path.startswith(each.rstrip("/") + "/") for each in system):
        return True
    real = os.path.realpath(path)
    return any(real.startswith(os.path.realpath(each) + "/") for each in system)


def main():
    source, stamp, compiler, *rest = sys.argv[1:]
    system, options = rest[: rest.index("--")], rest[rest.index("--") + 1 :]

    # In Bazel's folders, inputs are links to the files that they stand for.
    real = os.path.realpath(source)
    if not real.endswith("/" + source) or not os.path.isfile(real):
        refuse(source, f"is a link to {real}: an exercise is a file of its own")
    with open(source, encoding="utf-8", errors="replace") as file:
        text = file.read()
    if RENAMING.search(text.replace("\\\n", "")):
        refuse(source, "has a #line: an exercise says nothing about other files")
    output, read = preprocessed(source, compiler, options)
    for path in read:
        if not is_allowed(path, system):
            refuse(source, f"includes {path}: an exercise includes headers of its lesson, the kit and the system")
    text = COMMENT_OR_INCLUDE.sub(" ", text)  # "// no asm here" is none.
    if ASSEMBLY.search(text) or any(ASSEMBLY.search(line) for line in own_lines(output)):
        refuse(source, "has assembly, which no lesson needs and which can read any file")
    with open(stamp, "w", encoding="utf-8") as file:
        file.write("// The exercise has been checked: bazel/check_exercise.py\n")


main()
