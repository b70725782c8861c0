"""How often a server answers the very same request differently: the noise under every number. Scores nothing."""

import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.estimating import joined
from longplay.analysis.frames import Frame
from longplay.records import REASONS, Contrast, Estimate, Place, Quantity
from longplay.stats import wilson

FLIPS = Quantity("flips")
WILSON = "share of repeats that differ; Wilson interval, repeats taken as independent"
SERVER = "this server, requests like these"
SOURCE = "answers"
_WHOLE = ["model", "script"]


def noise(data: Data) -> list[Estimate]:
    """Shares of answers that came back different when their request was sent again, for each model and script: at each
    checkpoint where some were, and over all. A repeat that several dialogues share counts once."""
    repeats = data.tables.repeats.drop_duplicates([*_WHOLE, "call", "again"])
    if repeats.empty:
        return []
    each, whole = (repeats.groupby(keys, observed=True) for keys in ([*_WHOLE, "checkpoint"], _WHOLE))
    at_each = [_share(data, some, one_place=True) for _, some in each]
    return [*at_each, *(_share(data, some, one_place=False) for _, some in whole)]


def _share(data: Data, repeats: Frame, *, one_place: bool) -> Estimate:
    """The share of these repeats that differ. What was not obtained is missing, never a flip."""
    reason = np.where(repeats["reason"] > 0, repeats["reason"], repeats["repeat_reason"])
    lost = {name: int(count) for code, name in enumerate(REASONS, 1) if (count := np.count_nonzero(reason == code))}
    n = int(np.count_nonzero(reason == 0))
    flips = int(np.count_nonzero((reason == 0) & (repeats["same"] == 0)))
    found = wilson(np.array([flips]), np.array([n]), data.level)
    value, low, high = (float(part[0]) if n else None for part in (found.share, found.low, found.high))
    span = int(repeats["checkpoint"].min()), int(repeats["checkpoint"].max())
    return Estimate(
        analysis="noise",
        quantity=FLIPS,
        source=SOURCE,
        of=Contrast(Place(repeats["model"].iloc[0], repeats["script"].iloc[0], "anyone")),
        repeated="sent",
        target=SERVER,
        method=WILSON,
        value=value,
        low=low,
        high=high,
        position=span[0] if one_place else None,
        span=None if one_place else span,
        level=data.level,
        unit="share",
        better="lower",
        scale=(0.0, 1.0),
        n=n,
        clusters=n,
        missing=sum(lost.values()),
        reasons=lost,
        note=joined("" if n else "no repeat was obtained", data.remark),
    )
