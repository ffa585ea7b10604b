#!/usr/bin/env python3
"""Tests of the kinds of mistakes, on small pieces of C++ that clang reads."""

import pathlib
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]
import kinds  # noqa: E402
import mutants  # noqa: E402
import syntax  # noqa: E402

PRELUDE = """#include "given.h"
namespace container {
"""
GIVEN = """
int check(int result, const char* what);
int call(int first, int second = 0);
int other(const char* word, int number);
struct Text { unsigned long size() const; };
enum Flags { kA = 1, kB = 2, kC = 4 };
#define kMacro 8
#define TWICE(value) (2 * (value))
"""


def read(body):
    """The functions of a file with this text in the namespace, and the whole text."""
    text = f"{PRELUDE}{body}\n}}\n"
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "given.h").write_text(GIVEN)
        source = pathlib.Path(folder) / "piece.cc"
        source.write_text(text)
        return syntax.read(source, ["clang++", "-std=c++20", "-w"], folder), text


def changed(kind, statements, head="void step(int number, int count)"):
    """What a kind makes of a function with these statements: its body, each time."""
    functions, text = read(f"{head} {{{statements}}}")
    place = text.index(statements)
    after = len(text) - place - len(statements)
    made = []
    for edit in kind(functions[-1], text):
        whole = text[:edit.begin] + edit.text + text[edit.end:]
        made.append(whole[place:len(whole) - after])
    return made


class Kinds(unittest.TestCase):
    def is_made(self, kind, before, *after, **more):
        self.assertEqual(sorted(changed(kind, before, **more)), sorted(after))

    def test_a_statement_is_dropped(self):
        self.is_made(kinds.drop_statement, "call(1); if (number) { call(2); }",
                     "; if (number) { call(2); }", "call(1); ;", "call(1); if (number) { ; }")

    def test_declarations_and_the_last_return_stay(self):
        self.is_made(kinds.drop_statement, "int x = call(1); return x;", head="int step()")

    def test_neighbours_change_places(self):
        self.is_made(kinds.swap_calls, "call(1); number = 2; call(3); call(4);",
                     "call(1); number = 2; call(4); call(3);")

    def test_a_neighbour_with_braces(self):
        self.is_made(kinds.swap_calls, "call(1); if (number) { call(2); }",
                     "if (number) { call(2); } call(1);")
        self.is_made(kinds.swap_calls, "call(1); throw 1;")
        self.is_made(kinds.swap_calls, "if (number) { call(2); } call(1);",
                     "call(1); if (number) { call(2); }")

    def test_a_check_is_dropped(self):
        self.is_made(kinds.drop_check, 'check(call(1), "call");', "(call(1));")
        self.is_made(kinds.drop_check, 'int x = check(call(1), "call");', "int x = (call(1));")

    def test_flags_are_dropped(self):
        self.is_made(kinds.drop_flag, "call(kA | kB | kMacro);",
                     "call(kA | kB);", "call(kB | kMacro);", "call(kA | kMacro);")

    def test_flags_that_are_added_replace_all(self):
        self.is_made(kinds.drop_flag, "number |= kA;", "number = kA;")

    def test_conditions_are_turned_round(self):
        self.is_made(kinds.negate, "if (number == 1) call(2);", "if (!(number == 1)) call(2);")
        self.is_made(kinds.negate, "if (!number) call(2);", "if (number) call(2);")
        self.is_made(kinds.negate, "call(number ? 1 : 2);", "call(!(number) ? 1 : 2);")
        self.is_made(kinds.negate, "call(number && !count);",
                     "call(!(number) && !count);", "call(number && count);")
        self.is_made(kinds.negate, "call(true);", "call(false);")

    def test_a_declaration_is_no_condition(self):
        self.is_made(kinds.negate, "if (const int x = call(1)) call(x);")

    def test_constants_change_by_one(self):
        self.is_made(kinds.shift_constant, "call(3);", "call(4);", "call(2);")
        self.is_made(kinds.shift_constant, "call(0);", "call(1);")
        self.is_made(kinds.shift_constant, "call(~0U);", "call(~1U);")
        self.is_made(kinds.shift_constant, "call(0755);", "call(0756);", "call(0754);")
        self.is_made(kinds.shift_constant, "call(0x10);", "call(0x11);", "call(0xf);")
        self.is_made(kinds.shift_constant, "call(100'000);", "call(100001);", "call(99999);")
        self.is_made(kinds.shift_constant, 'other("1", number);',
                     'other("2", number);', 'other("0", number);')

    def test_what_a_macro_stands_for_is_none_of_ours(self):
        self.is_made(kinds.shift_constant, "call(kMacro);")
        self.is_made(kinds.shift_constant, "call(TWICE(5));", "call(TWICE(6));", "call(TWICE(4));")

    def test_sizes_change_by_one(self):
        self.is_made(kinds.shift_size, "call(text.size());", "call(text.size() + 1);",
                     "call(text.size() - 1);", head="void step(const Text& text)")

    def test_arguments_of_the_same_type_change_places(self):
        self.is_made(kinds.swap_arguments, "call(number, 1);", "call(1, number);")
        self.is_made(kinds.swap_arguments, 'other("word", number);')
        self.is_made(kinds.swap_arguments, "call(number, number);")
        self.is_made(kinds.swap_arguments, "call(number);")

    def test_a_name_is_taken_for_the_next_of_its_type(self):
        self.is_made(kinds.other_argument, "call(number); call(count);",
                     "call(count); call(count);", "call(number); call(number);")
        self.is_made(kinds.other_argument, "call(number);", head="void step(int number, char* x)")

    def test_a_loop_goes_round_once(self):
        self.is_made(kinds.loop_once, "while (number) { call(1); }",
                     "while (number) { do { call(1); } while (false); break; }")

    def test_a_loop_ends_elsewhere(self):
        self.is_made(kinds.loop_off_by_one, "for (int i = 0; i < 2; ++i) { call(i); }",
                     "for (int i = 0; i <= 2; ++i) { call(i); }")
        self.is_made(kinds.loop_off_by_one, "int a[2]; for (int x : a) { call(x); }",
                     "int a[2]; for (bool first = true; int x : a) "
                     "{ if (first) { first = false; continue; }  call(x); }")


class Mutants(unittest.TestCase):
    def test_only_steps_and_each_text_once(self):
        functions, text = read("void step() { call(1); }\nvoid helper() { call(1); }")
        made = mutants.mutants_of("04_uts", text, functions, {"step": "04.1"})
        self.assertEqual({each.identity.function for each in made}, {"step"})
        self.assertEqual({each.step for each in made}, {"04.1"})
        self.assertEqual(len({each.text for each in made}), len(made))

    def test_lambdas_and_templates_are_looked_at_once(self):
        functions, text = read("void step() { auto f = [](auto x) { call(x, 5); };"
                               " f(1); f(2L); }")
        made = mutants.mutants_of("04_uts", text, functions, {"step": "04.1"})
        fives = [each for each in made if "call(x, 6)" in each.text]
        self.assertEqual(len(fives), 1)

    def test_an_identity_does_not_depend_on_the_line(self):
        texts = ["void step() {\n  call(1);  // Why.\n}", "// More.\n\nvoid step() {\n call(1);\n}"]
        one, other = [[str(each.identity) for each in mutants.mutants_of(
            "04_uts", text, functions, {"step": "04.1"})]
            for functions, text in map(read, texts)]
        self.assertEqual(one, other)
        self.assertIn("04_uts step drop-statement\n- call(1);\n+ ;", one)

    def test_the_same_mistake_in_equal_lines_is_numbered(self):
        functions, text = read("void step() {\n  call(1);\n  number();\n  call(1);\n}"
                               .replace("number();", "call(7);"))
        made = [each.identity for each in mutants.mutants_of(
            "04_uts", text, functions, {"step": "04.1"})]
        self.assertEqual(len(set(made)), len(made))
        self.assertIn("; (2)", [each.after for each in made])

    def test_steps_are_read_from_the_contract(self):
        contract = "// Step 04.1. It does\n// this.\nvoid step(int x);\n\nint no_step();\n"
        self.assertEqual(mutants.steps_in(contract), {"step": "04.1"})


if __name__ == "__main__":
    unittest.main()
