"""Word patterns that tell persona answers from baseline answers, and all that was estimated of wording. Values only."""

from typing import Literal

import msgspec

from longplay.records.estimates import Estimate
from longplay.records.places import Setting

Toward = Literal["persona", "baseline"]


class WordPattern(msgspec.Struct, frozen=True):
    """A pattern that was mined from answers of one persona and of the baseline to one probe.

    `toward`: who says it more. `mined_at`: the checkpoint it was mined at; `share`, `baseline_share`: of the `n`
    answers a side that it was mined from, which have it; `log_odds` and `z`: shrunk towards what both say; `p`:
    Fisher's; `q`: least false discovery rate, None from a miner that has none. `first` to `baseline_last`: share of the
    other half's answers that have it, at the first and the last checkpoint; None where there are none. `setting`: how
    the dialogues were played and asked. `words` are untrusted text.
    """

    model: str
    script: str
    setting: Setting
    persona: str
    probe: str
    toward: Toward
    mined_at: int
    words: str
    share: float
    baseline_share: float
    n: int
    log_odds: float
    z: float
    p: float
    q: float | None
    first: float | None
    last: float | None
    baseline_first: float | None
    baseline_last: float | None


class Wording(msgspec.Struct, frozen=True):
    """What one analysis of wording found. `seed`: of the halves that are mined and counted."""

    miner: str
    seed: int
    estimates: tuple[Estimate, ...]
    patterns: tuple[WordPattern, ...]
