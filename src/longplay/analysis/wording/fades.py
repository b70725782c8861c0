"""How words that told persona from baseline fade: rates, changes, relative changes, with t intervals over personas.

A persona's number is the mean over its probes, so that every (model, persona, probe) weighs alike, however many items
or patterns it has. Reads no texts.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import msgspec
import numpy as np

from longplay.analysis.baselines import AGAINST_ANSWER
from longplay.analysis.estimating import BASELINE, PERSONAS, joined
from longplay.analysis.wording.comparing import TOWARD, Compared, Mined, Point, Rates
from longplay.records import Contrast, Estimate, Place, Quantity, Setting
from longplay.records.word_patterns import Toward
from longplay.stats import FEWEST_CLUSTERS, t_intervals
from longplay.stats.intervals import Floats
from longplay.stats.ratios import ratio_of_means

ALL_PROBES = "all probes"
RATE, FADE, RELATIVE, LEFT = "wording", "wording-fade", "wording-fade-relative", "wording-left"
# words that one side says more, and all words that tell the two apart
PATTERNS: dict[Toward, Quantity] = {"persona": Quantity("persona-patterns"), "baseline": Quantity("baseline-patterns")}
ALL_PATTERNS = Quantity("patterns")
ONE_BASELINE = "one baseline: its answers are the same for every persona"
HELD = "found on one half of the items before the dialogue, counted on the other; share of answers, mean over patterns"


class Plan(msgspec.Struct, frozen=True):
    """How estimates are made: level of intervals, seed of the halves, the miner in words."""

    level: float
    seed: int
    miner: str


class Group(msgspec.Struct, frozen=True, eq=False):
    """All that was compared of one model in one setting on one script."""

    model: str
    setting: Setting
    script: str
    cells: tuple[Compared, ...]

    def of(self, speaker: Toward) -> Place:
        """Where one of the two spoke."""
        return Place(self.model, self.script, speaker, self.setting)

    @property
    def personas(self) -> tuple[str, ...]:
        """Their names, sorted."""
        return tuple(sorted({cell.who.persona for cell in self.cells}))

    @property
    def places(self) -> tuple[Point, ...]:
        """Where there are answers of any, in order."""
        return tuple(sorted({place for cell in self.cells for place in cell.places if place.script == self.script}))

    def by_persona(self, values: Sequence[float] | Floats) -> Floats:
        """Means over the probes of each persona; NaN where none has a value."""
        owner = np.array([self.personas.index(cell.who.persona) for cell in self.cells], dtype=np.int64)
        found = t_intervals(np.array(values, dtype=np.float64), owner, len(self.personas))
        return found.mean


def by_script(cells: Sequence[Compared]) -> Iterator[Group]:
    """Groups of what was compared, in the order of models."""
    for (model, setting), some in groupby(cells, key=lambda cell: cell.who[:2]):
        found = tuple(some)
        for script in dict.fromkeys(place.script for cell in found for place in cell.places):
            kept = tuple(cell for cell in found if any(place.script == script for place in cell.places))
            yield Group(model, setting, script, kept)


def fades(cells: Sequence[Compared], plan: Plan) -> list[Estimate]:
    """Rates of both kinds of patterns at every checkpoint, their change since the first, and how many are left."""
    found: list[Estimate] = []
    for group in by_script(cells):
        for toward in TOWARD:
            for speaker in TOWARD:
                found += _of_speaker(group, plan, toward, speaker)
        found += _left(group, plan)
    return found


def _of_speaker(group: Group, plan: Plan, toward: Toward, speaker: Toward) -> Iterator[Estimate]:
    target = PERSONAS if speaker == "persona" else BASELINE
    sample = Estimate(
        RATE, PATTERNS[toward], ALL_PROBES, Contrast(group.of(speaker)), target,
        f"{plan.miner}; {HELD}", None, level=plan.level, unit="share of answers",
        scale=(0.0, 1.0), seed=plan.seed,
    )  # fmt: skip
    start = group.places[0]
    for place in group.places:
        rates = [cell.rates.get((toward, speaker, place)) for cell in group.cells]
        level = group.by_persona([_mean(one) for one in rates])
        yield _interval(level, _counted(sample, rates, place.checkpoint), group)
        if place == start:
            continue
        before = [cell.rates.get((toward, speaker, start)) for cell in group.cells]
        pairs = [_paired(now, then) for now, then in zip(rates, before, strict=True)]
        change, base = (group.by_persona([pair[side] for pair in pairs]) for side in (0, 1))
        made = msgspec.structs.replace(
            _counted(sample, [*rates, *before], place.checkpoint), span=(start.checkpoint, place.checkpoint), scale=None
        )
        yield _interval(
            change,
            msgspec.structs.replace(
                made, analysis=FADE, unit="change in share of answers", method=f"{sample.method}; paired by item"
            ),
            group,
        )
        ratio = ratio_of_means(change, base, plan.level)
        method = f"{sample.method}; mean change over mean at the first checkpoint"
        one = speaker == "baseline"
        yield msgspec.structs.replace(
            made, analysis=RELATIVE, unit="change as a share of the first checkpoint's rate", method=method,
            value=ratio.value, low=None if one else ratio.low, high=None if one else ratio.high, clusters=ratio.n,
            note=joined(ONE_BASELINE if one else "", _note(ratio.n, group, change)),
        )  # fmt: skip


def _left(group: Group, plan: Plan) -> Iterator[Estimate]:
    """Patterns found at the first checkpoint and again at the last: the mean number a probe, and the share lost."""
    ends = group.places[0], group.places[-1]
    if ends[0] == ends[1]:
        return
    first, last = found_at_ends(group, [(cell.first, cell.last) for cell in group.cells])
    sample = Estimate(
        LEFT, ALL_PATTERNS, ALL_PROBES, Contrast(group.of("persona"), group.of("baseline")), AGAINST_ANSWER,
        f"{plan.miner}; mined anew from the same half of the items", None, level=plan.level,
        unit="patterns a probe", seed=plan.seed,
        n=sum(cell.first.n + cell.last[group.script].n for cell in group.cells if group.script in cell.last),
    )  # fmt: skip
    sides = [group.by_persona(values) for values in (first, last)]
    for place, values in zip(ends, sides, strict=True):
        yield _interval(values, msgspec.structs.replace(sample, position=place.checkpoint), group, mined=True)
    both = np.where(np.isnan(last), np.nan, first), np.where(np.isnan(first), np.nan, last)
    before, after = (group.by_persona(values) for values in both)
    ratio = ratio_of_means(after - before, before, plan.level)
    yield msgspec.structs.replace(
        sample, span=(ends[0].checkpoint, ends[1].checkpoint), unit="change as a share of the patterns at the first",
        value=ratio.value, low=ratio.low, high=ratio.high, clusters=ratio.n,
        note="no patterns at the first checkpoint" if ratio.value is None else _few(ratio.n),
    )  # fmt: skip


def found_at_ends(group: Group, mined: Sequence[tuple[Mined, Mapping[str, Mined]]]) -> tuple[Floats, Floats]:
    """Of (first, last of each script) how many patterns there are: (sets,) each.

    NaN where nobody answered, or the group's last place was not reached: that is no place without patterns.
    """
    ends = [last.get(group.script) for _, last in mined]
    late = [np.nan if one is None or one.place != group.places[-1] else one.found for one in ends]
    return np.array([first.found for first, _ in mined]), np.array(late, dtype=np.float64)


def _interval(values: Floats, sample: Estimate, group: Group, *, mined: bool = False) -> Estimate:
    """The mean over personas into an estimate. `mined`: of the patterns themselves, so that none is a number too."""
    found = t_intervals(values, np.zeros(len(values), dtype=np.int64), 1, sample.level)
    value, low, high = (None if np.isnan(one[0]) else float(one[0]) for one in (found.mean, found.low, found.high))
    n = int(found.n[0])
    note = _few(n) if mined else _note(n, group, values)
    if sample.target == BASELINE:  # the same answers stand in every persona's number, so that they do not vary alone
        return msgspec.structs.replace(sample, value=value, clusters=n, note=joined(ONE_BASELINE, note))
    if low is not None and low == high:
        note = joined("all personas have the same mean, so the interval has no width", note)
    return msgspec.structs.replace(sample, value=value, low=low, high=high, clusters=n, note=note)


def _note(n: int, group: Group, values: Floats) -> str:
    empty = sum(not cell.first.patterns for cell in group.cells)
    nothing = f"no pattern found in {empty} of {len(group.cells)} sets of answers (persona and probe)" if empty else ""
    gone = int(np.isnan(values).sum())
    return joined(_few(n), nothing, f"{gone} personas have nothing to count" if gone and n else "")


def _few(n: int) -> str:
    return f"{n} personas: no interval under {FEWEST_CLUSTERS}" if n < FEWEST_CLUSTERS else ""


def _mean(rates: Rates | None) -> float:
    known = _known(rates)
    return float(known.mean()) if len(known) else np.nan


def _known(rates: Rates | None) -> Floats:
    return rates.by_item[~np.isnan(rates.by_item)] if rates is not None else np.empty(0)


def _paired(now: Rates | None, then: Rates | None) -> tuple[float, float]:
    """Mean change, and mean before, over items answered both times."""
    if now is None or then is None:
        return np.nan, np.nan
    both = ~(np.isnan(now.by_item) | np.isnan(then.by_item))
    if not both.any():
        return np.nan, np.nan
    before = then.by_item[both]
    return float((now.by_item[both] - before).mean()), float(before.mean())


def _counted(sample: Estimate, rates: Sequence[Rates | None], position: int) -> Estimate:
    known = [one for one in rates if one is not None]
    n, missing = sum(one.n for one in known), sum(one.missing for one in known)
    return msgspec.structs.replace(sample, position=position, n=n, missing=missing)
