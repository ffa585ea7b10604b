#!/usr/bin/env python3
"""Every relative link in a Markdown file leads to a file, and to a heading that is there.

    links_test.py [WORKSPACE]
"""

import pathlib
import re
import sys
import urllib.parse

FENCE = re.compile(r"^(```+|~~~+).*?^\1", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\]\(<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\)|^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)
ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


def markdown_files(root):
    """All of the project's, but not what Bazel's links lead to."""
    found = list(root.glob("*.md"))
    for folder in root.iterdir():
        if folder.is_dir() and not folder.is_symlink() and not folder.name.startswith("."):
            found += folder.rglob("*.md")
    return sorted(found)


def read(path):
    """The text without its fenced blocks, in which nothing is a link or a heading."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def slug(heading):
    """The anchor that GitHub gives to a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)  # A link counts by its words.
    text = re.sub(r"[^\w\- ]", "", text.lower())
    return text.replace(" ", "-")


def anchors(path):
    text = read(path)
    found = set(ANCHOR.findall(text))
    for heading in HEADING.findall(text):
        name, number = slug(heading), 0
        while (name if number == 0 else f"{name}-{number}") in found:
            number += 1
        found.add(name if number == 0 else f"{name}-{number}")
    return found


def problem_of(link, path, root):
    """What is wrong with a link in the file `path`, or None."""
    name, _, anchor = urllib.parse.unquote(link).partition("#")
    target = (path.parent / name).resolve() if name else path
    if name.startswith("/"):
        return f"links to {link}, which is not relative"
    if root != target and root not in target.parents:
        return f"links to {link}, which is outside of the project"
    if not target.exists():
        return f"links to {link}, which does not exist"
    if anchor and (target.suffix != ".md" or anchor not in anchors(target)):
        return f"links to {link}, and there is no heading #{anchor}"
    return None


def main():
    # Bazel's copy of this script is a link to the one in the workspace.
    here = pathlib.Path(__file__).resolve()
    root = (pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here.parents[2]).resolve()
    texts = markdown_files(root)
    problems, links = [], 0
    for path in texts:
        for inline, reference in LINK.findall(CODE.sub("", read(path))):
            link = inline or reference
            if ELSEWHERE.match(link):
                continue
            links += 1
            problem = problem_of(link, path, root)
            if problem:
                problems.append(f"{path.relative_to(root)}: {problem}")
    if not links:
        problems.append(f"{root}: there are no links at all")
    print("\n".join(problems))
    print(f"{len(texts)} texts, {links} links, {len(problems)} problems")
    sys.exit(len(problems) > 0)


if __name__ == "__main__":
    main()
