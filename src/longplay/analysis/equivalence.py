"""From which checkpoint on persona and baseline are equivalent within the declared margin. Invents no margin."""

from typing import Any

import msgspec
import numpy as np

from longplay.analysis.data import Data, Replies
from longplay.analysis.estimating import for_replies, joined, present
from longplay.analysis.frames import groups
from longplay.analysis.gap import framing, gaps
from longplay.analysis.measuring import Measured
from longplay.analysis.scores import KEYS
from longplay.judging.quantities import spelled
from longplay.records import Estimate
from longplay.stats import equivalence_p, first_of_last_run, half_widths
from longplay.stats.intervals import ROUNDING, Integers

ANALYSIS = "equivalence"
TOST = "two one-sided tests of the gap against the margin; the interval has level 1 - 2 alpha"
FIRST = (
    "first checkpoint from which persona and baseline are equivalent within the margin: two one-sided tests from the "
    "last checkpoint backward, stopping at the first that fails"
)
NO_MARGIN = "no margin declared for {metric} ([analysis] margins), so equivalence was not tested"


def equivalence(data: Data) -> list[Estimate]:
    """For each gap whose quantity has a margin: the tests at each position (`p`; `p_adjusted` after the fixed sequence
    from the last backward), then the first position that holds with all later ones. Others: a note, no number."""
    return for_replies(data, lambda replies: _equivalence(data, replies))


def _equivalence(data: Data, replies: Replies) -> list[Estimate]:
    found, margins = list[Estimate](), data.tables.study.analysis.margins
    measured = gaps(data, replies)
    plain = present(measured, framing(data, ANALYSIS, FIRST, replies))
    code = groups(measured.cells, KEYS).code
    for curve in np.unique(code):
        places = np.flatnonzero(code == curve)
        name = spelled(plain[places[0]].quantity)
        margin = margins.get(name)
        if margin is None:
            note = joined(NO_MARGIN.format(metric=repr(name)), data.remark)
            found.append(_first(measured, plain, places, None, note))
        else:
            found += _tests(data, measured, plain, places, margin)
    return found


def _tests(data: Data, measured: Measured, plain: list[Estimate], places: Integers, margin: float) -> list[Estimate]:
    every, alpha = measured.found, 1 - data.level
    mean, error, df = (part[places] for part in (every.mean, every.error, every.df))
    # an error that is rounding tells nothing of how gaps vary
    enough = (error > ROUNDING) & [plain[place].low is not None for place in places]
    p = np.where(enough, equivalence_p(mean, error, df, margin), np.nan)
    adjusted = np.maximum.accumulate(np.where(np.isnan(p), 1.0, p)[::-1])[::-1]
    half = half_widths(error, df, 1 - 2 * alpha)
    tests: list[Estimate] = []
    for i, place in enumerate(places):
        shown = enough[i] and adjusted[i] <= alpha
        words = f"{'equivalent' if shown else 'not shown to be equivalent'} within {margin:g}"
        more: dict[str, Any] = {"p": float(p[i]), "p_adjusted": float(adjusted[i])} if enough[i] else {"p": None}
        if enough[i]:
            more |= {"low": float(mean[i] - half[i]), "high": float(mean[i] + half[i])}
        note = joined(words, plain[place].note)
        tests.append(_bare(plain[place], method=TOST, level=1 - 2 * alpha, note=note, **more))
    start = first_of_last_run(enough & (p <= alpha))
    note = f"margin {margin:g}" if start is not None else f"not shown to be equivalent within {margin:g} at the last"
    return [*tests, _first(measured, plain, places, start, joined(note, data.remark))]


def _first(measured: Measured, plain: list[Estimate], places: Integers, start: int | None, note: str) -> Estimate:
    some = [plain[place] for place in places]
    positions = measured.cells["position"].to_numpy(np.int64)[places]
    value, ends = None if start is None else float(positions[start]), (int(positions[0]), int(positions[-1]))
    whole = {name: sum(getattr(one, name) for one in some) for name in ("n", "missing", "flagged")}
    return _bare(
        some[-1], value=value, position=None, span=ends, unit="rounds", scale=None, better="neither",
        low=None, high=None, lowest=None, highest=None, p=None, note=note, **whole,
    )  # fmt: skip


def _bare(estimate: Estimate, **changed: Any) -> Estimate:
    return msgspec.structs.replace(estimate, joint_low=None, joint_high=None, seed=None, **changed)
