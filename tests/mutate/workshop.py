"""Makes programs of changed solutions, quickly: what Bazel would do, without Bazel.

Bazel is asked once how it compiles the solution and how it links the program
(`bazel aquery`). A mutant is then one call of the compiler and one of the linker, with
all else as Bazel has built it: half a second to a second of a processor's time. As
targets, hundreds of mutants would be analysed each time, and kept in Bazel's outputs.
"""

import hashlib
import json
import os
import pathlib
import shlex
import subprocess

from syntax import WORKSPACE, Problem

# GCC's own (see tools/compile_commands), and what would write a file.
NOT_CLANGS = {"-fno-canonical-system-headers", "-Wno-free-nonheap-object",
              "-Wunused-but-set-parameter", "-MD"}


def bazel(*words):
    """What Bazel prints. $BAZEL can name another one, with startup options."""
    command = shlex.split(os.environ.get("BAZEL", "bazel")) + list(words)
    try:
        done = subprocess.run(command, cwd=WORKSPACE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        raise Problem(f"there is no {command[0]}: ./setup installs it") from None
    if done.returncode != 0:
        raise Problem(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stderr}")
    return done.stdout


def build(lessons):
    """Builds what the mutants of these lessons are made of, and judged with."""
    targets = ["//vm:lab", "//tests/probe"]
    for lesson in lessons:
        targets += [f"//solutions:{lesson}", f"//tests:{lesson}_judge"]
    bazel("build", *targets)


def digest(*paths):
    total = hashlib.sha256()
    for path in paths:
        total.update(pathlib.Path(path).read_bytes())
    return total.hexdigest()


def exercise_of(lesson):
    """The library with what is compiled from the exercise."""
    return f"lib{lesson}_exercise.lo"


def commands_in(answer, lesson):
    """How the exercise is compiled and how the program is linked, as Bazel has answered;
    None for what it does not say."""
    compiles = links = None
    for action in answer["actions"]:
        words = [each for each in action["arguments"] if not each.startswith("@")]
        # Some versions of Bazel say here what is in that file, others only there.
        if "-o" not in words:
            for file in action.get("paramFiles", []):
                words += file["arguments"]
        output = words[words.index("-o") + 1] if "-o" in words else ""
        if action["mnemonic"] == "CppCompile":
            compiles = words
        elif output.endswith(f"/{lesson}"):
            links = words
    return compiles, links


class Workshop:
    """Makes programs of one lesson, which build() has built."""

    def __init__(self, lesson, bazels):
        bin_directory = bazels["bazel-bin"]
        self.lesson = lesson
        self.bazels = bazels
        self.solution = pathlib.Path(bin_directory, "solutions", lesson)
        self.judge = pathlib.Path(bin_directory, "tests", lesson + "_judge")
        self.probe = pathlib.Path(bin_directory, "tests/probe/probe")
        self.lab = pathlib.Path(bin_directory, "vm/lab")
        # Whatever changes the verdict on a mutant, but its own text.
        self.digest = digest(self.solution, self.judge, self.probe)
        self._ask_bazel()

    def _ask_bazel(self):
        query = f'mnemonic("Cpp(Compile|Link)", //solutions:{self.lesson}' \
                f' + //solutions:{self.lesson}_exercise)'
        answer = bazel("aquery", "--output=jsonproto", "--include_param_files", query)
        commands = commands_in(json.loads(answer), self.lesson)
        if not all(commands):
            raise Problem(f"Bazel does not say how it builds //solutions:{self.lesson}")
        self.compile, self.link = ([self._from_here(each) for each in words]
                                   for words in commands)
        self.source = self.compile[self.compile.index("-c") + 1]

    def _from_here(self, word):
        """Bazel's words are about where it works, and that changes with each build."""
        for folder, where in (("bazel-out/", "execution_root"), ("external/", "output_base")):
            if word.startswith(folder):
                return f"{self.bazels[where]}/{word}"
        return word

    def for_clang(self):
        """The command that lets clang read the solution."""
        words = [each for each in self.compile[1:] if each not in NOT_CLANGS]
        for option in ("-c", "-o", "-MF"):
            place = words.index(option)
            del words[place:place + 2]
        words = [each for each in words
                 if not each.startswith(("--include=", "-frandom-seed="))]
        shim = WORKSPACE / "tools/source_location.h"
        return ["clang++", *words, "-w", "-include", str(shim)]

    def text(self):
        """The solution: a character for each byte, as clang counts."""
        return (WORKSPACE / self.source).read_text(encoding="latin-1")

    def make(self, text, folder):
        """The program with this text as its exercise, in `folder`; None if it does
        not compile."""
        folder = pathlib.Path(folder)
        source = folder / pathlib.Path(self.source).name
        built = folder / "exercise.o"
        program = folder / self.lesson
        source.write_text(text, encoding="latin-1")
        if not self._run(self._compile_words(source, built)):
            return None
        exercise = exercise_of(self.lesson)
        words = [str(built) if each.endswith(exercise) else each for each in self.link]
        words[words.index("-o") + 1] = str(program)
        # A third smaller, and carried into the guest each time.
        if not self._run([*words, "-Wl,--strip-all"]):
            return None
        built.unlink()
        return program

    def _compile_words(self, source, built):
        words = list(self.compile)
        for option, value in (("-c", source), ("-o", built), ("-MF", built.with_suffix(".d"))):
            words[words.index(option) + 1] = str(value)
        # A mutant may have warnings: nobody reads them.
        return [*words, "-w"]

    def _run(self, words):
        # Not for Ctrl-C: a compiler that it ends would have found no mistake.
        done = subprocess.run(words, cwd=WORKSPACE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              start_new_session=True)
        return done.returncode == 0


def workshops(lessons):
    """A workshop for each of the lessons."""
    build(lessons)
    bazels = dict(line.split(": ", 1) for line in bazel("info").splitlines())
    return [Workshop(each, bazels) for each in lessons]
