#!/bin/bash
# Reads reports with Python's XML parser, which stops at what is not well-formed.
set -uo pipefail

exec python3 - vm/print_junit <<'PYTHON'
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

characters = list(range(1, 0x300)) + list(range(0xD7F0, 0xD810)) + list(range(0xDFF0, 0xE010))
characters += list(range(0xFDC0, 0xFE00)) + list(range(0xFFF0, 0x10010)) + [0x1F600]
characters += [plane * 0x10000 + 0xFFFE + odd for plane in range(17) for odd in (0, 1)]

texts = [chr(code).encode("utf-8", "surrogatepass") for code in characters]
texts += [bytes([first]) for first in range(0x80, 0x100)]                    # Alone,
texts += [bytes([first, second]) for first in range(0xC0, 0x100) for second in (0x41, 0x80, 0xBF, 0xFF)]
texts += [b"\xc0\x80", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xf8\x88\x80\x80\x80"]
texts += [b"\"]]>\x01<x a='\"&\n", b"&#xFFFE;", b"<![CDATA[", b"-->", b"]]>", b"\r\n"]


def check_reasons(root):
    """What says why a case has not passed: one element, a short message, and all in the body."""
    cases = root.findall("testsuite/testcase")
    assert [[reason.tag for reason in case] for case in cases] == [[], ["failure"], ["failure"], ["error"], ["error"]]
    for reason in root.iterfind("testsuite/testcase/*"):
        message = reason.get("message")
        assert 0 < len(message) <= 123 and "\n" not in message
        assert len(reason.text) >= len(message.removesuffix("..."))
    suite = root.find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("5", "2", "2")


def check(texts):
    """Each text between two letters; all in one report, or alone if that is wrong."""
    report = subprocess.run(
        [sys.argv[1].encode(), b"".join(b"a" + text + b"z" for text in texts)], check=True, stdout=subprocess.PIPE
    ).stdout
    try:
        root = ElementTree.fromstring(report)
    except ElementTree.ParseError as error:
        if len(texts) > 1:
            return any([check(texts[: len(texts) // 2]), check(texts[len(texts) // 2 :])])
        print(f"{texts[0]!r} breaks the report: {error}")
        return True
    check_reasons(root)
    return False


sys.exit(check(texts))
PYTHON
