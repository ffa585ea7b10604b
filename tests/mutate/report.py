"""The report on mutants, in Markdown. docs/mutation.md is one."""

from judging import SURVIVED
from results import NOT_COMPILED

PREFACE = """# Mistakes made by a machine

Printed by `bazel run //tests/mutate -- {arguments}`.

People wrote the [wrong solutions](../CONTRIBUTING.md#add-a-mutant), and thought of the
mistakes that people make. `//tests/mutate` makes the rest: it takes each step of each
solution apart, and leaves out a statement, a check or a flag, turns a condition round,
changes a number by one, takes another argument, and so on. A mutant that the judge
passes is a *survivor*. Someone has to say of each, in
[`survivors.txt`](../tests/mutate/survivors.txt), that it does the same as the solution
as far as the contract goes (*equivalent*), or that the judge does not look (*a hole*).

*At their step* are those of which the first case that fails is one of the step that
they were put into. A program that does not even come to its command fails earlier: at
the first case that wants one.

| lesson | made | do not compile | killed | at their step | survived | equivalent | holes | no verdict |
|---|---|---|---|---|---|---|---|---|"""


class Row:
    """The figures of a lesson, or of all."""

    def __init__(self, judged, verdicts):
        """judged: pairs of a mutant and what has become of it."""
        compiled = [each for each in judged if each[1] != NOT_COMPILED]
        killed = [each for each in compiled if each[1] != SURVIVED]
        survivors = [mutant for mutant, end in compiled if end == SURVIVED]
        words = [verdicts[each.identity].word if each.identity in verdicts else ""
                 for each in survivors]
        self.made = len(judged)
        self.not_compiled = len(judged) - len(compiled)
        self.killed = len(killed)
        self.at_step = sum(mutant.step == end for mutant, end in killed)
        self.survived = len(survivors)
        self.equivalent = words.count("equivalent")
        self.holes = words.count("hole")
        self.open = words.count("")

    def line(self, name):
        cells = [name, self.made, self.not_compiled, self.killed, self.at_step, self.survived,
                 self.equivalent, self.holes, self.open]
        return "| " + " | ".join(str(each) for each in cells) + " |"

    def figure(self):
        """How many of those are killed that are not equivalent."""
        wrong = self.killed + self.holes + self.open
        share = 100 * self.killed / wrong if wrong else 100
        return (f"{self.killed} of {wrong} mutants that are wrong are found to be wrong: "
                f"{share:.1f} %.")


def survivors_of(judged, verdicts, word):
    """The survivors with this verdict, "" being none."""
    return [mutant for mutant, end in judged if end == SURVIVED and word ==
            (verdicts[mutant.identity].word if mutant.identity in verdicts else "")]


def print_survivors(judged, verdicts):
    for word, title in (("", "Without a verdict"), ("hole", "Holes"),
                        ("equivalent", "Equivalent")):
        found = survivors_of(judged, verdicts, word)
        if not found:
            continue
        print(f"\n## {title}")
        for mutant in found:
            identity = mutant.identity
            reason = f": {verdicts[identity].reason}" if word else ""
            print(f"\n- {identity.lesson} {identity.function} (step {mutant.step}), "
                  f"{identity.kind}{reason}\n\n"
                  f"  ```diff\n  - {identity.before}\n  + {identity.after}\n  ```")


def print_report(judged, verdicts, arguments):
    """judged: pairs of a mutant and what has become of it. Returns the status, 0 if
    there is no hole, and no survivor without a verdict."""
    print(PREFACE.format(arguments=arguments))
    for lesson in sorted({mutant.identity.lesson for mutant, _ in judged}):
        of_lesson = [each for each in judged if each[0].identity.lesson == lesson]
        print(Row(of_lesson, verdicts).line(lesson))
    total = Row(judged, verdicts)
    print(total.line("**all**"))
    print_survivors(judged, verdicts)
    print(f"\n{total.figure()}")
    return 1 if total.holes or total.open else 0
