"""What the cards of a page may say: each change's interval against 0 and the margin, widened for all cards together,
and whether questions or missing scores could have made it. Estimates nothing, knows no words."""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
from scipy.special import stdtrit

from longplay.analysis.this_dialogue import UNIT
from longplay.judging.quantities import spelled
from longplay.records import ROUNDS, Estimate, Place
from longplay.records.estimates import Headline
from longplay.records.findings import Finding, PValues, Tag
from longplay.records.places import NEUTRAL
from longplay.specs import Study
from longplay.stats import imbens_manski, smallest_seen

_CHANGES = ("gap-drift", "drift")
Ends = tuple[float, float]


def with_findings(headlines: Sequence[Headline], estimates: Iterable[Estimate], study: Study) -> list[Headline]:
    """The headlines with what is said of each. Their intervals hold together: each is at 1 - alpha / cards
    (Bonferroni)."""
    changes = [e for e in estimates if e.analysis in _CHANGES and e.replies == "all" and not _of_neutral(e)]
    bases = [basis_of(headline.drift, changes) for headline in headlines]
    cards = max(sum(e is not None and e.low is not None for e in bases), 1)
    margins = study.analysis.margins
    return [
        msgspec.structs.replace(one, finding=_finding(one, e, margins.get(spelled(one.drift.quantity)), cards))
        for one, e in zip(headlines, bases, strict=True)
    ]


def _of_neutral(e: Estimate) -> bool:
    return any(place.speaker in NEUTRAL.values() for place in e.of.places)


def p_values(estimates: Iterable[Estimate]) -> PValues:
    """How many p-values of no effect there are, and what corrects them; flagged replies are no second test."""
    tested = [e for e in estimates if e.p is not None and e.replies == "all" and e.analysis != "equivalence"]
    corrected = [e for e in tested if e.family_size > 1]
    alone = sum(e.family_size == 1 for e in tested)
    return PValues(len(tested), len(corrected), len({e.family for e in corrected}), alone)


def tag_of(low: float, high: float, margin: float | None) -> Tag:
    """What an interval says of a change whose rise is a gain; `margin`: below it a change does not matter."""
    if margin is None:
        return "loss" if high < 0 else "gain" if low > 0 else "untold"
    if low <= 0 <= high:
        return "no-change" if -margin < low and high < margin else "untold"
    if high < 0:
        return "clear-loss" if high < -margin else "small-loss" if low > -margin else "loss-unclear"
    return "clear-gain" if low > margin else "small-gain" if high < margin else "gain-unclear"


def basis_of(drift: Estimate, estimates: Sequence[Estimate]) -> Estimate | None:
    """The change itself; where its ends differ in their questions, that of persona minus baseline, who had the same;
    else, of one dialogue, that of the answers to the items of a probe, which are the same after every round."""
    if not drift.confounded:
        return drift
    same = [e for e in estimates if (e.quantity, e.judge, e.replies) == (drift.quantity, drift.judge, "all")]
    known = [e for e in same if e.analysis in _CHANGES and e.low is not None]
    gaps = (e for e in known if e.analysis == "gap-drift" and e.of.left == drift.place and e.span == drift.span)
    gap = next((e for e in gaps if e.source == drift.source), None)
    if gap is not None or drift.cluster != UNIT:
        return gap
    return next((e for e in known if e.analysis == "drift" and _asked(e, drift) and not e.confounded), None)


def _asked(e: Estimate, drift: Estimate) -> bool:
    """Whether it is the change of the same speaker's answers to a probe."""
    return e.source != ROUNDS and _speaks(e.place) == _speaks(drift.place)


def _speaks(place: Place) -> tuple[str, ...]:
    return place.model, place.script, place.speaker, place.setting.play_policy, place.setting.version


def _finding(of: Headline, e: Estimate | None, margin: float | None, cards: int) -> Finding:
    lost = max(_lost(one) for one in (of.start, of.end))
    if e is None:
        return Finding("untold", open="questions", margin=margin, cards=cards, lost=lost)
    basis = "change" if e is of.drift else "gap" if e.analysis == "gap-drift" else "answers"
    if e.value is None or e.low is None or e.high is None:
        tag: Tag = "no-number" if e.value is None else "no-interval"
        return Finding(tag, basis, e.value, margin=margin, cards=cards, lost=lost)
    level = 1 - (1 - e.level) / cards
    low, high = _on_scale(e, *_widened(e, level))
    all_low, all_high = _of_all(e, level, (low, high))
    tag = _turned(e, low, high, margin)
    sure = _turned(e, min(low, all_low), max(high, all_high), margin)
    tip = _tip(e, tag, (low, high), margin) if basis == "change" and sure != tag else None
    return Finding(
        tag=sure,
        basis=basis,
        value=e.value,
        low=low,
        high=high,
        all_low=all_low,
        all_high=all_high,
        p=None if e.p is None else min(1.0, cards * e.p),
        margin=margin,
        smallest=smallest_seen(e.error, e.df, level) if e.error and e.df else None,
        cards=cards,
        open="" if sure == tag else "missing",
        without=None if sure == tag else tag,
        tip_first=_average(e, tip, first=True) if of.start.missing else None,
        tip_last=_average(e, tip, first=False) if of.end.missing else None,
        lost=lost,
        probe=e.source if basis == "answers" else "",
        target=e.target if basis == "answers" else "",
    )


def _lost(e: Estimate) -> float:
    return e.missing / (e.n + e.missing) if e.missing else 0.0


def _turned(e: Estimate, low: float, high: float, margin: float | None) -> Tag:
    """`tag_of` in the direction that users want."""
    return tag_of(-high, -low, margin) if e.better == "lower" else tag_of(low, high, margin)


def _widened(e: Estimate, level: float) -> Ends:
    """The interval at another level. One that is not Student's has each arm stretched as his would be."""
    value, low, high = e.value or 0.0, e.low or 0.0, e.high or 0.0
    df = e.df or max(e.clusters - 1, 1)
    before, after = (float(stdtrit(df, (1 + one) / 2)) for one in (e.level, level))
    return value - (value - low) * after / before, value + (high - value) * after / before


def _on_scale(e: Estimate, low: float, high: float) -> Ends:
    """An interval of a change no longer than the scale allows from where it started."""
    if e.scale is None or e.first is None or e.value is None or e.last in e.scale:
        return low, high
    least, most = (end - e.first for end in e.scale)
    return max(low, min(least, e.value)), min(high, max(most, e.value))


def _of_all(e: Estimate, level: float, without: Ends) -> Ends:
    """An interval for what all scores that were due would have given; without missing ones it is the same."""
    if not e.missing or e.lowest is None or e.highest is None:
        return without
    if e.lowest_error is None or e.highest_error is None or e.df is None:
        arms = [abs(end - (e.value or 0.0)) for end in without]  # no error of the bounds is known: as the value's
        return e.lowest - arms[0], e.highest + arms[1]
    lowest, highest, low, high, df = (
        np.array([one], dtype=np.float64) for one in (e.lowest, e.highest, e.lowest_error, e.highest_error, e.df)
    )
    all_low, all_high = imbens_manski(lowest, highest, low, high, df, level)
    return float(all_low[0]), float(all_high[0])


def _tip(e: Estimate, tag: Tag, without: Ends, margin: float | None) -> float | None:
    """How far from the lowest to the highest worst case the value must go for the tag to turn; None where it cannot."""
    if e.lowest is None or e.highest is None or e.highest <= e.lowest or tag in ("no-change", "untold"):
        return None
    falls = without[1] < 0
    arm = without[1] - (e.value or 0.0) if falls else without[0] - (e.value or 0.0)
    aim = (margin or 0.0) * (-1 if falls else 1) if tag in ("clear-loss", "clear-gain") else 0.0
    place = (aim - arm - e.lowest) / (e.highest - e.lowest)
    return place if 0 <= place <= 1 else None


def _average(e: Estimate, tip: float | None, *, first: bool) -> float | None:
    """What the missing scores at one end average there. In the lowest case the last are at the bottom of the scale and
    the first at its top."""
    if tip is None or e.scale is None:
        return None
    low, high = e.scale
    return high - tip * (high - low) if first else low + tip * (high - low)
