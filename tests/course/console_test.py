#!/usr/bin/env python3
"""Runs the console blocks of a chapter in a lab machine and compares what they print.

    console_test.py LAB CHAPTER

docs/writing.md says what a console block is. All of a chapter's blocks run in one
session of one machine, in their order.
"""

import dataclasses
import os
import re
import shlex
import subprocess
import sys
import tempfile

DEADLINE_SECONDS = 240
LAB_FAILED = 125

# bazel run [--config or other options] //lessons:NAME [-- ARGUMENTS]
BAZEL_RUN = re.compile(r"^bazel run (?:--\S+ )*//(lessons|solutions):(\w+)(?: --)?(?: (.*))?$")
SHELL_RUN = re.compile(r"^bazel run //vm:shell -- -c (.*)$")


@dataclasses.dataclass
class Command:
    line: int  # In the chapter, for messages.
    text: str  # As the reader types it.
    script: str  # As the machine's shell gets it.
    expected: list


def carried_out(text, line):
    """The shell's words for a command that the reader types on their own machine."""
    match = BAZEL_RUN.match(text)
    if match:
        return f"/{match[1]}/{match[2]} {match[3] or ''}"
    match = SHELL_RUN.match(text)
    if match:
        return "sh -c " + match[1]
    sys.exit(f"line {line}: `{text}` cannot be run in a test; see docs/writing.md")


def require_patient_reader(path, line, text):
    """A named pipe is read by `cat`: docs/writing.md says why."""
    if re.search(r"\bread\b[^;&|]*<", re.sub(r"'[^']*'", "", text)):
        sys.exit(f"{path}:{line}: read a named pipe with `cat`; see docs/writing.md")


def read_blocks(path):
    """Returns the commands of a chapter, and the reasons for blocks that are not run."""
    commands, exceptions = [], []
    in_block = reason = None
    with open(path, encoding="utf-8") as chapter:
        for number, line in enumerate(chapter, 1):
            line = line.rstrip("\n")
            if in_block is None:
                comment = re.fullmatch(r"<!-- not run: (.+) -->", line)
                if comment:
                    reason = comment[1]
                elif line == "```console":
                    in_block = "skip" if reason else "run"
                    if reason:
                        exceptions.append((number, reason))
                    reason = None
                elif line:
                    reason = None
            elif line == "```":
                in_block = None
            elif in_block == "run" and line.startswith("# "):
                require_patient_reader(path, number, line)
                commands.append(Command(number, line[2:], line[2:], []))
            elif in_block == "run" and line.startswith("$ "):
                commands.append(Command(number, line[2:], carried_out(line[2:], number), []))
            elif in_block == "run":
                if not commands:
                    sys.exit(f"{path}:{number}: output without a command")
                commands[-1].expected.append(line)
    return commands, exceptions


def marker(index):
    return f"@@@ {index} @@@"


def run_all(lab, commands):
    """Runs all commands in one session and returns what each has printed."""
    script = "exec 2>&1 </dev/null\n"
    for index, command in enumerate(commands):
        script += f"echo; echo {shlex.quote(marker(index))}\n{command.script}\n"
    script += f"echo; echo {shlex.quote(marker(len(commands)))}\n"

    text = run_session(lab, script)
    outputs = []
    for index, command in enumerate(commands):
        begin = text.find(marker(index))
        end = text.find(marker(index + 1))
        if begin < 0 or end < 0:
            last = commands[index - 1] if begin < 0 and index > 0 else command
            sys.exit(f"the session ended at line {last.line}: {last.text}\n"
                     f"--- what it has printed\n{text}")
        # The marker's own newline, and the one that was put before the next.
        outputs.append(text[begin + len(marker(index)) + 1:end - 1].rstrip("\n"))
    return outputs


def run_session(lab, script):
    """Returns what a script prints in a lab machine: at the deadline, what there is by then."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "session.sh")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        console = os.path.join(os.environ.get("TEST_UNDECLARED_OUTPUTS_DIR", folder), "console.log")
        session = subprocess.run(
            [lab, "shell", "--deadline", str(DEADLINE_SECONDS), "--console", console,
             "-c", ". ./session.sh"],
            env=dict(os.environ, LAB_FILES=path, TERM="dumb"),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        text = session.stdout.decode("utf-8", "replace").replace("\r\n", "\n")
        if session.returncode == LAB_FAILED and os.path.exists(console):
            with open(console, encoding="utf-8", errors="replace") as log:
                text += "--- the machine's console\n" + log.read()
    return text


def without_line_number(output):
    """The shell of newer versions of BusyBox says "sh: line 0: can't ..."."""
    return re.sub(r"^sh: line \d+: ", "sh: ", output, flags=re.MULTILINE)


def as_pattern(expected):
    """A regular expression for the lines that a chapter expects."""
    pattern = ""
    for line in expected:
        if line == "...":
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(re.escape(part) for part in line.split("[...]")) + r"\n"
    return re.compile(pattern)


def main():
    lab, chapter = sys.argv[1:]
    commands, exceptions = read_blocks(chapter)
    if not commands:
        sys.exit(f"{chapter}: no console block that is run")
    wrong = 0
    for command, output in zip(commands, run_all(lab, commands)):
        actual = without_line_number(output) + "\n" if output else ""
        if not as_pattern(command.expected).fullmatch(actual):
            wrong += 1
            expected = "\n".join(command.expected)
            print(f"{chapter}:{command.line}: {command.text}\n"
                  f"--- the chapter says\n{expected}\n--- the machine says\n{output}\n")
    for line, reason in exceptions:
        print(f"{chapter}:{line}: not run: {reason}")
    print(f"{len(commands)} commands, {wrong} wrong, {len(exceptions)} blocks not run")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
