"""Which tests see a bug: copies of the tree, the tests that reach a bug's place, and how they end with it.

The working tree is never changed. Knows no rule that makes bugs.
"""

import ast
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import mutants_watch
from mutants_made import Mutant, marked

ROOT = Path(__file__).parents[1]
sys.path.append(str(ROOT / "tests"))

from import_graph import Graph, graph_of, imported  # noqa: E402 (the tests' folder comes first)

MARK = '__import__("mutants_watch").reached({place})'
TOGETHER = 2  # processes
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
NOT_COPIED = {".git", "runs", "build", "dist"}  # and environments
PROGRAMS = {"subprocess", "llama_server", "playwright.sync_api"}
TESTS_S = 90.0  # what the tests tried for one bug take without it
TIMES, MORE_S, CLOCK_TIMES, CLOCK_MORE_S = 3, 20, 10, 120  # limits with a bug: processor time, and time on the clock


class Project(NamedTuple):
    """What is tried: a folder with a package in src/, tests/ and perhaps more that its tests read."""

    root: Path
    package: str

    @property
    def source(self) -> Path:
        """The package's folder."""
        return self.root / "src" / self.package

    @property
    def tests(self) -> Path:
        """The tests' folder."""
        return self.root / "tests"


class Timed(NamedTuple):
    """A test that passes without a bug: its id, and the seconds on the clock that it takes."""

    name: str
    seconds: float

    @property
    def file(self) -> str:
        return self.name.partition("::")[0]


class Verdict(NamedTuple):
    """Whether a bug was seen, and what a line says about it."""

    seen: bool
    apart: str  # "": by a failing test or by none; else how pytest ended: "time limit", "not collected"
    told: str


class Ended(NamedTuple):
    """How a run of pytest ended: its exit code (negative: killed by a limit), the first test that failed, and the one
    that began last."""

    code: int
    failed: str | None = None
    last: str | None = None


def verdict(ended: Ended, tried: Sequence[Timed], left: int) -> Verdict:
    """What a run with a bug says about it; `left`: tests that reach it, too, and were not tried.

    A limit is far above what the same tests take without the bug, and so is an endless loop seen by it.
    """
    if ended.code == 1 and ended.failed:
        return Verdict(True, "", f"seen by {ended.failed}")
    if ended.code < 0:
        return Verdict(True, "time limit", f"seen by the time limit in {ended.last}")
    if ended.code in (0, 5):
        return Verdict(False, "", f"SURVIVED: {_in_words(len(tried), left)}")
    return Verdict(True, "not collected", f"tests cannot be collected any more (pytest exits with {ended.code})")


def _in_words(tried: int, left: int) -> str:
    if not tried:
        return "no test reaches it"
    return f"{tried} tests reach it and pass" + (f", {left} more were not tried" if left else "")


def related(project: Project, files: Iterable[str]) -> dict[str, list[str]]:
    """The test files for source files: those that import one, a module of its room that needs it, or an importer of
    these, themselves or through files beside them; importers of the next ones where there are none. Those that start
    other programs take long and are left out."""
    graph = graph_of(project.source)
    paths = {path.stem: path for path in sorted(project.tests.glob("*.py"))}
    trees = {name: ast.parse(path.read_text("utf-8")) for name, path in paths.items()}
    direct = {name: set(imported(tree, "", project.package, graph)) for name, tree in trees.items()}
    uses: dict[str, set[str]] = {}
    for name in (name for name in paths if name.startswith("test_")):
        parts = _with_helpers(name, trees)
        if not PROGRAMS & {module for one in parts for module in _modules(trees[one])}:
            uses[str(paths[name].relative_to(project.root))] = set[str]().union(*(direct[one] for one in parts))
    return {file: _nearest(file, graph, uses) for file in files}


def _nearest(file: str, graph: Graph, uses: Mapping[str, set[str]]) -> list[str]:
    parts = Path(file).with_suffix("").parts
    parts = parts[:-1] if parts[-1] == "__init__" else parts
    around, room = {".".join(parts)}, ".".join(parts[:2])
    while wider := {one for one in _importers(around, graph) if one == room or one.startswith(f"{room}.")} - around:
        around |= wider
    while True:
        wider = around | _importers(around, graph)
        found = [test for test, used in uses.items() if used & wider]
        if found or wider == around:
            return found
        around = wider


def _importers(around: set[str], graph: Graph) -> set[str]:
    return {one for one, others in graph.items() if others & around}


def _with_helpers(name: str, tests: Mapping[str, ast.Module]) -> set[str]:
    """A test file and the files beside it that it imports, or that those import; what all load counts for none."""
    found, left = set[str](), [name]
    while left:
        one = left.pop()
        found.add(one)
        left += tests.keys() & set(_modules(tests[one])) - found - {"conftest"}
    return found


def _modules(tree: ast.Module) -> Iterator[str]:
    """What a file imports, by full names."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


class Copy:
    """A copy of the project's tree in an empty folder, in which tests run."""

    def __init__(self, project: Project, into: Path) -> None:
        self.tree, self.beside = into / "tree", into
        self.told, self.reached, self.chosen = (into / f"{name}.json" for name in ("told", "reached", "chosen"))
        for entry in project.root.iterdir():
            if entry.name in NOT_COPIED or (entry / "pyvenv.cfg").exists():
                continue
            if entry.is_dir():
                shutil.copytree(entry, self.tree / entry.name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                self.tree.mkdir(exist_ok=True)
                shutil.copy2(entry, self.tree)

    def write(self, file: str, source: bytes) -> None:
        """Put a text into src/; what was compiled of the old one goes, since times of files may be too coarse."""
        path = self.tree / "src" / file
        path.write_bytes(source)
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()

    def run(self, files: Sequence[str], *options: str, tests: Sequence[Timed] | None = None) -> Ended:
        """Run test files, or some tests of them up to the first failure and with limits."""
        for path in (self.told, self.reached, self.chosen):
            path.unlink(missing_ok=True)
        environment = {**os.environ, **ONE_THREAD}
        environment |= {mutants_watch.TOLD: str(self.told), mutants_watch.REACHED: str(self.reached)}
        environment["PYTHONPATH"] = os.pathsep.join(
            [*(str(self.tree / folder) for folder in ("src", "tests", "bench")), str(Path(__file__).parent)]
        )
        command = [sys.executable, "-m", "pytest", "-q", "--tb=no", "--no-header", "-p", "no:cacheprovider"]
        command += ["-p", "mutants_watch", f"--basetemp={self.beside / 'temporary'}", *options, *files]
        cpu_s = wait_s = None
        if tests is not None:
            self.chosen.write_text(json.dumps([test.name for test in tests]), "utf-8")
            environment[mutants_watch.TESTS] = str(self.chosen)
            normal_s = sum(test.seconds for test in tests)
            cpu_s, wait_s = round(TIMES * normal_s + MORE_S), CLOCK_TIMES * normal_s + CLOCK_MORE_S
        code = _limited(command, self.tree, environment, cpu_s, wait_s)
        lines = [(str(name), outcome) for name, outcome, _ in mutants_watch.told(self.told)]
        failed = next((name for name, outcome in lines if outcome == "failed"), None)
        return Ended(code, failed, lines[-1][0] if lines else None)


def _limited(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], cpu_s: int | None, wait_s: float | None
) -> int:
    """A program's exit code; negative where it was killed, by a limit of processor time or of time on the clock."""

    def limited() -> None:
        if cpu_s is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))

    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=limited,
    ) as running:
        try:
            return running.wait(wait_s)
        except subprocess.TimeoutExpired:
            return -signal.SIGKILL
        finally:
            with suppress(ProcessLookupError):  # what its tests left running goes, too
                os.killpg(running.pid, signal.SIGKILL)


class Reached(NamedTuple):
    """What the tests do without a bug: which of them reach each bug's place, cheap files first; and which fail."""

    tests: Mapping[Mutant, list[Timed]]
    failed: list[str]


def reached_by(project: Project, mutants: Sequence[Mutant], copy: Copy) -> Reached:
    """Run the related test files once with a mark at each bug's place."""
    near = related(project, {mutant.file for mutant in mutants})
    for file in near:
        marks = {number: mutant for number, mutant in enumerate(mutants) if mutant.file == file}
        copy.write(file, marked((project.root / "src" / file).read_bytes(), marks, MARK))
    copy.run(sorted(set[str]().union(*near.values())), "-n", str(TOGETHER), "--dist", "loadfile")
    for file in near:
        copy.write(file, (project.root / "src" / file).read_bytes())
    return read_reached(mutants, near, copy)


def read_reached(mutants: Sequence[Mutant], near: Mapping[str, Sequence[str]], copy: Copy) -> Reached:
    """What the run with marks told.

    A place that is reached while a fixture is made is reached by all tests of that file, one that is reached while
    modules load by all tests of the related files.
    """
    seconds, outcomes = defaultdict[str, float](float), defaultdict[str, set[str]](set)
    for name, outcome, duration in mutants_watch.told(copy.told):
        seconds[str(name)] += float(str(duration))
        outcomes[str(name)].add(str(outcome))
    calls, whole = defaultdict[int, set[str]](set), defaultdict[int, set[str]](set)
    for place, test in mutants_watch.told(copy.reached):
        name, _, stage = str(test).rpartition(" (")
        number = int(str(place))
        if stage == "call)":
            calls[number].add(name)
        elif name:
            whole[number].add(name.partition("::")[0])
        else:
            whole[number].update(near[mutants[number].file])
    passing = [Timed(name, seconds[name]) for name in outcomes if outcomes[name] == {"started", "passed"}]
    return Reached(
        {
            mutant: [test for test in passing if test.name in calls[number] or test.file in whole[number]]
            for number, mutant in enumerate(mutants)
        },
        [name for name in outcomes if "failed" in outcomes[name]],
    )


def tried(mutant: Mutant, tests: Sequence[Timed], copy: Copy) -> Verdict:
    """Run the tests that reach a bug's place with the bug, cheap ones first, up to the first failure."""
    chosen, spent_s = list[Timed](), 0.0
    for test in sorted(tests, key=lambda test: test.seconds):
        if chosen and spent_s + test.seconds > TESTS_S:
            break
        chosen.append(test)
        spent_s += test.seconds
    if not chosen:
        return verdict(Ended(0), [], 0)
    by_file = defaultdict[str, float](float)
    for test in chosen:
        by_file[test.file] += test.seconds
    path = copy.tree / "src" / mutant.file
    source = path.read_bytes()
    copy.write(mutant.file, mutant.applied(source))
    try:
        ended = copy.run(sorted(by_file, key=lambda file: by_file[file]), "-x", tests=chosen)
    finally:
        copy.write(mutant.file, source)
    return verdict(ended, chosen, len(tests) - len(chosen))
