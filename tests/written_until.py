#!/usr/bin/env python3
"""Prints a solution of which the later steps are not written yet.

    written_until.py CONTRACT SOLUTION STEP

What a learner has who has written the steps up to STEP ("06.3"), and the others
not: their bodies are `throw kit::Todo("06.4");` and so on. The contract says which
function is which step. Of the exercise itself nothing is read: it is the learner's.
"""

import re
import sys

# "// Step 06.4. ...", more of the comment, and the function that it is about.
STEP = re.compile(r"^// Step (\d\d\.\d+)\. .*\n(?://.*\n)*(?:.*?)\b(\w+)\(", re.MULTILINE)


def body_of(name):
    """Matches the function of that name: its head, and its body."""
    return re.compile(rf"^((?:\S.*)?\b{name}\((?:[^;{{}}]|\n)*\{{\n)(.*?)^\}}$",
                      re.MULTILINE | re.DOTALL)


def order(step):
    return [int(number) for number in step.split(".")]


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    contract, solution = (open(path, encoding="utf-8").read() for path in sys.argv[1:3])
    last = sys.argv[3]
    steps = STEP.findall(contract)
    if last not in [step for step, _ in steps]:
        sys.exit(f"written_until.py: {sys.argv[1]} has no step {last}")
    for step, name in steps:
        if order(step) <= order(last):
            continue
        todo = f'  throw kit::Todo("{step}");\n'
        solution, found = body_of(name).subn(lambda m, todo=todo: f"{m[1]}{todo}}}", solution)
        if found != 1:
            sys.exit(f"written_until.py: {sys.argv[2]} has {found} functions {name}")
    print(solution, end="")


if __name__ == "__main__":
    main()
