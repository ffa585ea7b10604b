"""The file of survivors: mutants that no judge has found wrong, and why.

Blocks with empty lines between them. Lines that begin with "#" are comments:

    07_caps raise_ambient constant
    - for (int each = 0; each < 64; ++each) {
    + for (int each = 0; each < 65; ++each) {
    equivalent: the kernel has no capability 64, and bit(64) is none
      of those that can be asked for

The first line is the lesson, the function and the kind; then come the lines of the
solution that the mutant changes, and what it makes of them. So a survivor is found
again wherever its line has moved. The verdict is `equivalent`, with the reason why no
judge can tell it from the solution, or `hole`, with what nobody looks at.
"""

import re
from dataclasses import dataclass

from mutants import Identity
from syntax import Problem

HEAD = re.compile(r"(\S+) (\S+) (\S+)$")
VERDICT = re.compile(r"(equivalent|hole): (\S.*)$")


@dataclass(frozen=True)
class Verdict:
    word: str  # "equivalent" or "hole".
    reason: str


def blocks(text):
    """The number of the first line, and the lines, of each block."""
    block, begin = [], 0
    for number, line in enumerate(text.splitlines() + [""], 1):
        if line.startswith("#"):
            continue
        if line.strip():
            begin = begin if block else number
            block.append(line.rstrip())
        elif block:
            yield begin, block
            block = []


def entry(lines):
    """A block's identity and verdict. Raises ValueError if it is none."""
    if len(lines) < 4:
        raise ValueError("a survivor has a head, two lines of difference and a verdict")
    head = HEAD.match(lines[0])
    if not head:
        raise ValueError("it does not begin with a lesson, a function and a kind")
    if not lines[1].startswith("- ") or not lines[2].startswith("+ "):
        raise ValueError("the second line begins with \"- \", the third with \"+ \"")
    verdict = VERDICT.match(" ".join(each.strip() for each in lines[3:]))
    if not verdict:
        raise ValueError("the verdict is \"equivalent: REASON\" or \"hole: REASON\"")
    return Identity(*head.groups(), lines[1][2:], lines[2][2:]), Verdict(*verdict.groups())


def parse(text, name="survivors.txt"):
    """The verdicts, by identity."""
    found = {}
    for number, lines in blocks(text):
        try:
            identity, verdict = entry(lines)
        except ValueError as error:
            raise Problem(f"{name}:{number}: {error}") from None
        if identity in found:
            raise Problem(f"{name}:{number}: this survivor is there twice")
        found[identity] = verdict
    return found
