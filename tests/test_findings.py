"""What a card says: its tag by interval and margin, what the cards together and the missing scores take from it."""

import msgspec
import numpy as np
import pytest
from scipy import stats

from longplay.analysis.findings import p_values, tag_of, with_findings
from longplay.records import ROUNDS, Contrast, Estimate, Place, Quantity
from longplay.records.estimates import Headline
from longplay.records.findings import PValues
from longplay.specs import Analysis, ModelSpec, Study

SCALE = (0.0, 100.0)


def change(value: float = -21.0, error: float = 2.0, df: float = 7.0, **fields: object) -> Estimate:
    half = float(stats.t.ppf(0.975, df)) * error
    p = float(2 * stats.t.sf(abs(value) / error, df))
    drift = Estimate(
        "drift", Quantity("fidelity"), "fidelity", Contrast(Place("m", "s")), "t", "m", value, value - half,
        value + half, span=(0, 8), scale=SCALE, better="higher", n=100, clusters=8, error=error, df=df, p=p,
        lowest=value, highest=value, lowest_error=error, highest_error=error,
    )  # fmt: skip
    return msgspec.structs.replace(drift, **fields)


def card(drift: Estimate, missing: tuple[int, int] = (0, 0)) -> Headline:
    start, end = (
        msgspec.structs.replace(drift, analysis="curves", position=at, span=None, value=50.0, missing=gone)
        for at, gone in zip((0, 8), missing, strict=True)
    )
    return Headline("m", "s", start, end, drift)


def study(margin: float | None = 10.0) -> Study:
    margins = {} if margin is None else {"fidelity": margin}
    return Study(models=(ModelSpec("sim/m"),), judge=ModelSpec("sim/j"), analysis=Analysis(margins=margins))


@pytest.mark.parametrize(
    ("low", "high", "with_margin", "without"),
    [
        (-27.0, -15.0, "clear-loss", "loss"),
        (-27.0, -6.0, "loss-unclear", "loss"),
        (-27.0, -10.0, "loss-unclear", "loss"),
        (-6.0, -2.0, "small-loss", "loss"),
        (-9.0, 1.0, "no-change", "untold"),
        (-9.0, 11.0, "untold", "untold"),
        (-10.0, 9.0, "untold", "untold"),
        (2.0, 6.0, "small-gain", "gain"),
        (2.0, 26.0, "gain-unclear", "gain"),
        (11.0, 26.0, "clear-gain", "gain"),
    ],
)
def test_the_tag_is_where_the_interval_lies(low: float, high: float, with_margin: str, without: str) -> None:
    assert tag_of(low, high, 10.0) == with_margin
    assert tag_of(low, high, None) == without


def test_a_rise_is_a_loss_where_lower_values_are_wanted() -> None:
    (found,) = with_findings([card(change(21.0, better="lower"))], [], study())
    assert found.finding.tag == "clear-loss"
    assert found.finding.low is not None
    assert 0 < found.finding.low < 21, "the interval stays as it is measured"


def test_the_intervals_of_all_cards_hold_together_and_a_card_alone_has_its_own() -> None:
    one, many = (with_findings([card(change(-5.0))] * count, [], study())[0].finding for count in (1, 14))
    t = {count: float(stats.t.ppf(1 - 0.05 / count / 2, 7)) for count in (1, 14)}
    assert (one.low, one.high) == pytest.approx((-5 - 2 * t[1], -5 + 2 * t[1]))
    assert (many.low, many.high) == pytest.approx((-5 - 2 * t[14], -5 + 2 * t[14]))
    assert (one.tag, many.tag) == ("small-loss", "untold")
    assert many.p == pytest.approx(14 * float(2 * stats.t.sf(2.5, 7)))
    assert many.cards == 14


def test_a_card_without_an_interval_does_not_widen_the_others() -> None:
    bare = card(msgspec.structs.replace(change(), low=None, high=None, error=None, df=None))
    alone, beside = with_findings([card(change())], [], study())[0], with_findings([card(change()), bare], [], study())
    assert beside[0].finding == alone.finding
    assert beside[1].finding.tag == "no-interval"


def test_the_smallest_change_seen_is_found_in_four_of_five_studies() -> None:
    (found,) = with_findings([card(change(-5.0))], [], study())
    smallest = found.finding.smallest
    assert smallest is not None
    critical = float(stats.t.ppf(0.975, 7))
    assert float(stats.nct.sf(critical, 7, smallest / 2.0)) == pytest.approx(0.8, abs=1e-3)


def test_missing_scores_that_could_turn_a_tag_take_it_away_and_say_how_they_would_have_to_score() -> None:
    # a fifth of the last scores is missing: the worst case lies between a loss of 23 and a loss of 3
    drift = change(-15.0, lowest=-23.0, highest=-3.0, missing=20)
    (found,) = (one.finding for one in with_findings([card(drift, (0, 20))], [], study()))
    assert (found.tag, found.without, found.open) == ("untold", "clear-loss", "missing")
    half = float(stats.t.ppf(0.975, 7)) * 2
    assert found.tip_first is None
    # from there on the interval reaches the margin
    assert found.tip_last == pytest.approx(100 * (23 - 10 - half) / 20)
    assert found.all_low is not None
    assert found.low is not None
    assert found.all_low < found.low


def test_missing_scores_that_could_not_turn_a_tag_leave_it() -> None:
    drift = change(-30.0, lowest=-31.0, highest=-29.0, missing=1)
    (found,) = (one.finding for one in with_findings([card(drift, (0, 1))], [], study()))
    assert (found.tag, found.without, found.open, found.tip_last) == ("clear-loss", None, "", None)


def test_the_ends_of_a_change_that_differ_in_their_questions_have_the_verdict_of_persona_minus_baseline() -> None:
    rounds = change(-30.0, source=ROUNDS, confounded=True)
    baseline = msgspec.structs.replace(rounds.place, speaker="baseline")
    gap = change(-1.0, source=ROUNDS, analysis="gap-drift", of=Contrast(rounds.place, baseline), missing=0)
    (alone,) = (one.finding for one in with_findings([card(rounds)], [], study()))
    assert (alone.tag, alone.open) == ("untold", "questions")
    (beside,) = (one.finding for one in with_findings([card(rounds)], [gap], study()))
    assert (beside.tag, beside.basis, beside.value, beside.open) == ("no-change", "gap", -1.0, "")


def test_tests_are_counted_with_those_that_correct_each_other_and_those_that_stand_alone() -> None:
    alone = change(family="a", family_size=1)
    pair = change(family="b", family_size=2)
    flagged = change(replies="unflagged")
    assert p_values([alone, pair, pair, change(), flagged, change(p=None)]) == PValues(4, 2, 1, 1)


def test_imbens_and_manskis_interval_is_the_solution_of_their_equation() -> None:
    from longplay.stats import imbens_manski

    rng = np.random.default_rng(3)
    low, room, df = rng.normal(size=30), rng.exponential(size=30), rng.integers(3, 40, 30).astype(float)
    errors = rng.uniform(0.1, 1.0, (2, 30))
    found = imbens_manski(low, low + room, errors[0], errors[1], df, 0.95)
    critical = (low - found[0]) / errors[0]
    assert (found[1] - low - room) / errors[1] == pytest.approx(critical)
    apart = room / errors.max(axis=0)
    assert stats.t.cdf(critical + apart, df) - stats.t.cdf(-critical, df) == pytest.approx(np.full(30, 0.95))
    assert (critical <= stats.t.ppf(0.975, df) + 1e-9).all()
    assert (critical >= stats.t.ppf(0.95, df) - 1e-9).all()
