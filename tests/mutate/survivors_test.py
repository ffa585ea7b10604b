#!/usr/bin/env python3
"""Tests of what is read and written: the survivors, what Bazel and the judge say, the
report."""

import contextlib
import io
import pathlib
import sys
import tempfile
import types
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import judging  # noqa: E402
import report  # noqa: E402
import results  # noqa: E402
import survivors  # noqa: E402
import workshop  # noqa: E402
from mutants import Identity, Mutant  # noqa: E402
from syntax import Problem  # noqa: E402

GOOD = """# A comment.

07_caps raise_ambient constant
- each < 64
+ each < 65
equivalent: there is no capability 64, and
  there never will be

04_uts set_host_name size
- name.size()
+ name.size() - 1
hole: nobody looks
"""
RAISE = Identity("07_caps", "raise_ambient", "constant", "each < 64", "each < 65")
NAME = Identity("04_uts", "set_host_name", "size", "name.size()", "name.size() - 1")


class Survivors(unittest.TestCase):
    def test_verdicts_are_read(self):
        self.assertEqual(survivors.parse(GOOD), {
            RAISE: survivors.Verdict("equivalent", "there is no capability 64, and "
                                     "there never will be"),
            NAME: survivors.Verdict("hole", "nobody looks")})

    def test_what_is_printed_of_a_mutant_can_be_read_again(self):
        self.assertEqual(list(survivors.parse(f"{RAISE}\nhole: x")), [RAISE])

    def test_the_file_that_is_here(self):
        survivors.parse((HERE / "survivors.txt").read_text())

    def refused(self, text, where, why):
        with self.assertRaisesRegex(Problem, f"^survivors.txt:{where}: .*{why}"):
            survivors.parse(text)

    def test_a_survivor_without_a_verdict(self):
        self.refused(GOOD.replace("hole: nobody looks\n", ""), 9, "a verdict")

    def test_another_word(self):
        self.refused(GOOD.replace("hole: ", "harmless: "), 9, "equivalent: REASON")

    def test_no_reason(self):
        self.refused(GOOD.replace("hole: nobody looks", "hole:"), 9, "REASON")

    def test_lines_in_another_order(self):
        self.refused("a b c\n+ x\n- y\nhole: z\n", 1, "second line")

    def test_a_head_with_a_word_too_many(self):
        self.refused("a b c d\n- x\n+ y\nhole: z\n", 1, "begin with a lesson")

    def test_the_same_twice(self):
        self.refused(f"{RAISE}\nhole: x\n\n{RAISE}\nhole: x\n", 6, "twice")


class Judging(unittest.TestCase):
    def test_lines_of_the_judge(self):
        self.assertEqual(judging.ending(
            "m7: as it should: fails at 04.2 (any expected), the report says //"), ("m7", "04.2"))
        self.assertEqual(judging.ending(
            "m12: NOT AS IT SHOULD: fails at no step (any expected), the report says //"),
            ("m12", judging.SURVIVED))
        self.assertIsNone(judging.ending("m7: in a fresh lab machine, for this one has changed:"))

    def test_programs_that_nobody_speaks_of(self):
        told = []
        with self.assertRaisesRegex(Problem, "1 programs were not judged:\nm1: as it"):
            judging._read_lines(
                ["echo", "m1: as it should: fails at given (any expected)"],
                lambda *each: told.append(each), {"m1", "m2"})
        self.assertEqual(told, [("m1", "given")])


class Commands(unittest.TestCase):
    COMPILE = {"mnemonic": "CppCompile", "arguments": ["gcc", "-c", "a.cc", "-o", "a.o"]}
    ARCHIVE = {"mnemonic": "CppLink", "arguments": ["ar", "rcsD", "b/lib04_uts_exercise.lo"]}
    WORDS = ["-o", "b/04_uts", "b/lib04_uts_exercise.lo"]

    def linked_by(self, action):
        answer = {"actions": [self.COMPILE, self.ARCHIVE, {"mnemonic": "CppLink", **action}]}
        return workshop.commands_in(answer, "04_uts")

    def test_words_that_stand_in_the_command_and_in_a_file(self):
        self.assertEqual(
            self.linked_by({"arguments": ["gcc", *self.WORDS, "@b/x.params"],
                            "paramFiles": [{"arguments": self.WORDS}]}),
            (self.COMPILE["arguments"], ["gcc", *self.WORDS]))

    def test_words_that_stand_only_in_a_file(self):
        self.assertEqual(
            self.linked_by({"arguments": ["gcc", "@b/x.params"],
                            "paramFiles": [{"arguments": self.WORDS}]})[1],
            ["gcc", *self.WORDS])

    def test_what_bazel_does_not_say(self):
        self.assertEqual(self.linked_by({"arguments": ["gcc"]})[1], None)


class Results(unittest.TestCase):
    def test_a_result_is_found_again_only_for_the_same(self):
        with tempfile.TemporaryDirectory() as folder:
            kept = results.Results(pathlib.Path(folder) / "a")
            shop, other = types.SimpleNamespace(digest="1"), types.SimpleNamespace(digest="2")
            kept.put(shop, "text", "04.2")
            self.assertEqual(kept.get(shop, "text"), "04.2")
            self.assertIsNone(kept.get(shop, "texts"))
            self.assertIsNone(kept.get(other, "text"))


class Report(unittest.TestCase):
    def printed(self, verdicts):
        judged = [(Mutant(NAME, "04.2", "a"), judging.SURVIVED),
                  (Mutant(RAISE, "07.4", "b"), "07.4"),
                  (Mutant(RAISE, "07.4", "c"), "07.3"),
                  (Mutant(RAISE, "07.4", "d"), results.NOT_COMPILED)]
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            status = report.print_report(judged, verdicts, "all")
        return status, out.getvalue()

    def test_a_survivor_without_a_verdict(self):
        status, text = self.printed({})
        self.assertEqual(status, 1)
        self.assertIn("| **all** | 4 | 1 | 2 | 1 | 1 | 0 | 0 | 1 |", text)
        self.assertIn("2 of 3 mutants that are wrong are found to be wrong: 66.7 %.", text)
        self.assertIn("  - name.size()\n  + name.size() - 1\n", text)

    def test_a_hole(self):
        status, text = self.printed({NAME: survivors.Verdict("hole", "nobody looks")})
        self.assertEqual(status, 1)
        self.assertIn("size: nobody looks", text)

    def test_an_equivalent(self):
        status, text = self.printed({NAME: survivors.Verdict("equivalent", "why")})
        self.assertEqual(status, 0)
        self.assertIn("2 of 2 mutants that are wrong are found to be wrong: 100.0 %.", text)


if __name__ == "__main__":
    unittest.main()
