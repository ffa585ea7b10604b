"""Judges many programs, one after another in guests that stay awake.

`lab judge-many` does it (vm/launcher/judge_many.h), as for the wrong solutions that
people have written. Of a mutant nothing is expected but that it fails anywhere.
"""

import json
import os
import pathlib
import re
import signal
import subprocess

from syntax import Problem

# With two processors: some programs keep the judge waiting, which costs no
# processor's time (tests/judged.bzl).
GUESTS = 3
# What it prints of each: "m7: as it should: fails at 04.2 (any expected), ...".
LINE = re.compile(r"^(m\d+): (?:as it should|NOT AS IT SHOULD): "
                  r"fails at (.+?) \(any expected\)")
EXPECTED = "Mistake: made by the machine\nFails: any\nSays: \n"
SURVIVED = "no step"


def ending(line):
    """Which program a printed line is about, and where that failed; or None."""
    match = LINE.match(line)
    return match and (match[1], match[2])


def end(process):
    """Ends a process that has not ended, and what it has started. It began a session."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def judge(workshop, programs, folder, tell):
    """Judges `programs`, a dictionary: name ("m7"), path.

    tell: called with the name and where it failed (a step, "given", "machine", or
    SURVIVED), as soon as that is known.
    """
    folder = pathlib.Path(folder)
    (folder / "expected").write_text(EXPECTED)
    entries = [{"name": name, "program": str(path), "wrong": str(folder / "expected")}
               for name, path in programs.items()]
    (folder / "list").write_text(json.dumps(entries))
    words = [workshop.lab, "judge-many", "--judge", workshop.judge, "--probe", workshop.probe,
             "--list", folder / "list", "--guests", str(GUESTS)]
    _read_lines([str(each) for each in words], tell, set(programs))


def _read_lines(words, tell, missing):
    last = []
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace",
                          start_new_session=True) as process:
        try:
            for line in process.stdout:
                last = (last + [line])[-5:]
                ended = ending(line)
                if ended and ended[0] in missing:
                    missing.remove(ended[0])
                    tell(*ended)
        finally:
            end(process)
    if missing:
        raise Problem(f"{len(missing)} programs were not judged:\n{''.join(last)}")
