"""The kinds of small mistakes that a machine can make in a function.

Each is a function that yields edits: places in the text, and what is to stand there.
KINDS has them all. None knows whether what it makes can be compiled.
"""

import re
from dataclasses import dataclass

# Around the expression that somebody has written, clang puts these.
WRAPPERS = {"ExprWithCleanups", "ImplicitCastExpr", "MaterializeTemporaryExpr",
            "CXXBindTemporaryExpr", "CXXConstructExpr", "FullExpr", "ConstantExpr"}
CALLS = {"CallExpr", "CXXMemberCallExpr", "CXXOperatorCallExpr"}
LOOPS = {"ForStmt", "WhileStmt", "DoStmt", "CXXForRangeStmt"}
# Before or after the others, these would be another program altogether.
STAY = {"ReturnStmt", "BreakStmt", "ContinueStmt", "CXXThrowExpr", "DeclStmt"}
CHECKS = {"check", "kit::check", "check_result"}
NUMBER = re.compile(r"(0[xX][0-9a-fA-F']+|[0-9][0-9']*)([uUlLzZ]*)$")


@dataclass(frozen=True)
class Edit:
    """The text from `begin` to before `end` becomes `text`."""
    kind: str
    begin: int
    end: int
    text: str


def written(node):
    """The expression itself, without what clang has put around it."""
    while node.kind in WRAPPERS:
        place = node.begin, node.end
        below = [each for each in node.inner if (each.begin, each.end) == place]
        if len(below) != 1:
            break
        node = below[0]
    return node


def has_call(node):
    return any(each.kind in CALLS for each in node.all())


def blocks(function):
    return [each for each in function.body.all() if each.kind == "CompoundStmt"]


# ---- Statements ------------------------------------------------------------------


def drop_statement(function, text):
    for block in blocks(function):
        for statement in block.inner:
            # Without a variable nothing compiles that uses it; a function without
            # its last return is no program that a person would hand in.
            if statement.kind in ("DeclStmt", "NullStmt"):
                continue
            if statement.kind == "ReturnStmt" and block is function.body:
                continue
            ends = text[statement.end - 1] == "}"
            yield Edit("drop-statement", statement.begin, statement.end, ";" if ends else "")


def _end_of(statement, text):
    """Where it ends, with its semicolon."""
    return statement.end + (text[statement.end:statement.end + 1] == ";")


def _can_change_places(statement):
    return has_call(statement) and written(statement).kind not in STAY


def swap_calls(function, text):
    for block in blocks(function):
        for one, other in zip(block.inner, block.inner[1:]):
            middle, end = _end_of(one, text), _end_of(other, text)
            first, second = text[one.begin:middle], text[other.begin:end]
            if first != second and _can_change_places(one) and _can_change_places(other):
                yield Edit("swap-calls", one.begin, end,
                           second + text[middle:other.begin] + first)


def drop_check(function, text):
    """The call stays, and nobody looks at its result."""
    for call in function.body.all():
        if call.kind == "CallExpr" and len(call.inner) > 1:
            callee, checked = call.inner[0], call.inner[1]
            if text[callee.begin:callee.end] in CHECKS:
                yield Edit("drop-check", call.begin, call.end,
                           f"({text[checked.begin:checked.end]})")


# ---- Expressions -----------------------------------------------------------------


def drop_flag(function, text):
    for node in function.body.all():
        if node.kind == "CompoundAssignOperator" and node.opcode == "|=":
            left, right = node.inner
            between = text[left.end:right.begin]
            yield Edit("drop-flag", left.end, right.begin, between.replace("|=", "=", 1))
        if node.kind != "BinaryOperator" or node.opcode != "|":
            continue
        left, right = node.inner
        yield Edit("drop-flag", node.begin, node.end, text[left.begin:left.end])
        if written(left).opcode != "|":
            yield Edit("drop-flag", node.begin, node.end, text[right.begin:right.end])


def _conditions(function):
    """What is asked: of if, while and for, of ?:, and on both sides of && and ||."""
    for node in function.body.all():
        if node.kind in ("IfStmt", "WhileStmt") and not node.about.get("hasVar"):
            rest = node.inner[1:] if node.about.get("hasInit") else node.inner
            if rest and rest[0].kind != "DeclStmt":
                yield rest[0]
        elif node.kind == "ConditionalOperator":
            yield node.inner[0]
        elif node.kind == "BinaryOperator" and node.opcode in ("&&", "||"):
            yield from node.inner


def negate(function, text):
    for each in _conditions(function):
        asked = written(each)
        if asked.kind == "UnaryOperator" and asked.opcode == "!":
            continue  # Below, as each "!".
        yield Edit("negate", each.begin, each.end, f"!({text[each.begin:each.end]})")
    for node in function.body.all():
        if node.kind == "UnaryOperator" and node.opcode == "!" and not node.is_macro:
            yield Edit("negate", node.begin, node.inner[0].begin, "")
        if node.kind == "CXXBoolLiteralExpr" and not node.is_macro:
            is_true = text[node.begin:node.end] == "true"
            yield Edit("negate", node.begin, node.end, "false" if is_true else "true")


def _neighbours(word):
    """The same number, one more and one less, in the way that it is written."""
    match = NUMBER.match(word)
    if not match:
        return []
    digits, suffix = match[1].replace("'", ""), match[2]
    octal = digits.startswith("0") and len(digits) > 1 and digits[1] not in "xX"
    number = int(digits, 8 if octal else 0)
    form = hex if digits[:2].lower() == "0x" else (lambda n: f"0{n:o}") if octal else str
    return [form(each) + suffix for each in (number + 1, number - 1) if each >= 0]


def shift_constant(function, text):
    for node in function.body.all():
        word = text[node.begin:node.end]
        if node.kind == "IntegerLiteral":
            for other in _neighbours(word):
                yield Edit("constant", node.begin, node.end, other)
        elif node.kind == "StringLiteral" and NUMBER.match(word.strip('"')):
            for other in _neighbours(word.strip('"')):
                yield Edit("constant", node.begin, node.end, f'"{other}"')


def shift_size(function, text):
    """A length that is given to a call: one more, and one less."""
    for node in function.body.all():
        called = node.inner[0].name if node.kind == "CXXMemberCallExpr" else ""
        if called in ("size", "length") or node.kind == "UnaryExprOrTypeTraitExpr":
            word = text[node.begin:node.end]
            for more in (" + 1", " - 1"):
                yield Edit("size", node.begin, node.end, word + more)


# ---- Arguments -------------------------------------------------------------------


def _calls(function):
    """Each call's arguments, as they are written."""
    for node in function.body.all():
        if node.kind not in CALLS or node.kind == "CXXOperatorCallExpr":
            continue
        yield [each for each in node.inner[1:] if each.kind != "CXXDefaultArgExpr"]


def _is_name(node):
    return node.kind in ("DeclRefExpr", "MemberExpr")


def swap_arguments(function, text):
    for arguments in _calls(function):
        for one, other in zip(arguments, arguments[1:]):
            first, second = text[one.begin:one.end], text[other.begin:other.end]
            if first == second or written(one).type != written(other).type:
                continue
            # The text of a message is no argument of the call that it is about.
            if '"' in (first[0], second[0]):
                continue
            yield Edit("argument", one.begin, other.end,
                       second + text[one.end:other.begin] + first)


def other_argument(function, text):
    """For each name that is given to a call, the next of its type in the function."""
    names = {}  # By type: all that could stand there.
    places = []
    for parameter in function.parameters:
        names.setdefault(parameter.type, []).append(parameter.name)
    for arguments in _calls(function):
        for argument in arguments:
            name = written(argument)
            if not _is_name(name) or name.is_macro or "(" in name.type:
                continue
            word = text[name.begin:name.end]
            known = names.setdefault(name.type, [])
            if word not in known:
                known.append(word)
            places.append((name, word))
    for name, word in places:
        known = names[name.type]
        other = known[(known.index(word) + 1) % len(known)]
        if other != word:
            yield Edit("argument", name.begin, name.end, other)


# ---- Loops -----------------------------------------------------------------------


def loop_once(function, text):
    for loop in function.body.all():
        body = loop.inner[-1] if loop.kind in LOOPS and loop.inner else None
        if body and body.kind == "CompoundStmt":
            # In a loop of its own, so that `continue` ends the round as well.
            yield Edit("loop-once", body.begin, body.end,
                       f"{{ do {text[body.begin:body.end]} while (false); break; }}")


def loop_off_by_one(function, text):
    for loop in function.body.all():
        body = loop.inner[-1] if loop.inner else None
        if loop.kind == "ForStmt":
            for node in loop.all():
                if node.kind == "BinaryOperator" and node.opcode in ("<", "<=") \
                        and node.end <= body.begin:
                    left, right = node.inner
                    other = {"<": "<=", "<=": "<"}[node.opcode]
                    yield Edit("loop-end", left.end, right.begin,
                               text[left.end:right.begin].replace(node.opcode, other, 1))
        if loop.kind == "CXXForRangeStmt" and body.kind == "CompoundStmt":
            head = text[loop.begin:body.begin].replace("(", "(bool first = true; ", 1)
            skip = "{ if (first) { first = false; continue; } "
            yield Edit("loop-end", loop.begin, body.end,
                       head + skip + text[body.begin + 1:body.end])


KINDS = [drop_statement, swap_calls, drop_check, drop_flag, negate, shift_constant,
         shift_size, swap_arguments, other_argument, loop_once, loop_off_by_one]


def edits_of(function, text):
    """All edits of a function, in the order of their places; each once."""
    edits = {edit for kind in KINDS for edit in kind(function, text)}
    return sorted(edits, key=lambda each: (each.begin, each.end, each.kind, each.text))
