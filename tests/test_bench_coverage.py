"""The coverage benchmarks together: all parts shown, seeds pooled, a missed bar told from a part that broke."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


def bench(*arguments: str) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-W", "error", *arguments], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_half_lives_print_their_coverage_with_its_bar() -> None:
    code, lines = bench("bench/coverage_shapes.py", "--seed", "1", "--studies", "60")
    assert code in (0, 1)
    assert lines.count("covers") == 8, "three half-lives and a change point, at two sets of checkpoints"
    assert all("bar" in line for line in lines.splitlines() if "covers" in line)
    assert (code == 1) == ("MISSED" in lines)


def test_parts_are_run_by_name_and_each_says_how_long_it_took() -> None:
    code, lines = bench("bench/coverage.py", "shapes", "labels", "--seed", "1", "--studies", "20")
    assert code in (0, 1)
    assert lines.count("labels: ") == lines.count("shapes: ") == 1
    assert "2 parts, " in lines
    assert "all parts took" in lines
    assert "slope" not in lines


def test_a_part_that_does_not_exist_is_refused_with_the_names_of_those_that_do() -> None:
    code, lines = bench("bench/coverage.py", "slops")
    assert code == 2
    assert "no part slops. Known parts: " in lines
    assert "planted" not in lines, "a file without a command line is no part"


@pytest.mark.parametrize("named", [("coverage.py", "shapes"), ("coverage_shapes.py",)])
def test_a_number_of_studies_that_cannot_be_run_gives_no_figures(named: tuple[str, ...]) -> None:
    file, *parts = named
    code, lines = bench(f"bench/{file}", *parts, "--seed", "1", "--studies", "1")
    assert code == 2
    assert "at least" in lines


def test_a_part_that_broke_is_no_missed_bar(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    from coverage import part

    ends = {"broke": "raise ValueError", "missed": "print('MISSED'); raise SystemExit(1)", "met": ""}
    for name, text in ends.items():
        (tmp_path / name).write_text(text, "utf-8")
    assert {name: part(tmp_path / name, ())[0] for name in ends} == {"broke": 2, "missed": 1, "met": 0}


def test_seeds_are_pooled_by_how_many_studies_each_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    from bars import Figure, pooled

    runs = [
        [Figure("share", 90.0, low=95.0, unit=" %", of=100), Figure("width", 1.0, error=0.3)],
        [Figure("share", 96.0, low=95.0, unit=" %", of=300), Figure("width", 2.0, error=0.4)],
    ]
    share, width = pooled(runs)
    assert (share.value, share.of) == (94.5, 400)
    assert (width.value, width.error) == (1.5, 0.25)
    unmeasured = [Figure("share", None, low=95.0)]
    assert not pooled([runs[0], unmeasured])[0].met, "a seed that gave no figure is not passed over"


def test_a_share_meets_its_bar_within_three_standard_errors_and_a_number_without_studies_only_at_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(BENCH))
    from bars import Figure

    room = 3 * 100 * (0.05 * 0.95 / 400) ** 0.5
    for value, met in ((95.0 - 0.99 * room, True), (95.0 - 1.01 * room, False)):
        assert Figure("covers", value, low=95.0, unit=" %", of=400).met == met
    assert Figure("false claims", 5 + 0.99 * room, high=5.0, unit=" %", of=400).met
    assert not Figure("false claims", 5.01, high=5.0, unit=" %").met
    assert not Figure("holds in all", 99.99, low=100.0, unit=" %", of=400).met, "all is all"
