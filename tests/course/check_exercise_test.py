#!/usr/bin/env python3
"""What bazel/check_exercise.py lets through, and what it does not."""

import os
import pathlib
import subprocess
import sys
import tempfile

CHECK = os.path.abspath("bazel/check_exercise.py")
SOURCE = "lessons/04_uts/hostname.cc"
SECRET = "/etc/passwd"
GOOD = '#include <unistd.h>\n#include <string>\n#include "lessons/04_uts/hostname.h"\nint answer() { return kAnswer; }\n'

# What is done to the exercise | a part of what is said; "" if it is accepted
CASES = {
    "a good exercise": (GOOD, ""),
    "assembly in a comment, and a header of that name": (
        GOOD + "// no asm here\n/* nor\n asm here */\n#include <asm/unistd.h>\n",
        "",
    ),
    "words that only look like assembly": (GOOD + "int asmodeus, program_asm_count;\n", ""),
    "what the compiler will refuse": (GOOD + "int x = ;\n", ""),
    "a header that is not there": (GOOD + "#include <no_such_header>\n", "no_such_header: No such file"),
    "a file of the host": (GOOD + f'#include "{SECRET}"\n', "includes /etc/passwd"),
    "the same, not directly": (GOOD + f'#define FILE "{SECRET}"\n#include FILE\n', "includes /etc/passwd"),
    "the same, through a folder of the system": ('#include "/usr/include/../../etc/passwd"\n', "includes /usr/include/.."),
    "a header of the system, behind a link": (GOOD + "#include <linked/types.h>\nint more = kMore;\n", ""),
    "a file beside the system's folders": ('#include <../elsewhere/types.h>\n', "/compiler/../elsewhere/types.h"),
    "the solution": ('#include "solutions/04_uts/hostname.cc"\n', "includes solutions/04_uts/hostname.cc"),
    "the solution, by a way round": (
        '#include "lessons/../solutions/04_uts/hostname.cc"\n',
        "includes lessons/../solutions/04_uts/hostname.cc",
    ),
    "the solution, from where the exercise is": (
        '#include "../../solutions/04_uts/hostname.cc"\n',
        "includes lessons/04_uts/../../solutions/04_uts/hostname.cc",
    ),
    "assembly": (f'asm(".incbin \\"{SECRET}\\"");\n', "has assembly"),
    "assembly in two words": (f'__asm__(".inc" "bin \\"{SECRET}\\"");\n', "has assembly"),
    "assembly made by the preprocessor": (
        '#define GLUE(a, b) a##b\nGLUE(as, m)(".inc" "bin \\"/etc/passwd\\"");\n',
        "has assembly",
    ),
    "assembly that seems to be of a header": ('# 1 "x.h" 1\n#define A(b) as##b\nA(m)("");\n# 1 "x.h" 2\n', "has a #line"),
    "assembly behind a comment of two lines, as of a header that is there": (
        GOOD + '/*\n*/ # 1 "lessons/04_uts/hostname.h" 1\n#define A(a, b) a##b\nA(as, m)("");\n',
        "has a #line",
    ),
    "assembly after the end of a header that never began": (
        GOOD + '/*\n*/ # 1 "x.h" 2\n#define A(a, b) a##b\nA(as, m)("");\n',
        "has a #line",
    ),
    "a number after a comment of two lines": ('#/*\n*/1 "x.h" 1\n', "has a #line"),
    "the same, in pieces": ('#li\\\nne 1 "x.h"\n', "has a #line"),
}


def judge(text, link=None):
    """How the check ends for an exercise with this text: status and words."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, content in {
            "lessons/04_uts/hostname.h": "inline constexpr int kAnswer = 42;\n",
            "solutions/04_uts/hostname.cc": "int solved;\n",
            "copy.cc": GOOD,
            "elsewhere/types.h": "inline constexpr int kMore = 1;\n",
            "compiler/own.h": "",
        }.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        os.symlink("../elsewhere", root / "compiler/linked")
        if link:
            os.symlink(link, root / SOURCE)
        else:
            (root / SOURCE).write_text(text)
        system = ["/usr/include", "/usr/lib/gcc", "/usr/local/include", f"{root}/compiler"]
        options = ["-std=c++20", "-iquote", ".", "-isystem", f"{root}/compiler"]
        done = subprocess.run(
            ["python3", CHECK, SOURCE, "stamp.h", "g++", *system, "--", *options],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) == (root / "stamp.h").exists(), "a stamp, though refused"
        return done.returncode, done.stdout


wrong = 0
for what, (text, expected) in CASES.items():
    status, said = judge(text)
    fine = (status == 0) if not expected else (status == 1 and expected in said and said.count("\n") == 1)
    if not fine:
        print(f"WRONG  {what}: status {status}, {said}")
        wrong += 1
for target in ["../../solutions/04_uts/hostname.cc", "../../copy.cc", "/etc/passwd"]:
    status, said = judge("", link=target)
    if status != 1 or "is a link to" not in said:
        print(f"WRONG  a link to {target}: status {status}, {said}")
        wrong += 1
print(f"{len(CASES) + 3} exercises, {wrong} wrong")
sys.exit(wrong > 0)
