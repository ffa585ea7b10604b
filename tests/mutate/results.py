"""What has become of mutants, kept from one run to the next.

A result is kept under a digest of all that it depends on: the mutant's text, and the
solution's program, the judge and the probe. If one of these changes, it is not found
any more.
"""

import hashlib
import os
import pathlib

NOT_COMPILED = "not compiled"


def folder():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(cache, "container-kit", "mutate")


class Results:
    def __init__(self, where):
        self.where = pathlib.Path(where)
        self.where.mkdir(parents=True, exist_ok=True)

    def _file(self, workshop, text):
        digest = hashlib.sha256(workshop.digest.encode() + text.encode("latin-1"))
        return self.where / digest.hexdigest()

    def get(self, workshop, text):
        """The step at which it failed, or another word of judging.py; None if unknown."""
        try:
            return self._file(workshop, text).read_text()
        except FileNotFoundError:
            return None

    def put(self, workshop, text, result):
        file = self._file(workshop, text)
        unfinished = file.with_name(f"{file.name}.{os.getpid()}")
        unfinished.write_text(result)
        unfinished.replace(file)
