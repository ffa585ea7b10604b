#!/usr/bin/env python3
"""Tests of which mutants are judged, and which results are kept."""

import contextlib
import io
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import judging  # noqa: E402
import mutate  # noqa: E402
import results  # noqa: E402
from mutants import Identity, Mutant  # noqa: E402
from survivors import Verdict  # noqa: E402
from syntax import Problem  # noqa: E402


def mutant(text):
    return Mutant(Identity("04_uts", "step", "size", "x", text), "04.1", text)


class Shop:
    """A workshop that makes of a text the text itself, if it is one of `built`."""

    lesson, digest = "04_uts", "1"

    def __init__(self, built):
        self.built = built

    def text(self):
        return "solution"

    def make(self, text, _):
        return text if text in self.built else None


class Choice(unittest.TestCase):
    def test_lessons_by_name_by_number_and_all(self):
        self.assertEqual(mutate.lessons_of(["04", "00_chroot", "04_uts"]),
                         ["04_uts", "00_chroot"])
        self.assertEqual(mutate.lessons_of(["all"]), mutate.known_lessons())
        with self.assertRaisesRegex(Problem, "no lesson 44: 00_chroot"):
            mutate.lessons_of(["44"])

    def test_a_sample_depends_on_the_seed_alone(self):
        made = list(range(100))
        self.assertEqual(mutate.sample(made, 5, "a"), mutate.sample(made, 5, "a"))
        self.assertNotEqual(mutate.sample(made, 5, "a"), mutate.sample(made, 5, "b"))
        self.assertEqual(len(mutate.sample(made, 5, "a")), 5)
        self.assertEqual(mutate.sample(made, None, "a"), made)
        self.assertEqual(mutate.sample(made, 200, "a"), made)


class Judged(unittest.TestCase):
    """A solution and two mutants."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.kept = results.Results(folder.name)
        self.built, self.judged = {"solution", "a", "b"}, []
        self.shop = Shop(self.built)
        self.ends = {"solution": judging.SURVIVED, "a": "04.1", "b": judging.SURVIVED}

    def judge(self, workshop, programs, folder, tell):
        for name, text in programs.items():
            self.judged.append(text)
            tell(name, self.ends[text])

    def run_all(self, texts="ab", with_solutions=True):
        self.judged = []
        with mock.patch("judging.judge", self.judge), \
                contextlib.redirect_stderr(io.StringIO()):
            return mutate.judge_all([(self.shop, mutant(text)) for text in texts],
                                    self.kept, with_solutions)

    def test_the_solution_first_and_each_only_once(self):
        self.assertEqual(self.run_all("a"), ["04.1"])
        self.assertEqual(self.judged, ["solution", "a"])
        self.assertEqual(self.run_all("ab"), ["04.1", judging.SURVIVED])
        self.assertEqual(self.judged, ["b"])

    def test_a_sample_without_the_solution(self):
        self.run_all("a", with_solutions=False)
        self.assertEqual(self.judged, ["a"])

    def test_a_judge_that_finds_the_solution_wrong(self):
        self.ends["solution"] = "04.2"
        with self.assertRaisesRegex(Problem, "04_uts: the solution itself fails at 04.2"):
            self.run_all()

    def test_one_that_does_not_compile(self):
        self.built.remove("b")
        self.assertEqual(self.run_all(), ["04.1", results.NOT_COMPILED])

    def test_nothing_compiles(self):
        self.built.clear()
        with self.assertRaisesRegex(Problem, "the solution cannot be built"):
            self.run_all(with_solutions=False)
        self.assertIsNone(self.kept.get(self.shop, "a"))

    def test_what_is_known_when_it_is_stopped_is_kept(self):
        def stops(workshop, programs, folder, tell):
            tell("m1", "04.1")
            raise KeyboardInterrupt

        with mock.patch("judging.judge", stops), self.assertRaises(KeyboardInterrupt), \
                contextlib.redirect_stderr(io.StringIO()):
            mutate.judge_all([(self.shop, mutant(text)) for text in "ab"], self.kept, False)
        self.assertEqual(self.run_all(with_solutions=False), ["04.1", judging.SURVIVED])
        self.assertEqual(self.judged, ["b"])

    def test_verdicts_that_can_go(self):
        made = [mutant("a"), mutant("b")]
        verdicts = {each.identity: Verdict("hole", "x") for each in [*made, mutant("c")]}
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            mutate.tell_what_is_over(verdicts, made, [(made[0], "04.1"),
                                                      (made[1], judging.SURVIVED)])
        self.assertIn("is found by now:\n04_uts step size\n- x\n+ a\n", said.getvalue())
        self.assertIn("is not made any more:\n04_uts step size\n- x\n+ c\n", said.getvalue())
        self.assertNotIn("+ b", said.getvalue())


if __name__ == "__main__":
    unittest.main()
