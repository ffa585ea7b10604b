#!/usr/bin/env python3
"""Holds the course together: numbers, names and headings that must agree.

    sources_test.py [WORKSPACE]

For each lesson: its folder has the exercise, the contract and main.cc, and all else in
given/ or experiments/; the steps of the exercise are numbered without gaps; the solution
differs from it in the bodies of the steps and nowhere else; the judge has a case for
each step and for no other, and points for each, and is run on the solution written up
to each step; a wrong solution is known for each step, and says what it is; a right one
of another make says what is different; the chapter has a heading for each. For each chapter and every other text: every file, target and
manual page that it names exists. (Links are links_test.py's business.)
"""

import pathlib
import re
import sys

sys.dont_write_bytecode = True  # Beside the sources, nothing is written.
from links_test import markdown_files

STEP = re.compile(r"\d\d\.\d+")
TODO_COMMENT = re.compile(r"// TODO\((\d\d\.\d+)\): ")
TODO_THROW = re.compile(r'throw kit::Todo\("(\d\d\.\d+)"\);')
CASE = re.compile(r'TEST_CASE\(\s*((?:"[^"]*"\s*)+),\s*((?:"[^"]*"\s*)+)\)')
HEADING = re.compile(r"^### Step (\d\d\.\d+): \S", re.MULTILINE)
LEAST_MUTANTS = {"00_chroot": 6, "06_cgroups": 10, "14_container": 20}

problems = []


def problem(where, what):
    problems.append(f"{where}: {what}")


def read(path):
    return path.read_text(encoding="utf-8")


# --- Exercise and solution -----------------------------------------------------

def split_bodies(text):
    """Splits C++ into what is outside of functions and the functions' bodies.

    A body starts after a line that ends in "{" and is followed by an indented line;
    it ends before a line "}" at the margin. That is how clang-format lays out
    functions of a namespace.
    """
    outside, bodies = [""], []
    lines = iter(text.split("\n"))
    for line in lines:
        outside[-1] += line + "\n"
        if not line.endswith(") {") and not line.endswith(") const {"):
            continue
        body = []
        for inner in lines:
            if inner == "}":
                break
            body.append(inner)
        bodies.append("\n".join(body))
        outside.append("}\n")
    return outside, bodies


def check_exercise(where, exercise, solution):
    """Returns the numbers of the steps, in their order in the file."""
    outside, bodies = split_bodies(exercise)
    solved_outside, solved_bodies = split_bodies(solution)
    if outside != solved_outside:
        for ours, theirs in zip(outside, solved_outside):
            if ours != theirs:
                problem(where, "differs from the solution outside of its steps:\n"
                        f"--- exercise\n{ours.strip()}\n--- solution\n{theirs.strip()}")
                break
        else:
            problem(where, "has not the same functions as the solution")

    steps = []
    for body, solved in zip(bodies, solved_bodies):
        comments, throws = TODO_COMMENT.findall(body), TODO_THROW.findall(body)
        if not comments and not throws:
            if body != solved:
                problem(where, f"differs from the solution in a body without a step:\n{body}")
            continue
        code = [line.strip() for line in body.split("\n")
                if line.strip() and not line.strip().startswith("//")]
        if len(comments) != 1 or comments != throws or len(code) != 1:
            problem(where, f"a step is one TODO comment and one throw of the same number:\n{body}")
        if "TODO" in solved or "kit::Todo" in solved:
            problem(where, f"step {comments[0]} is not solved in the solution")
        steps += comments
    return steps


# --- What belongs to a lesson --------------------------------------------------

def check_folder(where, folder, exercise):
    """What is the learner's is to be seen at once: all else is in folders."""
    expected = {exercise.name, exercise.with_suffix(".h").name, "main.cc"}
    for path in sorted([*folder.glob("*.cc"), *folder.glob("*.h")]):
        if path.name not in expected:
            problem(where, f"{path.name} is neither the exercise, nor its contract, nor "
                    "main.cc: it belongs in given/")


def check_numbers(where, lesson, steps):
    wanted = [f"{lesson[:2]}.{number}" for number in range(1, len(steps) + 1)]
    if not steps or steps != wanted:
        problem(where, f"steps are numbered {steps}, expected {wanted or 'at least one'}")


def check_cases(where, steps, text):
    points = dict.fromkeys(steps, 0)
    seen = set()
    for _, tags in CASE.findall(text):
        tags = re.findall(r"\[([^\]]+)\]", tags)
        for step in filter(STEP.fullmatch, tags):
            seen.add(step)
            if step not in points:
                problem(where, f"a case has the tag [{step}], which is no step of the exercise")
                continue
            points[step] += sum(int(tag[7:]) for tag in tags if tag.startswith("points:"))
    for step in steps:
        if step not in seen:
            problem(where, f"no case judges step {step}")
        elif points[step] == 0:
            problem(where, f"step {step} is worth no points")


def check_build(where, lesson, steps, text):
    rule = re.search(rf'judged_lesson\([^)]*name = "{lesson}"[^)]*\)', text)
    number = re.search(r"steps = (\d+)", rule[0]) if rule else None
    if not number or int(number[1]) != len(steps):
        problem(where, f"{lesson} has {len(steps)} steps, and {number and number[1]} here")


def check_mutants(where, folder, lesson, steps):
    patches = sorted(folder.glob("*.patch"))
    least = LEAST_MUTANTS.get(lesson, 8)
    if len(patches) < least:
        problem(where, f"{len(patches)} wrong solutions, expected at least {least}")
    caught = set()
    for patch in patches:
        fields = dict(re.findall(r"^(Mistake|Fails|Says): *(.+)$", read(patch), re.MULTILINE))
        for name in ("Mistake", "Fails", "Says"):
            if name not in fields:
                problem(patch, f"has no line `{name}: ...` before the diff")
        if fields.get("Fails") not in steps:
            problem(patch, f"fails at {fields.get('Fails')}, which is no step")
        caught.add(fields.get("Fails"))
    for step in steps if patches else []:
        if step not in caught:
            problem(where, f"no wrong solution fails at step {step}: can its cases fail?")


def check_right(folder):
    for patch in sorted(folder.glob("*.patch")):
        if not read(patch).startswith("Technique: "):
            problem(patch, "has no first line `Technique: ...` before the diff")


def judge_files(root, lesson):
    """The sources of a lesson's judge."""
    return sorted((root / "tests" / lesson).glob("*_test.cc"))


def check_lesson(root, folder):
    lesson = folder.name
    exercises = [file for file in folder.glob("*.cc") if "kit::Todo(" in read(file)]
    if len(exercises) != 1:
        problem(folder, f"{len(exercises)} files have steps, expected one")
        return
    exercise = exercises[0]
    solution = root / "solutions" / lesson / exercise.name
    chapter = root / "docs" / f"{lesson}.md"
    judge = root / "tests" / lesson
    for path in (solution, chapter, judge, exercise.with_suffix(".h"), folder / "main.cc"):
        if not path.exists():
            problem(lesson, f"{path.relative_to(root)} is missing")
            return

    where = exercise.relative_to(root)
    check_folder(folder.relative_to(root), folder, exercise)
    steps = check_exercise(where, read(exercise), read(solution))
    check_numbers(where, lesson, steps)
    check_cases(judge.relative_to(root), steps,
                "".join(read(path) for path in judge_files(root, lesson)))
    check_build("tests/BUILD", lesson, steps, read(root / "tests/BUILD"))
    check_mutants(f"tests/mutants/{lesson}", root / "tests/mutants" / lesson, lesson, steps)
    check_right(root / "tests/right" / lesson)
    headings = HEADING.findall(read(chapter))
    if headings != steps:
        problem(chapter.relative_to(root), f"headings for steps {headings}, expected {steps}")


# --- Names in chapters ---------------------------------------------------------

CODE = re.compile(r"`([^`\n]+)`")
TARGET = re.compile(r"//[a-z_0-9/]*(?::[A-Za-z_0-9]+|\.\.\.)")
PAGE = re.compile(r"\b([A-Za-z_][A-Za-z_0-9.+-]*)\(([1-8])\)")
TOP = ("lessons/", "solutions/", "tests/", "docs/", "vm/", "rootfs-scripts/", "bazel/",
       "third_party/", "tools/")


def target_exists(root, label):
    package, _, name = label[2:].partition(":")
    if label.endswith("..."):
        return (root / label[2:].removesuffix("...").rstrip("/")).is_dir()
    build = root / package / "BUILD"
    if not build.exists():
        return False
    if not name:
        return True
    base = name
    if package == "tests":
        base = re.sub(r"_(solution|skeleton|steps|mutants|right|judge)$", "", name)
    elif package == "tests/course":
        base = name.removesuffix("_console")
    return f'"{name}"' in read(build) or f'"{base}"' in read(build) or name == "all"


def check_names(root, path, pages):
    text = read(path)
    where = path.relative_to(root)
    for label in TARGET.findall(text):
        if not target_exists(root, label):
            problem(where, f"names the target {label}, which does not exist")
    for code in CODE.findall(text):
        if code.startswith(TOP) and re.fullmatch(r"[\w./-]+", code) and not (root / code).exists():
            problem(where, f"names the file {code}, which does not exist")
    for name, section in PAGE.findall(text):
        if f"{name}({section})" not in pages:
            problem(where, f"names the manual page {name}({section}), which is not in "
                    "tests/course/manual_pages.txt")


def main():
    # Bazel's copy of this script is a link to the one in the workspace.
    here = pathlib.Path(__file__).resolve()
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parents[2]
    lessons = sorted(path for path in (root / "lessons").glob("[0-9][0-9]_*") if path.is_dir())
    known = re.findall(r'lesson\(\s*name = "([^"]+)"', read(root / "lessons/BUILD"))
    lessons = [folder for folder in lessons if folder.name in known]
    if len(lessons) < 3:
        problem("lessons", f"only {len(lessons)} lessons are found")
    for folder in lessons:
        check_lesson(root, folder)

    pages = set(read(root / "tests/course/manual_pages.txt").split())
    chapters = [*markdown_files(root), *sorted((root / "lessons/kit").glob("*.h"))]
    for folder in lessons:
        chapters += sorted(folder.glob("**/*.h"))
    for path in chapters:
        check_names(root, path, pages)

    print("\n".join(problems))
    print(f"{len(lessons)} lessons, {len(chapters)} texts, {len(problems)} problems")
    sys.exit(len(problems) > 0)


if __name__ == "__main__":
    main()
