"""What clang knows about the functions of a file: a tree of nodes.

Clang prints it as JSON, with the place of each node in the file (Place). Only what
stands in the file itself is kept, not what its headers have.
"""

import json
import pathlib
import re
import subprocess

WORKSPACE = pathlib.Path(__file__).resolve().parents[2]


class Problem(Exception):
    """What the user is told, in a line."""


class Node:
    """A node of the tree. The file has its text from `begin` to before `end`."""

    def __init__(self, kind, begin, end, inner, about):
        self.kind = kind
        self.begin = begin
        self.end = end
        self.inner = inner
        self.about = about  # All that clang says about it.

    @property
    def name(self):
        return self.about.get("name", "")

    @property
    def opcode(self):
        return self.about.get("opcode", "")

    @property
    def type(self):
        """The type's own name, without const and references; an array is a pointer."""
        known = self.about.get("type", {})
        name = known.get("desugaredQualType", known.get("qualType", ""))
        return re.sub(r"\bconst\b|[&\s]", "", re.sub(r"\[\w*\]", "*", name))

    @property
    def is_macro(self):
        """It begins with what stands for something else, which is in a header."""
        return "expansionLoc" in self.about.get("range", {}).get("begin", {})

    def all(self):
        """The node and all nodes below it."""
        yield self
        for each in self.inner:
            yield from each.all()


class Function:
    def __init__(self, name, body, parameters):
        self.name = name
        self.body = body
        self.parameters = parameters


def _end_of_call(text, offset):
    """Where the macro's arguments end that begin at `offset`; or `offset`."""
    depth = 0
    for place in range(offset, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1 if text[place] == ")" else offset
    return offset


def _place(location, text):
    """From where to where a location's token goes in the file, or None."""
    if "expansionLoc" in location:
        spelled, expanded = location["spellingLoc"], location["expansionLoc"]
        if expanded.get("isMacroArgExpansion") and "includedFrom" not in spelled:
            return _place(spelled, text)
        begin = _place(expanded, text)
        return begin and (begin[0], _end_of_call(text, begin[1]))
    if "offset" not in location or "includedFrom" in location:
        return None
    return location["offset"], location["offset"] + location["tokLen"]


def _node(about, text):
    """The node and what is below it; None if it is not in the file."""
    inner = [_node(each, text) for each in about.get("inner", []) if each]
    where = about.get("range", {})
    begin = _place(where.get("begin", {}), text)
    end = _place(where.get("end", {}), text)
    if not begin or not end:
        return None
    inner = [each for each in inner if each]
    return Node(about.get("kind", ""), begin[0], end[1], inner, about)


def _objects(printed):
    """The JSON objects that stand one after another in what clang has printed."""
    decoder = json.JSONDecoder()
    place = printed.find("{")
    while place != -1:
        found, end = decoder.raw_decode(printed, place)
        yield found
        place = printed.find("{", end)


def functions_in(printed, text):
    """The functions that the file with this text defines, as clang has printed them."""
    found = {}
    for about in _objects(printed):
        if not about.get("kind", "").startswith("Function"):
            continue
        node = _node(about, text)
        if not node or not node.inner or node.inner[-1].kind != "CompoundStmt":
            continue
        place = _place(about.get("loc", {}), text)
        if place and text[place[0]:place[1]] == node.name:
            parameters = [each for each in node.inner if each.kind == "ParmVarDecl"]
            found[node.name] = Function(node.name, node.inner[-1], parameters)
    return list(found.values())


def read(source, command, folder, only="container::"):
    """The functions of `source`, whose names begin with `only`.

    command: clang++ and the options with which it compiles that file, in `folder`.
    """
    command = [*command, "-fsyntax-only", "-Xclang", "-ast-dump=json",
               "-Xclang", f"-ast-dump-filter={only}", str(source)]
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        raise Problem(f"there is no {command[0]}: ./setup installs it") from None
    if done.returncode != 0:
        raise Problem(f"{command[0]} does not understand {source}:\n{done.stderr[:2000]}")
    # Offsets count bytes.
    text = pathlib.Path(folder, source).read_text(encoding="latin-1")
    return functions_in(done.stdout, text)
