#!/usr/bin/env python3
"""Proves that the course tests can fail: breaks a copy of the course in one place after
the other, and expects each time that the test says so.

    selftest.py LAB
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
WORKSPACE = HERE.parents[1]

# What is done, to which file or files, what is replaced by what, what the test has to say.
BREAKAGES = [
    ("a gap in the numbers", "lessons/00_chroot/chroot.cc", "00.2", "00.4", "steps are numbered"),
    ("a step of two statements", "lessons/00_chroot/chroot.cc",
     '  throw kit::Todo("00.2");', '  ::sync();\n  throw kit::Todo("00.2");', "one TODO comment"),
    ("an exercise that differs elsewhere", "lessons/06_cgroups/cgroup.cc",
     "#include <sched.h>", "#include <stdio.h>", "outside of its steps"),
    ("a solution that differs elsewhere", "solutions/06_cgroups/cgroup.cc",
     "namespace container {", "namespace container {\n\nint more = 1;", "outside of its steps"),
    ("a step that is not judged", "tests/00_chroot/*_test.cc", "[00.2]", "[given]", "no case judges"),
    ("a case for no step", "tests/00_chroot/1_root_test.cc", "[00.2]", "[00.9]", "is no step"),
    ("no points", "tests/00_chroot/*_test.cc", "[points:", "[worth:", "no points"),
    ("a heading with another number", "docs/06_cgroups.md", "### Step 06.2:", "### Step 06.8:",
     "headings for steps"),
    ("a target that is not there", "docs/06_cgroups.md", "//tests:06_cgroups", "//tests:06_groups",
     "names the target"),
    ("a manual page that is not there", "docs/06_cgroups.md", "clone3(2)", "clone4(2)",
     "names the manual page"),
    ("a wrong solution without a reason", "tests/mutants/00_chroot/no_chdir.patch", "Mistake:", "Error:",
     "has no line `Mistake"),
    ("a right solution without a technique", "tests/right/04_uts/raw_calls.patch", "Technique:", "Trick:",
     "has no first line `Technique"),
]

BROKEN_PROMISES = [
    ("a promise that no case looks at", "tests/04_uts/uts_test.cc", "[caller]", "", "no case looks at 04.1 [caller]"),
    ("a promise that nobody breaks", "tests/mutants/04_uts/caller_moved.patch", "Breaks: caller", "Breaks: own",
     "no wrong solution breaks 04.1 [caller]"),
    ("a case for no promise", "lessons/04_uts/hostname.h", "[caller]", "", "no such promise"),
    ("a wrong solution that breaks nothing", "tests/mutants/04_uts/caller_moved.patch", "Breaks: caller\n", "",
     "has no line `Breaks"),
    ("a step that promises nothing", "lessons/04_uts/hostname.h", "Step 04.3.", "Step 04.3. Step 04.4.\n//\n// Step 04.5.",
     "marks no promise"),
]

BROKEN_LINKS = [
    ("a link to nowhere", "docs/06_cgroups.md", "](../lessons/", "](../lesson/", "does not exist"),
    ("a link out of the project", "docs/06_cgroups.md", "](../lessons/", "](../../lessons/", "outside of"),
    ("a link to a heading that is not there", "README.md", "#how-a-chapter-is-made",
     "#how-a-chapter-is-written", "there is no heading"),
    ("a heading that a link leads to", "docs/README.md", "## How a chapter is made",
     "## How a chapter is written", "there is no heading"),
]

GOOD_CHAPTER = "```console\n# echo a; echo b\na\n[...]\n# true\n# printf x\nx\n```\n"
BAD_CHAPTERS = [
    ("other output", GOOD_CHAPTER.replace("\na\n", "\nc\n")),
    ("output where none is expected", GOOD_CHAPTER.replace("# true", "# echo more")),
    ("no output where some is expected", GOOD_CHAPTER.replace("# true\n", "# true\nsome\n")),
    ("a command that ends the session", GOOD_CHAPTER.replace("# true", "# exit")),
    ("a reader that is interrupted", GOOD_CHAPTER.replace("# true", "# true & read x < /tmp/pipe")),
    ("no block at all", "nothing\n"),
    ("a host command that cannot be run", GOOD_CHAPTER.replace("# true", "$ make")),
]

wrong = 0


def expect(what, status, output, word=""):
    global wrong
    found = status != 0 and word in output
    if not found:
        wrong += 1
        print(output[-2000:])
    print(f"{'ok      ' if found else 'MISSED  '}{what}")


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout


def break_texts(copy, test, breakages):
    script = copy / "tests/course" / test
    for what, names, old, new, word in breakages:
        texts = {path: path.read_text(encoding="utf-8") for path in copy.glob(names)}
        if not any(old in text for text in texts.values()):
            sys.exit(f"{names} has no {old!r} any more: change the self-test")
        for path, text in texts.items():
            path.write_text(text.replace(old, new), encoding="utf-8")
        expect(what, *run(script, copy), word)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    status, output = run(script, copy)
    expect(f"nothing wrong in what is whole ({test})", 1 - status, output)


def break_chapters(lab, scratch):
    chapter = scratch / "chapter.md"
    chapter.write_text(GOOD_CHAPTER, encoding="utf-8")
    status, output = run(HERE / "console_test.py", lab, chapter)
    expect("nothing wrong in a good chapter", 1 - status, output)
    for what, text in BAD_CHAPTERS:
        chapter.write_text(text, encoding="utf-8")
        expect(what, *run(HERE / "console_test.py", lab, chapter))


def main():
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        copy = scratch / "copy"
        for part in ("lessons", "solutions", "tests", "docs", "vm", "rootfs-scripts", "bazel", "third_party", "tools"):
            shutil.copytree(WORKSPACE / part, copy / part)
        for part in [*WORKSPACE.glob("*.md"), WORKSPACE / "setup"]:
            shutil.copy(part, copy)
        break_texts(copy, "sources_test.py", BREAKAGES)
        break_texts(copy, "promises_test.py", BROKEN_PROMISES)
        break_texts(copy, "links_test.py", BROKEN_LINKS)
        break_chapters(str(pathlib.Path(sys.argv[1]).resolve()), scratch)
    print(f"{wrong} missed")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
