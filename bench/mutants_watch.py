"""What a run of pytest tells bench/mutants.py: which tests reach a marked place, and how each test ended.

A pytest plugin (`-p mutants_watch`), and the mark that stands in a copy of the source. Files are named by the
environment: MUTANTS_REACHED and MUTANTS_TOLD are appended to, a JSON value a line; MUTANTS_TESTS holds the ids of the
tests that run. Knows nothing of longplay.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

REACHED, TOLD, TESTS = "MUTANTS_REACHED", "MUTANTS_TOLD", "MUTANTS_TESTS"
_seen: set[tuple[int, str]] = set()
_file = os.environ.get(REACHED)


def reached(place: int) -> None:
    """A marked place is run, by the test that pytest names in the environment of its process and of those it starts.

    One line for each place and test, `[place, "tests/test_a.py::test_b (call)"]`; an empty name while modules load.
    """
    test = os.environ.get("PYTEST_CURRENT_TEST", "")
    if _file is not None and (place, test) not in _seen:
        _seen.add((place, test))
        _append(_file, [place, test])


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests that were asked for; all where none were named."""
    if TESTS in os.environ:
        wanted = set(json.loads(Path(os.environ[TESTS]).read_text("utf-8")))
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in wanted])
        items[:] = [item for item in items if item.nodeid in wanted]


def pytest_runtest_logstart(nodeid: str) -> None:
    """A test begins."""
    _append(os.environ[TOLD], [nodeid, "started", 0])


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A part of a test is over: its outcome, and seconds on the clock."""
    _append(os.environ[TOLD], [report.nodeid, report.outcome, report.duration])


def told(path: Path) -> Iterator[list[object]]:
    """The values that were appended to a file; none where there is no file."""
    if path.exists():
        yield from (json.loads(line) for line in path.read_text("utf-8").splitlines())


def _append(path: str, value: object) -> None:
    """One write of one line, so that several processes can share the file."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, json.dumps(value).encode() + b"\n")
    finally:
        os.close(file)
