"""The mutants of a lesson: its solution, with one edit each."""

import hashlib
import pathlib
import re
from dataclasses import dataclass, replace

import kinds
import syntax
from syntax import WORKSPACE
from written_until import STEP

COMMENT = re.compile(r"//.*$", re.MULTILINE)
LINES = 4  # Of more, only the first and the last are shown.


@dataclass(frozen=True)
class Identity:
    """What a mutant is known by, wherever in the file it stands: the lines that it
    changes, without comments and with single spaces."""
    lesson: str
    function: str
    kind: str
    before: str
    after: str

    def __str__(self):
        return (f"{self.lesson} {self.function} {self.kind}\n"
                f"- {self.before}\n+ {self.after}")


@dataclass(frozen=True)
class Mutant:
    identity: Identity
    step: str
    text: str  # Of the whole file.

    @property
    def digest(self):
        return hashlib.sha256(self.text.encode("latin-1")).hexdigest()


def one_line(text):
    lines = [each for each in COMMENT.sub("", text).split("\n") if each.strip()]
    if len(lines) > LINES:
        lines = [lines[0], "...", lines[-1]]
    return " ".join(" ".join(lines).split()) or "(nothing)"


def mutant(lesson, function, step, text, edit):
    begin = text.rfind("\n", 0, edit.begin) + 1
    end = text.find("\n", edit.end)
    before, after = text[begin:edit.begin], text[edit.end:end]
    identity = Identity(lesson, function, edit.kind, one_line(text[begin:end]),
                        one_line(before + edit.text + after))
    return Mutant(identity, step, text[:edit.begin] + edit.text + text[edit.end:])


def steps_in(contract):
    """Which function is which step."""
    return {function: step for step, function in STEP.findall(contract)}


def numbered(identity, known):
    """The identity, with a number if there is one like it already."""
    number, each = 1, identity
    while each in known:
        number += 1
        each = replace(identity, after=f"{identity.after} ({number})")
    return each


def mutants_of(lesson, text, functions, steps):
    """All mutants of the functions that are steps. Each text is there only once."""
    found, texts, known = [], {text}, set()
    for function in functions:
        if function.name not in steps:
            continue
        for edit in kinds.edits_of(function, text):
            each = mutant(lesson, function.name, steps[function.name], text, edit)
            if each.text in texts:
                continue
            each = replace(each, identity=numbered(each.identity, known))
            texts.add(each.text)
            known.add(each.identity)
            found.append(each)
    return found


def mutants_in(workshop):
    """The mutants of the lesson that the workshop is for."""
    contract = WORKSPACE / "lessons" / pathlib.Path(workshop.source).relative_to("solutions")
    functions = syntax.read(workshop.source, workshop.for_clang(), WORKSPACE)
    return mutants_of(workshop.lesson, workshop.text(), functions,
                      steps_in(contract.with_suffix(".h").read_text()))
