#!/usr/bin/env python3
"""How long everybody waits: learners, graders, and who changes the course.

    bazel run //tests/bench:suite                      this checkout
    bazel run //tests/bench:suite -- --against COMMIT  beside it, in turn, another one

Works on copies in a temporary folder, never in the checkout. Nothing is judged
here: a time is no reason to fail. Prints docs/performance.md. Parts, all but the last by default:

    lessons   Save to verdict, each lesson's solution: what building, waking the
              lab machine and judging take.
    middle    The same for lesson 06 while three of its steps are written.
    grade     One submission of all lessons: ten changed files, ten verdicts.
    suite     bazel test //... after bazel build //... (an hour, with another commit).
"""

import argparse
import os
import pathlib
import shutil
import signal
import statistics
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from checkout import Checkout, Problem  # noqa: E402

PARTS = ["lessons", "middle", "grade", "suite"]

PREFACE = """# How long everybody waits

Printed by `bazel run //tests/bench:suite -- {arguments}`.

Rounds: {rounds}{turns}; the figures are medians. Times depend on the computer, ratios
hardly do. This one has {processors} processors ({model}) and {kvm}.
"""


def preface(options):
    info = pathlib.Path("/proc/cpuinfo").read_text()
    model = next((line.split(":")[1].strip() for line in info.splitlines()
                  if line.startswith("model name")), "of an unknown kind")
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    found = pathlib.Path(cache) / "container-kit" / "accelerator"  # vm/accelerator.sh
    kvm = found.exists() and "kvm" in found.read_text().split()
    print(PREFACE.format(
        arguments=" ".join(sys.argv[1:]), rounds=options.rounds,
        turns=", the commits in turn" if options.against else "",
        processors=os.cpu_count(), model=model,
        kvm="hardware virtualization" if kvm else "no hardware virtualization"))


def section(title, text):
    """Begins a part of the report. A fence of Markdown does not hurt a terminal."""
    print(f"\n## {title}\n\n{text}\n\n```text")


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K  {text[:76]}", end="", file=sys.stderr, flush=True)
    else:
        print(f"  {text}", file=sys.stderr, flush=True)


def in_turn(name, checkouts, rounds, measure):
    """`measure` of each checkout, round by round. The first round is not counted:
    it builds what was never built. Returns a list of results a checkout."""
    results = [[] for _ in checkouts]
    for round_ in range(rounds + 1):
        for checkout, kept in zip(checkouts, results):
            progress(f"{name}: {checkout.name}, round {round_} of {rounds}")
            result = measure(checkout)
            if round_ > 0:
                kept.append(result)
    if sys.stderr.isatty():
        print("\r\033[K", end="", file=sys.stderr, flush=True)
    return results


def row(name, results, more=""):
    """One line: the medians of all checkouts, and the first's ratio to the second."""
    medians = [statistics.median(each) for each in results]
    text = f"{name:28}" + "".join(f"{median:9.2f} s" for median in medians)
    if len(medians) > 1:
        text += f"{medians[0] / medians[1]:8.2f}"
    print(text + more, flush=True)


def head(checkouts, more=""):
    text = f"{'':28}" + "".join(f"{each.name:>11}" for each in checkouts)
    print(text + ("   ratio" if len(checkouts) > 1 else "") + more, flush=True)


def verdict(checkout, lesson):
    """From a saved solution to its verdict: the time, and what it went into."""
    checkout.save(checkout.solution(lesson))
    checkout.times.unlink(missing_ok=True)
    took = checkout.bazel("test", f"//tests:{lesson}_solution")
    built = checkout.build_times()
    guests = checkout.lab_times()
    most = {key: max((each.get(key, 0) for each in guests), default=0)
            for key in ("wake", "payload", "judge")}
    return {"all": took, "compile": built.get("Compiling", 0),
            "link": built.get("Linking", 0), **most}


def lessons(checkouts, rounds, which):
    section("Save to verdict, a solution",
            "The parts are this checkout's; what they do not add up to is Bazel's.")
    parts = ["compile", "link", "wake", "payload", "judge"]
    head(checkouts, "   " + "".join(f"{part:>9}" for part in parts))
    for lesson in which:
        results = in_turn(lesson, checkouts, rounds, lambda each: verdict(each, lesson))
        own = {part: statistics.median(each[part] for each in results[0]) for part in parts}
        row(lesson, [[one["all"] for one in each] for each in results],
            "   " + "".join(f"{own[part]:9.2f}" for part in parts))
    idle = in_turn("control", checkouts, rounds,
                   lambda each: each.bazel("test", f"//tests:{which[-1]}_solution"))
    row("nothing to do (control)", idle)


def middle(checkouts, rounds):
    def measure(checkout):
        checkout.solve("06_cgroups", steps=3)
        return checkout.bazel("test", "//tests:06_cgroups")

    section("Save to verdict, in the middle of a lesson", "Three steps of seven are written.")
    head(checkouts)
    row("06_cgroups", in_turn("middle", checkouts, rounds, measure))


def grade(checkouts, rounds):
    def measure(checkout):
        names = checkout.lessons()
        for lesson in names:
            checkout.solve(lesson)
        return checkout.bazel("test", *[f"//tests:{lesson}" for lesson in names])

    section("Grading", "One submission: each lesson's file is new.")
    head(checkouts)
    row("all lessons", in_turn("grade", checkouts, rounds, measure))


def suite(checkouts, rounds):
    def measure(checkout):
        checkout.bazel("build", "//...")
        return checkout.bazel("test", "--nocache_test_results", "--keep_going", "//...")

    section("All tests", "`bazel test //...`, after `bazel build //...`.")
    head(checkouts)
    row("all tests", in_turn("suite", checkouts, rounds, measure))


def parse():
    parser = argparse.ArgumentParser(description=__doc__, prog="suite",
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", metavar="COMMIT", help="another commit, measured in turn")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="3 if not given")
    parser.add_argument("--parts", default=",".join(PARTS[:-1]), metavar="PART,PART",
                        help=" ".join(PARTS))
    parser.add_argument("--lessons", metavar="NN,NN", help="only these, of the first part")
    parser.add_argument("--short", action="store_true", help="one round, of lesson 06 alone")
    options = parser.parse_args()
    options.parts = options.parts.split(",")
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"there is no part {part}: {' '.join(PARTS)}")
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    if options.short:
        options.rounds, options.parts, options.lessons = 1, ["lessons"], "06"
    return options


def chosen(all_lessons, numbers):
    if numbers is None:
        return all_lessons
    which = [each for each in all_lessons if each[:2] in numbers.split(",")]
    if len(which) != len(set(numbers.split(","))):
        sys.exit(f"suite: not all of {numbers} are lessons with steps")
    return which


def main():
    options = parse()
    workspace = os.environ.get("BUILD_WORKSPACE_DIRECTORY")
    if workspace is None:
        sys.exit("suite: run it with bazel run //tests/bench:suite")
    # An end by SIGTERM or SIGHUP cleans up like one by Ctrl-C.
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda *_: sys.exit("suite: interrupted"))
    folder = tempfile.mkdtemp(prefix="container-kit-bench.")
    checkouts = []
    try:
        for commit in [""] + ([options.against] if options.against else []):
            checkouts.append(Checkout(workspace, commit, folder))
        preface(options)
        for part in options.parts:
            if part == "lessons":
                lessons(checkouts, options.rounds,
                        chosen(checkouts[0].lessons(), options.lessons))
            else:
                {"middle": middle, "grade": grade, "suite": suite}[part](checkouts, options.rounds)
            print("```", flush=True)
    except KeyboardInterrupt:
        sys.exit("suite: interrupted")
    except Problem as problem:
        sys.exit(f"suite: {problem}")
    finally:
        for each in checkouts:
            each.end()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
