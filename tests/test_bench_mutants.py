"""Small bugs by rule: the same seed makes the same ones, what a test looks at is seen, what none looks at survives."""

import ast
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent.parent / "bench"))

import mutants_tried
from mutants import EQUIVALENT, MOST, places, survivors
from mutants_made import RULES, Mutant, chosen, marked
from mutants_tried import Copy, Ended, Project, Timed, reached_by, related, verdict

SUMS = '''"""Sums."""


def larger(one: int, other: int) -> bool:
    """Whether one (é) is larger."""
    return (one) > (other)


def unseen(numbers: list[int]) -> int:
    if not numbers or len(numbers) < 1:
        return 0
    numbers.append(pow(numbers[1], 2))
    return numbers[0] + 3
'''
TESTS = """from toy.sums import larger


def test_equal_is_not_larger() -> None:
    assert larger(2, 1)
    assert not larger(1, 1)
"""
MORE_TESTS = """

def test_anything_will_do() -> None:
    from toy.sums import unseen
    unseen([1, 2])


def test_that_fails() -> None:
    assert larger(1, 2)
"""
LOOP = """def zero(number: int) -> int:
    while number > 0:
        number -= 1
    return number
"""
LOOP_TESTS = """from toy.sums import zero


def test_zero() -> None:
    assert zero(2) == 0
"""


@pytest.fixture
def toy(tmp_path: Path) -> Project:
    toy = Project(tmp_path / "project", "toy")
    for folder in (toy.source, toy.tests):
        folder.mkdir(parents=True)
    (toy.root / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", "utf-8")
    (toy.source / "__init__.py").touch()
    (toy.source / "sums.py").write_text(SUMS, "utf-8")
    (toy.tests / "test_sums.py").write_text(TESTS, "utf-8")
    return toy


def of(toy: Project, rule: str, line: str) -> list[Mutant]:
    return [mutant for mutant in places(toy, ["sums.py"]) if mutant.rule == rule and line in mutant.text]


def test_a_bug_that_a_test_looks_at_is_seen_and_another_survives(
    toy: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (planted,) = of(toy, "comparison", "(one) > (other)")
    (harmless,) = of(toy, "arithmetic", "numbers[0] + 3")
    (listed,) = of(toy, "joined", "not numbers or")
    assert survivors(toy, [planted, harmless, listed], {listed.key: "an empty list has no length"}) == 2
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "toy/sums.py:6 comparison: > -> >=   seen by tests/test_sums.py::test_equal_is_not_larger",
        "toy/sums.py:13 arithmetic: + -> -   SURVIVED: no test reaches it",
        "toy/sums.py:10 joined: or -> and   SURVIVED, equivalent: an empty list has no length",
        "3 made: 1 seen by a test that fails, 0 by the time limit, 0 let no test be collected, 2 survived (1 listed as "
        "equivalent)",
    ]
    assert (toy.source / "sums.py").read_text("utf-8") == SUMS


def test_only_tests_that_pass_without_a_bug_and_reach_its_place_are_run(toy: Project, tmp_path: Path) -> None:
    (toy.tests / "test_sums.py").write_text(TESTS + MORE_TESTS, "utf-8")
    (planted,) = of(toy, "comparison", "(one) > (other)")
    (other,) = of(toy, "arithmetic", "numbers[0] + 3")
    copy = Copy(toy, tmp_path / "copy")
    reached = reached_by(toy, [planted, other], copy)
    assert [test.name for test in reached.tests[planted]] == ["tests/test_sums.py::test_equal_is_not_larger"]
    assert [test.name for test in reached.tests[other]] == ["tests/test_sums.py::test_anything_will_do"]
    assert reached.failed == ["tests/test_sums.py::test_that_fails"]
    assert (copy.tree / "src" / planted.file).read_text("utf-8") == SUMS


@pytest.mark.parametrize(
    ("code", "failed", "seen", "apart"),
    [
        (0, None, False, ""),
        (1, "tests/test_a.py::test_b", True, ""),
        (1, None, True, "not collected"),
        (2, None, True, "not collected"),
        (5, None, False, ""),
        (-9, None, True, "time limit"),
    ],
)
def test_a_bug_is_seen_by_a_test_that_fails_and_other_ends_are_told_apart(
    code: int, failed: str | None, seen: bool, apart: str
) -> None:
    found = verdict(Ended(code, failed, "tests/test_a.py::test_b"), [Timed("tests/test_a.py::test_b", 1.0)], 0)
    assert (found.seen, found.apart) == (seen, apart)


def test_a_bug_that_runs_without_end_meets_the_limit(
    toy: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutants_tried, "MORE_S", 5)
    (toy.source / "sums.py").write_text(LOOP, "utf-8")
    (toy.tests / "test_sums.py").write_text(LOOP_TESTS, "utf-8")
    (endless,) = of(toy, "dropped", "number -= 1")
    assert survivors(toy, [endless], {}) == 0
    assert "seen by the time limit in tests/test_sums.py::test_zero" in capsys.readouterr().out


def test_files_that_start_programs_are_not_related_and_those_that_use_a_helper_are(toy: Project) -> None:
    (toy.tests / "sums_helper.py").write_text("from toy.sums import larger", "utf-8")
    (toy.tests / "test_helped.py").write_text("from sums_helper import larger", "utf-8")
    (toy.tests / "test_started.py").write_text("import subprocess\nimport toy.sums", "utf-8")
    (toy.tests / "test_other.py").write_text("import toy", "utf-8")
    (found,) = related(toy, ["toy/sums.py"]).values()
    assert found == ["tests/test_helped.py", "tests/test_sums.py"]


def test_a_mark_stands_before_the_statement_that_holds_a_bug(toy: Project) -> None:
    (one,) = of(toy, "comparison", "(one) > (other)")
    (other,) = of(toy, "joined", "not numbers or")
    text = marked(SUMS.encode(), {0: one, 1: other}, "reached({place})").decode()
    assert "    reached(0)\n    return (one) > (other)\n" in text
    assert "    reached(1)\n    if not numbers or" in text
    assert text.replace("    reached(0)\n", "").replace("    reached(1)\n", "") == SUMS


def test_no_more_are_listed_as_equivalent_than_may_survive() -> None:
    assert len(EQUIVALENT) <= MOST


def test_the_same_seed_makes_the_same_bugs_and_another_seed_others(toy: Project) -> None:
    def made(seed: int) -> list[Mutant]:
        return chosen(places(toy, ["sums.py"]), 5, seed, toy.root / "src")

    assert made(1) == made(1)
    assert any(made(1) != made(seed) for seed in range(2, 6))
    assert [mutant.rule for mutant in made(1)] == list(RULES)[:5]


def test_the_same_bugs_are_made_where_other_code_has_changed(toy: Project) -> None:
    def made() -> set[tuple[str, ...]]:
        found = chosen(places(toy, ["sums.py"]), 5, 1, toy.root / "src")
        return {(*mutant.key, mutant.old, mutant.new) for mutant in found}

    before = made()
    (toy.source / "sums.py").write_text(f"{SUMS}\n\ndef more(number: int) -> int:\n    return number * 7\n", "utf-8")
    assert len(before & made()) >= 4  # the new place is one of one rule


def test_arguments_are_swapped_where_their_order_matters(toy: Project) -> None:
    (toy.source / "sums.py").write_text("a = max(1, 2)\nb = divmod(1, 2)\n", "utf-8")
    assert [one.new for one in places(toy, ["sums.py"]) if one.rule == "arguments"] == ["2, 1"]


def test_a_bug_changes_one_segment_and_is_python(toy: Project) -> None:
    source = SUMS.encode()
    made = chosen(places(toy, ["sums.py"]), 100, 1, toy.root / "src")
    assert {mutant.rule for mutant in made} == set(RULES)
    for mutant in made:
        ast.parse(mutant.applied(source))
        assert mutant.applied(source) == source.replace(
            source[: mutant.end], source[: mutant.begin] + mutant.new.encode()
        )
