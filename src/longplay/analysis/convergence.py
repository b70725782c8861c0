"""Who moves when the gap changes: the persona or the baseline. Knows no single position."""

import msgspec
import numpy as np

from longplay.analysis.changes import last_first
from longplay.analysis.data import Data, Replies
from longplay.analysis.estimating import PERSONAS, Framing, for_replies, joined, present
from longplay.analysis.frames import Frame, matches
from longplay.analysis.gap import framing, moved
from longplay.analysis.items import BEFORE, PLACE
from longplay.analysis.measuring import Measured, measure, widened
from longplay.analysis.over_items import LIKE_THESE, THESE, item_covariance, with_items
from longplay.records import Estimate
from longplay.records.estimates import Side
from longplay.stats import Ratio, fieller
from longplay.stats.intervals import Floats

ANALYSIS = "convergence"
MOVED = "last - first of one side, over the items and personas of the gap's change; t interval over personas{}"
SHARE = "share of the gap's change; Fieller's interval over personas, items and baseline dialogues"
SHARES = "convergence-share"
UNCLEAR = "the gap's change cannot be told from 0, so there is nothing to split"


def convergence(data: Data) -> list[Estimate]:
    """The gap's change = the persona's change - the baseline's: both, and the share of each where the gap's change has
    an interval that excludes 0. The shares sum to 1; one is below 0 where a side moved the other way."""
    return for_replies(data, lambda replies: _convergence(data, replies))


def _convergence(data: Data, replies: Replies) -> list[Estimate]:
    found: list[Estimate] = []
    gap, measured, shared = moved(data, replies)
    if gap.empty:
        return found
    persona, baseline = _sides(gap, last_first(data, replies))
    one, other = measure(persona, data.level), widened(measure(baseline, data.level), shared, data.level)
    # the interval of a side holds these very items
    targets = tuple(target.replace(LIKE_THESE, THESE) for target in measured.targets)
    words = {"targets": targets, "notes": measured.notes}
    own = msgspec.structs.replace(_framing(data, replies, MOVED.format(""), "left"), target=PERSONAS)
    found += present(one, own)
    other = msgspec.structs.replace(other, **words)
    found += present(other, _framing(data, replies, MOVED.format(" and baseline dialogues"), "right"))
    also_items = with_items(one, persona, PERSONAS, data.level)
    found += _shares(data, replies, measured, also_items, _covariance(measured, one) + item_covariance(gap, persona))
    return found


def _framing(data: Data, replies: Replies, method: str, side: Side) -> Framing:
    return msgspec.structs.replace(framing(data, ANALYSIS, method, replies), side=side)


def _sides(gap: Frame, changed: Frame) -> tuple[Frame, Frame]:
    """The persona's change and the baseline's (gap and persona tell it), over the pairs of the gap's change."""
    keys = [*PLACE, "item"]
    personas = changed[changed["speaker"] == "persona"]
    _, there = matches(gap, personas, keys)  # each pair has its persona
    formed = gap["value"].notna().to_numpy()
    own = np.where(formed, personas["value"].to_numpy()[there], np.nan)
    ends = {name: personas[name].to_numpy()[there] for name in ("lowest", "highest")}
    persona = gap.assign(value=own, **ends, **{BEFORE: personas[BEFORE].to_numpy()[there]})
    # The widest that both allow: gap = persona - baseline holds for the ends crosswise.
    least, most = ends["highest"] - gap["highest"].to_numpy(), ends["lowest"] - gap["lowest"].to_numpy()
    baseline = gap.assign(value=own - gap["value"].to_numpy(), lowest=least, highest=most, **{BEFORE: np.nan})
    return persona, baseline


def _shares(data: Data, replies: Replies, gap: Measured, persona: Measured, between: Floats) -> list[Estimate]:
    """between: the covariance of both changes, personas and items among what varies."""
    most = persona.found.error * gap.found.error  # components of items are estimated apart
    between = np.clip(between, -most, most)
    plain = present(gap, _framing(data, replies, SHARE, "left"))
    found: list[Estimate] = []
    for i, one in enumerate(plain):
        ratio = None
        if one.low is not None and one.high is not None and not one.low <= 0 <= one.high:
            covariance = (float(persona.found.error[i] ** 2), float(between[i]), float(gap.found.error[i] ** 2))
            means = float(persona.found.mean[i]), float(gap.found.mean[i])
            ratio = fieller(*means, covariance, float(gap.found.df[i]), data.level)
        found += [_share(one, "left", ratio), _share(one, "right", _rest(ratio))]
    return found


def _rest(ratio: Ratio | None) -> Ratio | None:
    return None if ratio is None else Ratio(1 - ratio.value, 1 - ratio.high, 1 - ratio.low)


def _covariance(gap: Measured, persona: Measured) -> Floats:
    """Of the mean persona change and the mean gap change, between personas; baseline dialogues are in the gap alone."""
    n = gap.found.n
    one = gap.units["value"].to_numpy(np.float64) - gap.found.mean[gap.code]
    other = persona.units["value"].to_numpy(np.float64) - persona.found.mean[persona.code]
    products = np.bincount(gap.code, np.nan_to_num(one * other), len(n))
    return np.divide(products, n * (n - 1.0), out=np.full(len(n), np.nan), where=n > 1)


def _share(gap: Estimate, side: Side, ratio: Ratio | None) -> Estimate:
    value, low, high = (None, None, None) if ratio is None else (ratio.value, ratio.low, ratio.high)
    return msgspec.structs.replace(
        gap, analysis=SHARES, side=side, value=value, low=low, high=high, p=None, unit="share",
        scale=None, better="neither", lowest=None, highest=None,
        note=gap.note if ratio else joined(UNCLEAR, gap.note),
    )  # fmt: skip
