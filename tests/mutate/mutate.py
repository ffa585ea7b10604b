#!/usr/bin/env python3
"""Makes small mistakes in the solutions, and looks which of them no judge finds.

    bazel run //tests/mutate -- LESSON...   of these lessons: 04_uts, or 04
    bazel run //tests/mutate -- all         of all: some hours

Prints a report (docs/mutation.md is one) to standard output, and how far it has got
to standard error. Results are kept in ~/.cache/container-kit/mutate, so that the same
command goes on where it was stopped, and judges only what has changed. The solution
is judged first, but not before a sample.

Exit status: 0 there is no hole, and each survivor has a verdict in survivors.txt;
1 there is one, or one without; 2 wrong usage, or it could not be done; 130 stopped.
"""

import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import time

sys.dont_write_bytecode = True  # Beside the sources, nothing is written.
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import judging  # noqa: E402
import results  # noqa: E402
from mutants import mutants_in  # noqa: E402
from report import print_report  # noqa: E402
from survivors import parse  # noqa: E402
from syntax import WORKSPACE, Problem  # noqa: E402
from workshop import workshops  # noqa: E402

SURVIVORS = HERE / "survivors.txt"
# So many are built, and then judged: a program takes 4 MB.
AT_ONCE = 40


def say(text):
    print(text, file=sys.stderr, flush=True)


def known_lessons():
    return sorted(each.name for each in (WORKSPACE / "solutions").iterdir() if each.is_dir())


def lessons_of(words):
    """The lessons that the user means."""
    known, found = known_lessons(), []
    for word in words:
        meant = [each for each in known if word in ("all", each, each.split("_")[0])]
        if not meant:
            raise Problem(f"there is no lesson {word}: {' '.join(known)}, or all")
        found += [each for each in meant if each not in found]
    return found


class Progress:
    """How far it has got, and how long it will take."""

    def __init__(self, to_do):
        self.to_do = to_do
        self.done = 0
        self.begin = time.monotonic()

    def tell(self, mutant, end):
        self.done += 1
        each = (time.monotonic() - self.begin) / self.done
        minutes = (self.to_do - self.done) * each / 60
        identity = mutant.identity
        what = {results.NOT_COMPILED: end, judging.SURVIVED: "SURVIVED"}
        say(f"[{self.done}/{self.to_do}, {minutes:.0f} min left] {identity.lesson} "
            f"{identity.function} {identity.kind}: {what.get(end, f'fails at {end}')}")


def make_solution(workshop, folder):
    program = workshop.make(workshop.text(), folder)
    if not program:
        raise Problem(f"{workshop.lesson}: the solution cannot be built")
    return program


def make_all(workshop, mutants, folder):
    """Makes the programs of `mutants`, a dictionary by name. Returns one with the
    program of each, or None if it does not compile."""
    def make(name):
        (folder / name).mkdir()
        return name, workshop.make(mutants[name].text, folder / name)

    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    try:
        return dict(pool.map(make, mutants))
    finally:
        pool.shutdown(cancel_futures=True)  # After Ctrl-C, those that have not begun.


@contextlib.contextmanager
def scratch():
    """A folder that is there as long as it is used."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="container-kit-mutate."))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def judge_some(workshop, mutants, keep):
    """Makes and judges these mutants. keep: called with each and how it ended."""
    by_name = {f"m{number}": each for number, each in enumerate(mutants, 1)}
    with scratch() as folder:
        say(f"{workshop.lesson}: building {len(mutants)} programs")
        programs = make_all(workshop, by_name, folder)
        if None in programs.values():
            # Only if that is the mutants' own fault.
            make_solution(workshop, folder)
        for name, program in programs.items():
            if not program:
                keep(by_name[name], results.NOT_COMPILED)
        programs = {name: program for name, program in programs.items() if program}
        if programs:
            judging.judge(workshop, programs, folder,
                          lambda name, end: keep(by_name[name], end))


def check_solution(workshop, kept):
    """A judge that finds the solution wrong would kill all mutants."""
    text = workshop.text()
    if kept.get(workshop, text) is None:
        say(f"{workshop.lesson}: the solution as it is")
        with scratch() as folder:
            judging.judge(workshop, {"m0": make_solution(workshop, folder)}, folder,
                          lambda _, end: kept.put(workshop, text, end))
    end = kept.get(workshop, text)
    if end != judging.SURVIVED:
        raise Problem(f"{workshop.lesson}: the solution itself fails at {end}")


def judge_all(chosen, kept, with_solutions):
    """Judges those of which it is not known how they end, and before them the
    solutions.

    chosen: pairs of a workshop and a mutant. Returns how each has ended.
    """
    missing = [each for each in chosen if kept.get(each[0], each[1].text) is None]
    if len(missing) < len(chosen):
        say(f"{len(chosen) - len(missing)} of {len(chosen)} are known.")
    progress = Progress(len(missing))
    for workshop in dict.fromkeys(each for each, _ in missing):
        if with_solutions:
            check_solution(workshop, kept)
        mutants = [mutant for each, mutant in missing if each is workshop]

        def keep(mutant, end, workshop=workshop):
            kept.put(workshop, mutant.text, end)
            progress.tell(mutant, end)

        for first in range(0, len(mutants), AT_ONCE):
            judge_some(workshop, mutants[first:first + AT_ONCE], keep)
    return [kept.get(workshop, mutant.text) for workshop, mutant in chosen]


def tell_what_is_over(verdicts, made, judged):
    """Verdicts on what is not there any more, and on what is found by now."""
    lessons = {each.identity.lesson for each in made}
    there = {each.identity for each in made}
    found = {mutant.identity for mutant, end in judged if end != judging.SURVIVED}
    for identity in verdicts:
        if identity.lesson in lessons and (identity not in there or identity in found):
            why = "is found by now" if identity in found else "is not made any more"
            say(f"survivors.txt: can go, since it {why}:\n{identity}")


def sample(made, count, seed):
    """So many of them, in their order; all if there is no count."""
    if not count or count >= len(made):
        return made
    places = random.Random(seed).sample(range(len(made)), count)
    return [made[each] for each in sorted(places)]


def options_of(arguments):
    parser = argparse.ArgumentParser(
        prog="mutate", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", nargs="+", metavar="LESSON")
    parser.add_argument("--list", action="store_true", help="only print the mutants")
    parser.add_argument("--sample", type=int, metavar="N", help="judge N, chosen at random")
    parser.add_argument("--seed", default="0", help="which ones: another word, others")
    options = parser.parse_args(arguments)
    if options.sample is not None and options.sample < 1:
        parser.error("--sample needs a number from 1 on")
    return options


def main(arguments):
    options = options_of(arguments)
    lessons = lessons_of(options.lessons)
    verdicts = parse(SURVIVORS.read_text(), SURVIVORS.name)
    say("building the solutions and their judges")
    made = [(workshop, mutant) for workshop in workshops(lessons)
            for mutant in mutants_in(workshop)]
    chosen = sample(made, options.sample, options.seed)
    if options.list:
        for _, mutant in chosen:
            print(f"{mutant.identity}\n")
        return 0
    # A sample is quick, and //tests:NN_name_solution has judged the solution.
    ends = judge_all(chosen, results.Results(results.folder()), not options.sample)
    judged = [(mutant, end) for (_, mutant), end in zip(chosen, ends)]
    tell_what_is_over(verdicts, [mutant for _, mutant in made], judged)
    return print_report(judged, verdicts, " ".join(arguments))


def stop(*_):
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        say(f"mutate: {problem}")
        sys.exit(2)
    except KeyboardInterrupt:
        say("mutate: stopped; the same command goes on from here")
        sys.exit(130)
