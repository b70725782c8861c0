"""What is said of a change in a word, and what that rests on. Computes nothing, knows no words of the page."""

from typing import Literal

import msgspec

Tag = Literal[
    "clear-loss", "loss-unclear", "small-loss", "loss", "no-change", "untold",
    "gain", "small-gain", "gain-unclear", "clear-gain", "no-interval", "no-number",
]  # fmt: skip


class Finding(msgspec.Struct, frozen=True):
    """What a card says of a change. Losses and gains are in the direction that users want.

    `margin`: the declared one, in the measure's units. `basis`: the change itself; where its two ends differ in their
    questions, the gap's, persona minus baseline, or, of one dialogue told by itself, that of the answers to the items
    of a probe (`probe` says which, `target` what for). `value`: of the basis; `low`, `high`:
    its interval, which holds together with those of all `cards` on the page; `all_low`, `all_high`: the same for what
    all scores that were due would have given, whatever the missing ones are. `p`: of no change, corrected likewise.
    `open`: what the tag leaves open: `questions` (the ends differ in them, and no baseline was asked the same),
    `missing` (the missing scores could turn `without`, which the others say). `smallest`: the smallest change that
    studies like this one find in 4 of 5 cases. `tip_first`, `tip_last`: what the missing scores at the first and at the
    last position would have to average to turn `without`; None where none is missing there, or none could. `lost`: the
    share of due scores that are missing at that end where most are.
    """

    tag: Tag
    basis: Literal["change", "gap", "answers"] = "change"
    value: float | None = None
    low: float | None = None
    high: float | None = None
    all_low: float | None = None
    all_high: float | None = None
    p: float | None = None
    margin: float | None = None
    smallest: float | None = None
    cards: int = 1
    open: Literal["", "questions", "missing"] = ""
    without: Tag | None = None
    tip_first: float | None = None
    tip_last: float | None = None
    lost: float = 0.0
    probe: str = ""
    target: str = ""


class Step(msgspec.Struct, frozen=True):
    """The cheapest way for a study to see a change: so many `more` of one thing, and what they take beyond what the
    study takes; None where that is not known. `power`: of finding `change`, as `longplay power` has it.
    """

    what: Literal["draws", "orders", "personas", "items", "baseline draws"]
    more: int
    change: float
    power: float
    calls: int | None = None
    tokens: int | None = None
    cost: float | None = None


class NoStep(msgspec.Struct, frozen=True):
    """Why no next step can be given, as a sentence that goes on after a colon."""

    why: str


class PValues(msgspec.Struct, frozen=True):
    """How many tests of no effect were made; how many of them are corrected for each other, in how many families; how
    many stand alone in their family, which corrects nothing."""

    made: int
    corrected: int
    families: int
    alone: int
