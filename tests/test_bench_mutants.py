"""Small bugs by rule: the same seed makes the same ones, what a test looks at is seen, what none looks at survives."""

import ast
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "bench"))

from mutants import Ended, Project, places, sees, survivors
from mutants_made import RULES, Mutant, chosen

SUMS = '''"""Sums."""


def larger(one: int, other: int) -> bool:
    """Whether one (é) is larger."""
    return (one) > (other)


def unseen(numbers: list[int]) -> int:
    if not numbers or len(numbers) < 1:
        return 0
    numbers.append(max(numbers[1], 2))
    return numbers[0] + 3
'''
TESTS = """from toy.sums import larger


def test_equal_is_not_larger() -> None:
    assert larger(2, 1)
    assert not larger(1, 1)
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # each pytest of the toy starts sooner
    package, tests = tmp_path / "src" / "toy", tmp_path / "tests"
    for folder in (package, tests):
        folder.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "sums.py").write_text(SUMS, "utf-8")
    (tests / "test_sums.py").write_text(TESTS, "utf-8")
    return Project(package, tests, tmp_path)


def of(toy: Project, rule: str, line: str) -> list[Mutant]:
    return [mutant for mutant in places(toy, ["sums.py"]) if mutant.rule == rule and line in mutant.text]


def test_a_bug_that_a_test_looks_at_is_seen_and_another_survives(
    toy: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (planted,) = of(toy, "comparison", "(one) > (other)")
    (harmless,) = of(toy, "arithmetic", "numbers[0] + 3")
    (listed,) = of(toy, "joined", "not numbers or")
    assert survivors(toy, [planted, harmless, listed], {listed.key: "an empty list has no length"}) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "toy/sums.py:6 comparison: > -> >=   seen by tests/test_sums.py::test_equal_is_not_larger",
        "toy/sums.py:13 arithmetic: + -> -   SURVIVED",
        "toy/sums.py:10 joined: or -> and   equivalent: an empty list has no length",
        "3 made, 1 seen (0 by the time limit), 1 equivalent, 1 survived",
    ]
    assert (toy.package / "sums.py").read_text("utf-8") == SUMS


@pytest.mark.parametrize(
    ("code", "failed", "seen_by", "seen_beside_a_failure"),
    [
        (0, (), None, None),
        (1, ("tests/test_a.py::test_b",), "tests/test_a.py::test_b", "tests/test_a.py::test_b"),
        (1, (), "not even collected", None),
        (2, ("tests/test_a.py",), "not even collected", None),
        (4, (), "not even collected", None),
        (5, (), "not even collected", None),
        (-9, (), "time limit", None),
    ],
)
def test_an_end_without_a_failing_test_sees_a_bug_only_where_all_passed_without_it(
    code: int, failed: tuple[str, ...], seen_by: str | None, seen_beside_a_failure: str | None
) -> None:
    found = Ended(code, failed, 1.0, 1.0)
    assert sees(Ended(0, (), 1.0, 1.0), found) == seen_by
    assert sees(Ended(1, ("tests/test_a.py::test_c",), 1.0, 1.0), found) == seen_beside_a_failure


def test_files_that_are_not_collected_without_a_bug_see_none(toy: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (toy.tests / "test_sums.py").write_text(f"import no_such_module\n{TESTS}", "utf-8")
    assert survivors(toy, of(toy, "comparison", "(one) > (other)"), {}) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "fails without a bug, so it sees none: tests/test_sums.py",
        "pytest exits with 2 without a bug, so these see none: test_sums.py",
    ]
    assert lines[2].endswith("SURVIVED")


def test_the_same_seed_makes_the_same_bugs_and_another_seed_others(toy: Project) -> None:
    def made(seed: int) -> list[Mutant]:
        return chosen(places(toy, ["sums.py"]), 5, seed, toy.package.parent)

    assert made(1) == made(1)
    assert any(made(1) != made(seed) for seed in range(2, 6))
    assert [mutant.rule for mutant in made(1)] == list(RULES)[:5]


def test_a_bug_changes_one_segment_and_is_python(toy: Project) -> None:
    source = SUMS.encode()
    made = chosen(places(toy, ["sums.py"]), 100, 1, toy.package.parent)
    assert {mutant.rule for mutant in made} == set(RULES)
    for mutant in made:
        ast.parse(mutant.applied(source))
        assert mutant.applied(source) == source.replace(
            source[: mutant.end], source[: mutant.begin] + mutant.new.encode()
        )
