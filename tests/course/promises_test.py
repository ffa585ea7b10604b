#!/usr/bin/env python3
"""Each promise of a contract has a case, and a wrong solution that breaks it.

    promises_test.py [WORKSPACE]

A contract marks what it promises, in the comment of a step:

    // Step 04.1. ... Other flags in `args` stay [flags].

Cases of that step that look at it have the mark as a tag, "[04.1][flags]", and wrong
solutions that break it have it in a line of their own, "Breaks: flags". Elsewhere in
a header the step stands in the mark: [06.2 bytes].
"""

import pathlib
import re
import sys

sys.dont_write_bytecode = True  # Beside the sources, nothing is written.
from sources_test import CASE, STEP, judge_files, read

COMMENT = re.compile(r"^ *// ?(.*)$|^.*?  // (.*)$")
BEGINNING = re.compile(r"Step (\d\d\.\d+)\.")
MARK = re.compile(r"\[(?:(\d\d\.\d+) )?([A-Za-z][A-Za-z0-9_-]*)\]")
# Tags of cases that are no marks.
OTHER_TAGS = {"given", "idle"}
# Lessons whose contracts have no marks yet.
UNMARKED = {
    "00_chroot",
    "01_mount",
    "02_pid",
    "03_user",
    "05_net",
    "07_caps",
    "08_seccomp",
    "14_container",
}

problems = []


def problem(where, what):
    problems.append(f"{where}: {what}")


def promises_of(header):
    """{step: [mark, ...]} of a contract."""
    promises, step = {}, None
    for line in header.split("\n"):
        comment = COMMENT.match(line)
        text = (comment[1] or comment[2] or "") if comment else ""
        if begins := BEGINNING.match(text):
            step = begins[1]
            promises.setdefault(step, [])
        elif not comment:
            step = None
        for own_step, mark in MARK.findall(text):
            promises.setdefault(own_step or step, []).append(mark)
    return promises


def cases_of(text):
    """{step: {mark, ...}} of a judge: what its cases look at."""
    marks = {}
    for _, tags in CASE.findall(text):
        tags = re.findall(r"\[([^\]]+)\]", tags)
        own = {tag for tag in tags
               if tag not in OTHER_TAGS and not tag.startswith("points:") and not STEP.fullmatch(tag)}
        for step in filter(STEP.fullmatch, tags):
            marks.setdefault(step, set()).update(own)
    return marks


def mutants_of(folder):
    """[(name, step, [mark, ...]), ...] of the wrong solutions of a lesson."""
    found = []
    for patch in sorted(folder.glob("*.patch")):
        fields = dict(re.findall(r"^(Fails|Breaks): *(.+)$", read(patch), re.MULTILINE))
        found.append((patch.name, fields.get("Fails"), fields.get("Breaks", "").split()))
    return found


def check_lesson(root, lesson, contract):
    promises = promises_of(read(contract))
    where = contract.relative_to(root)
    for step, marks in promises.items():
        if step is None:
            problem(where, f"the mark [{marks[0]}] belongs to no step")
        elif not marks:
            problem(where, f"step {step} marks no promise")
        for mark in {mark for mark in marks if marks.count(mark) > 1}:
            problem(where, f"step {step} has the mark [{mark}] twice")

    cases = cases_of("".join(read(path) for path in judge_files(root, lesson)))
    broken = {}
    for name, step, marks in mutants_of(root / "tests/mutants" / lesson):
        broken.setdefault(step, set()).update(marks)
        if not marks:
            problem(f"tests/mutants/{lesson}/{name}", "has no line `Breaks: ...`")
        for mark in set(marks) - set(promises.get(step, [])):
            problem(f"tests/mutants/{lesson}/{name}", f"{step} promises nothing as [{mark}]")
    for step, marks in cases.items():
        for mark in sorted(marks - set(promises.get(step, []))):
            problem(f"the judge of {lesson}", f"a case has the tag [{mark}], and {step} no such promise")
    for step, marks in promises.items():
        for mark in marks:
            if mark not in cases.get(step, set()):
                problem(where, f"no case looks at {step} [{mark}]")
            if mark not in broken.get(step, set()):
                problem(where, f"no wrong solution breaks {step} [{mark}]")
    return sum(len(marks) for marks in promises.values())


def main():
    here = pathlib.Path(__file__).resolve()
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parents[2]
    number = 0
    lessons = sorted((root / "lessons").glob("[0-9][0-9]_*/"))
    for folder in lessons:
        if folder.name in UNMARKED:
            continue
        contracts = [path for path in folder.glob("*.h") if BEGINNING.search(read(path))]
        if len(contracts) != 1:
            problem(folder.relative_to(root), f"{len(contracts)} headers have steps, expected one")
            continue
        number += check_lesson(root, folder.name, contracts[0])
    print("\n".join(problems))
    print(f"{len(lessons)} lessons, {number} promises, {len(problems)} problems")
    sys.exit(len(problems) > 0)


if __name__ == "__main__":
    main()
