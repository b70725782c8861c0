"""Whether the tests see small bugs made by rule: each in a copy of the source, never in the working tree.

python bench/mutants.py [--count N] [--seed S] [--only ROOM]: a line a bug; exit 1 where more than MOST survive,
2 where no bug could be made.
"""

import argparse
import ast
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mutants_made import Mutant, chosen, mutants_of

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests"))

from import_graph import graph_of, imported  # noqa: E402 (the tests' folder comes first)

COUNT, SEED, MOST = 60, 1, 3
FILES, TOGETHER = 12, 4  # test files for a bug, and how many of them run in one process
TIMES, ROOM_S, CLOCK_TIMES, CLOCK_ROOM_S = 3, 20, 10, 120  # of processor time, and of time on the clock
ROOMS: Mapping[str, tuple[str, ...]] = {
    "stats": ("stats",),
    "analysis": ("analysis",),
    "report": ("report/naming.py", "report/words.py", "report/findings.py", "report/answer.py"),
    "schedule": ("schedule.py",),
    "judging": ("judging/parsing.py",),
}
# File, text of the line, rule: why nobody can see the difference.
EQUIVALENT: Mapping[tuple[str, str, str], str] = {}


class Project(NamedTuple):
    """What is tried: the package's folder, its tests' folder, where pytest starts, and what tests import besides."""

    package: Path
    tests: Path
    root: Path
    beside: tuple[Path, ...] = ()


LONGPLAY = Project(ROOT / "src" / "longplay", ROOT / "tests", ROOT, (ROOT / "tests", ROOT / "bench"))


class Ended(NamedTuple):
    """What a run of test files came to: pytest's exit code, what failed (a test, or a file that could not be
    collected), and how long it took."""

    code: int
    failed: tuple[str, ...]
    cpu_s: float
    clock_s: float


def sees(normal: Ended, found: Ended) -> str | None:
    """What saw a bug: the first test that fails with it, or how else pytest ended where the same files passed without
    the bug. None: nothing did."""
    tests = [failed for failed in found.failed if "::" in failed]
    if found.code == 1 and tests:
        return tests[0]
    if found.code == 0 or normal.code != 0:
        return None
    return "time limit" if found.code < 0 else "not even collected"


class Trial:
    """A copy of a package, in which one bug at a time is tried. `into`: an empty folder for it."""

    def __init__(self, project: Project, into: Path) -> None:
        self.project, self.copy = project, into / project.package.name
        shutil.copytree(project.package, self.copy, ignore=shutil.ignore_patterns("__pycache__"))
        self.graph = graph_of(project.package)
        texts = {path: path.read_text("utf-8") for path in sorted(project.tests.glob("test_*.py"))}
        self.texts = texts
        self.imports = {
            path: frozenset(imported(ast.parse(text), "", project.package.name, self.graph))
            for path, text in texts.items()
        }
        self._normal: dict[tuple[Path, ...], Ended] = {}

    def seen_by(self, mutant: Mutant) -> str | None:
        """The first related test that fails with a bug, "time limit" where one takes too long, None: it survives."""
        path = self.copy.parent / mutant.file
        source = path.read_bytes()
        files = self.related(mutant.file)
        for group in (tuple(files[start : start + TOGETHER]) for start in range(0, len(files), TOGETHER)):
            normal = self._without(group)
            if normal.code not in (0, 1):
                continue
            self._write(path, mutant.applied(source))
            try:
                found = self._run(group, normal)
            finally:
                self._write(path, source)
            if (seen_by := sees(normal, found)) is not None:
                return seen_by
        return None

    def related(self, file: str) -> list[Path]:
        """The test files for a module, at most FILES: importers of it or of its importers, or else of the next ones."""
        parts = Path(file).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        around, found = {module}, list[Path]()
        while not found:
            wider = around | {one for one, others in self.graph.items() if others & around}
            found = [path for path, others in self.imports.items() if others & wider]
            if wider == around:
                break
            around = wider
        names = _defined((self.project.package.parent / file).read_text("utf-8"))
        words = {path: names & set(re.findall(r"[\w-]+", self.texts[path])) for path in found}
        rare = {name: 1 / sum(name in each for each in words.values()) for name in set[str]().union(*words.values())}
        weight = {path: sum(rare[name] for name in words[path]) for path in found}
        return sorted(found, key=lambda path: (-weight[path], len(self.texts[path]), path))[:FILES]

    def _without(self, files: tuple[Path, ...]) -> Ended:
        """The same test files without a bug, run once."""
        if files not in self._normal:
            self._normal[files] = self._run(files)
            code, failed = self._normal[files].code, self._normal[files].failed
            for one in failed:
                print(f"fails without a bug, so it sees none: {one}", flush=True)
            if code not in (0, 1):
                names = ", ".join(path.name for path in files)
                print(f"pytest exits with {code} without a bug, so these see none: {names}", flush=True)
        return self._normal[files]

    def _run(self, files: Sequence[Path], normal: Ended | None = None) -> Ended:
        """Run test files up to the first failure; all, without a limit, where it is not known what is normal."""
        command = [sys.executable, "-m", "pytest", "-q", "-rfE", "--no-header", "--tb=no", *map(str, files)]
        if normal is not None:
            command += ["-x", *(f"--deselect={failed}" for failed in normal.failed)]
        began_s, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        limit_s = None if normal is None else round(TIMES * normal.cpu_s + ROOM_S)

        def limited() -> None:
            if limit_s is not None:
                resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))

        with subprocess.Popen(
            command,
            cwd=self.project.root,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (self.copy.parent, *self.project.beside)))},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=limited,
        ) as running:
            try:
                wait_s = None if normal is None else CLOCK_TIMES * normal.clock_s + CLOCK_ROOM_S
                text, _ = running.communicate(timeout=wait_s)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                text, _ = running.communicate()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        failed = tuple(re.findall(r"^(?:FAILED|ERROR) (\S+)", text, re.MULTILINE))
        cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Ended(running.returncode, failed, cpu_s, time.monotonic() - began_s)

    def _write(self, path: Path, source: bytes) -> None:
        """Put a text in the copy; what was compiled of the old one goes, since times of files may be too coarse."""
        path.write_bytes(source)
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()


def _defined(text: str) -> set[str]:
    """What a module defines for others: its public names, and texts that may name it, such as "gap-drift"."""
    names = {node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return {name for name in names if not name.startswith("_")} | set(re.findall(r'"([a-z]\w*-[\w-]+)"', text))


def places(project: Project, rooms: Sequence[str]) -> Iterator[Mutant]:
    """Every bug that can be made in these folders and files of a package."""
    for room in rooms:
        path = project.package / room
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            yield from mutants_of(file, project.package.parent)


def survivors(project: Project, mutants: Sequence[Mutant], equivalent: Mapping[tuple[str, str, str], str]) -> int:
    """Try bugs, a line each; how many survive."""
    survived = limits = same = 0
    with tempfile.TemporaryDirectory() as into:
        trial = Trial(project, Path(into))
        for mutant in mutants:
            reason = equivalent.get(mutant.key)
            seen_by = None if reason else trial.seen_by(mutant)
            same += reason is not None
            limits += seen_by == "time limit"
            survived += reason is None and seen_by is None
            told = f"equivalent: {reason}" if reason else f"seen by {seen_by}" if seen_by else "SURVIVED"
            print(f"{mutant}   {told}", flush=True)
    seen = len(mutants) - survived - same
    print(f"{len(mutants)} made, {seen} seen ({limits} by the time limit), {same} equivalent, {survived} survived")
    return survived


def main() -> int:
    """0: the bar is met; 1: too many survive; 2: no bug could be made."""
    parser = argparse.ArgumentParser(description="Whether the tests see small bugs made by rule.")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", choices=ROOMS, help="bugs of one room")
    asked = parser.parse_args()
    rooms = [path for room, paths in ROOMS.items() if asked.only in (None, room) for path in paths]
    mutants = chosen(places(LONGPLAY, rooms), asked.count, asked.seed, LONGPLAY.package.parent)
    if not mutants:
        return 2
    survived = survivors(LONGPLAY, mutants, EQUIVALENT)
    print(f"bar at most {MOST} survive: {'met' if survived <= MOST else 'MISSED'}")
    return 0 if survived <= MOST else 1


if __name__ == "__main__":
    sys.exit(main())
