"""A copy of the project that a benchmark may change, with a Bazel of its own."""

import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import time

# In a lesson's folder: the file with the steps is the one that solutions/ has, too.
SAVED = "extern const int kSaved;\nconst int kSaved = %d;\n"


class Problem(Exception):
    """What the user is told, in a line."""


def git(workspace, *words):
    ended = subprocess.run(["git", "-C", workspace, *words], capture_output=True, text=True)
    if ended.returncode != 0:
        raise Problem(f"git {words[0]}: {ended.stderr.strip()}")
    return ended.stdout


class Checkout:
    """`commit` of the repository at `workspace`, or what is there now ("")."""

    def __init__(self, workspace, commit, folder):
        self.name = "now"
        if commit:
            self.name = git(workspace, "rev-parse", "--short", "--verify",
                            commit + "^{commit}").strip()
        self.folder = pathlib.Path(folder) / self.name
        self.output = pathlib.Path(folder) / (self.name + ".output")
        self.profile = pathlib.Path(folder) / (self.name + ".profile")
        self.times = pathlib.Path(folder) / (self.name + ".times")
        git(workspace, "clone", "--quiet", "--shared", workspace, str(self.folder))
        git(self.folder, "checkout", "--quiet", commit or "HEAD")
        if not commit:
            self._take_what_is_not_committed(pathlib.Path(workspace))

    def _take_what_is_not_committed(self, workspace):
        changed = git(workspace, "diff", "--name-only", "--no-renames", "-z", "HEAD").split("\0")
        new = git(workspace, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
        for name in filter(None, changed + new):
            if name.endswith("/"):
                continue  # A repository of its own.
            target = self.folder / name
            target.unlink(missing_ok=True)
            if os.path.lexists(workspace / name):
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(workspace / name, target, follow_symlinks=False)

    def bazel(self, verb, *words):
        """Returns the seconds that it took. A test may fail, a build may not."""
        command = ["bazel", f"--output_base={self.output}", verb, "--noshow_progress",
                   "--ui_event_filters=-info", "--test_output=summary",
                   f"--profile={self.profile}", f"--test_env=LAB_TIMES={self.times}", *words]
        begin = time.monotonic()
        with subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
            try:
                _, said = process.communicate()
            except BaseException:
                # Killed, it would leave its server at work.
                process.send_signal(signal.SIGINT)
                process.wait()
                raise
        took = time.monotonic() - begin
        tests_failed = verb == "test" and process.returncode == 3
        if process.returncode != 0 and not tests_failed:
            raise Problem(f"{self.name}: bazel {verb} {' '.join(words)} ended with "
                          f"{process.returncode}:\n{said[-2000:]}")
        return took

    def end(self):
        if self.output.exists():
            subprocess.run(["bazel", f"--output_base={self.output}", "shutdown"],
                           cwd=self.folder, capture_output=True)
            # Bazel takes the right to write away from what it has made.
            subprocess.run(["chmod", "-R", "u+w", self.output], check=False)

    def lessons(self):
        """The lessons with steps: "06_cgroups" and the like."""
        return sorted(each.name for each in (self.folder / "solutions").iterdir() if each.is_dir())

    def solution(self, lesson):
        (source,) = (self.folder / "solutions" / lesson).glob("*.cc")
        return source

    def exercise(self, lesson):
        return self.folder / "lessons" / lesson / self.solution(lesson).name

    def save(self, source):
        """Changes the file as an editor does: code, for a comment changes no object."""
        text = source.read_text().split("extern const int kSaved;")[0]
        # A number that no cache has seen.
        source.write_text(text + SAVED % random.randrange(1 << 31))

    def solve(self, lesson, steps=None):
        """Writes the learner's file: all of the solution, or its first steps."""
        solution = self.solution(lesson)
        text = solution.read_text()
        if steps is not None:
            contract = self.exercise(lesson).with_suffix(".h")
            text = subprocess.run(
                ["python3", "tests/written_until.py", contract, solution,
                 f"{lesson[:2]}.{steps}"],
                cwd=self.folder, check=True, capture_output=True, text=True).stdout
        self.exercise(lesson).write_text(text)
        self.save(self.exercise(lesson))

    def build_times(self):
        """Seconds of the last command's actions: {"CppCompile": 1.2, ...}."""
        events = json.loads(self.profile.read_text())["traceEvents"]
        times = {}
        for event in events:
            if event.get("cat") == "action processing":
                kind = event.get("args", {}).get("mnemonic") or event["name"].split(" ")[0]
                times[kind] = times.get(kind, 0) + event["dur"] / 1e6
        return times

    def lab_times(self):
        """What the lab says of the last command's judging, a dictionary a guest."""
        if not self.times.exists():
            return []
        return [json.loads(line) for line in self.times.read_text().splitlines()]
