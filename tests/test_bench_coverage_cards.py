"""The benchmarks of cards, missing scores and structure at a size for tests: today's figure beside what it was."""

from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture(autouse=True)
def _beside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCH))


def test_cards_claim_less_than_they_did_where_nothing_changed_and_find_what_did() -> None:
    from coverage_cards import figures

    found = {line.name.strip(): line for line in figures(1, 40)}
    assert all(line.met for line in found.values())
    now = found["no change: a card says that there is one"].value
    before = found["a card that is not “No clear change”, as cards were"].value
    assert now <= 15 < before
    assert found["a loss of twice the margin: told as a loss"].value >= 70


def test_worst_cases_of_stopped_runs_hold_what_complete_ones_give_and_missing_scores_make_no_claim() -> None:
    from coverage_missing import figures

    found = {line.name.strip(): line for line in figures(1, 20)}
    assert found["stopped runs: the worst case holds the complete value"].value == 100
    assert found["the same, of what was asked alone"].value < 50
    assert found["missing not at random, no change: a claim"].value == 0
    assert found["the same, as cards were"].value > 40


def test_several_orders_and_baselines_and_dashed_names_lose_no_analysis_and_no_warning() -> None:
    from coverage_structure import figures

    assert all(line.met for line in figures(1, 1))
