"""A number that may be shown: with its target, interval, n, missing and method. Computes nothing."""

from typing import Literal

import msgspec

from longplay.records.findings import Finding
from longplay.records.places import Contrast, Place
from longplay.records.quantities import Quantity

Direction = Literal["higher", "lower", "neither"]
Beyond = Literal["", "below", "above", "never", "refuted"]
Side = Literal["", "left", "right"]
# the same reply judged once more; the same item answered, or the dialogue played once more; equal bytes sent once more
Repeated = Literal["", "judged", "answered", "played", "sent"]


class Estimate(msgspec.Struct, frozen=True):
    """One estimated quantity of one analysis. What it is of are values; the words for them are made in report.

    `source`: `rounds`, or the probe whose answers were scored. `of`: the place, or the two that are compared. `judge`:
    who gave the scores, empty where nobody did. `against`: the other quantity of a correlation. `side`: the part that
    one side of `of` has in its change. `repeated`: what was done again, of components of noise and of equal requests.
    `position`: checkpoint (answers) or last round of the block (rounds); None for contrasts over the dialogue, whose
    two positions stand in `span`. `target`: what the interval is about. `value`, `low`, `high` in the metric's own
    units; None = cannot be given, `note` says why. `persona`: whose number it is, empty for means over personas.
    `lowest`, `highest`: worst-case bounds if every missing score were at an end of `scale`, the ends of the metric.
    They are over all that was asked, so that a contrast, which is over complete pairs, can lie outside. `n` counts
    scores, `clusters` the units the interval rests on, `cluster` what one of them is, `missing` the scores not
    obtained (of both sides of a contrast), `reasons` the same by reason (not for contrasts), `flagged` the scores
    among `n` whose reply was flagged (see Round). `replies`: all, or without the flagged ones. `joint_low`,
    `joint_high`: a band that holds at all positions of the curve together at `level`. `new_low`, `new_high`: where
    a further persona like these would lie, at `level`, if personas vary as a normal distribution does. `any_low`,
    `any_high`: the interval of `value` however personas vary on the scale, with all that so few can hide. `p`:
    two-sided, of no effect; `p_adjusted`: the same after Holm's correction over the declared `family`. Of
    equivalence `p` is that of a gap at the margin or past it, `p_adjusted` the greatest from there to the last
    checkpoint. `seed`: of what was simulated for this estimate.
    `floor`: half the width of the interval that this effect would have if nothing but asking and judging again varied,
    `floor_low`, `floor_high` its own interval; None where nothing was repeated. `floor_times`: how often the floor goes
    into the effect; only where `floor_low` is above 0. `reach`: of a time, the least and the greatest that the
    positions can tell; with one, `low` None means that the interval goes on below the least, `high` None that it goes
    on above the greatest. `beyond`: on which side of it the time itself lies, which then has no `value`; `never`: there
    is no change to time; `refuted`: the measurements depart from the shape that would time it. `warning`: why the
    number may be no finding, such as missing scores that changed.
    `family_size`: how many tests the family has. `error`, `df`: standard error of `value` and its degrees of freedom;
    `lowest_error`, `highest_error`: of `lowest` and `highest`. `all_low`, `all_high`: an interval, at `level`, for what
    all that was due would have given, whatever the missing scores are (Imbens & Manski). `first`, `last`: of a change,
    the means at both ends over just what it compares. `confounded`: of a change, that its two ends differ in their
    questions too.
    """

    analysis: str
    quantity: Quantity
    source: str
    of: Contrast
    target: str
    method: str
    value: float | None
    low: float | None = None
    high: float | None = None
    judge: str = ""
    persona: str = ""
    against: Quantity | None = None
    side: Side = ""
    repeated: Repeated = ""
    position: int | None = None
    span: tuple[int, int] | None = None
    level: float = 0.95
    unit: str = ""
    better: Direction = "neither"
    scale: tuple[float, float] | None = None
    n: int = 0
    clusters: int = 0
    cluster: str = "persona"
    missing: int = 0
    reasons: dict[str, int] = {}
    flagged: int = 0
    lowest: float | None = None
    highest: float | None = None
    replies: Literal["all", "unflagged"] = "all"
    joint_low: float | None = None
    joint_high: float | None = None
    new_low: float | None = None
    new_high: float | None = None
    any_low: float | None = None
    any_high: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    family: str = ""
    family_size: int = 0
    error: float | None = None
    df: float | None = None
    lowest_error: float | None = None
    highest_error: float | None = None
    all_low: float | None = None
    all_high: float | None = None
    first: float | None = None
    last: float | None = None
    confounded: bool = False
    floor: float | None = None
    floor_low: float | None = None
    floor_high: float | None = None
    floor_times: float | None = None
    reach: tuple[float, float] | None = None
    beyond: Beyond = ""
    seed: int | None = None
    warning: str = ""
    note: str = ""

    @property
    def said(self) -> str:
        """All that is to be said of it in one line: warning, then note."""
        return "; ".join(part for part in (f"warning: {self.warning}" if self.warning else "", self.note) if part)

    @property
    def place(self) -> Place:
        """The one place, or the left one of two."""
        return self.of.left

    @property
    def below_floor(self) -> bool:
        """Whether repeats alone could make an effect of this size; False where no floor is known, or it is 0."""
        return self.value is not None and self.floor is not None and 0 < self.floor >= abs(self.value)


class Headline(msgspec.Struct, frozen=True):
    """What a report says first of one model on one script: one measure at start and end, and its drift.

    The measure is that of `drift`: persona fidelity where it was judged. `baseline_end`: what the baseline scores at
    the end when judged against the same personas; None where not estimated. `others`: the same change for other targets
    than the drift's own; `each`: the change of each persona, the greatest loss first. `unseen`: how likely so many
    personas hold none of those that are one in ten of all; None for one. `dialogue`: of one dialogue told by itself,
    from which round on it is another, and its first broken round. `finding`: what is said of the drift.
    `wrong_end`: what the texts at the end score when they are judged as another persona.
    """

    model: str
    script: str
    start: Estimate
    end: Estimate
    drift: Estimate
    baseline_end: Estimate | None = None
    others: tuple[Estimate, ...] = ()
    each: tuple[Estimate, ...] = ()
    unseen: float | None = None
    dialogue: tuple[Estimate, ...] = ()
    finding: Finding = Finding("no-number")
    wrong_end: Estimate | None = None


class Measured(msgspec.Struct, frozen=True, order=True):
    """What was measured, where its scores come from, and who gave them."""

    source: str
    quantity: Quantity
    judge: str = ""


class TradeOff(msgspec.Struct, frozen=True):
    """Two quantities at one place and position, each the mean over personas.

    `across`, `up`: what x and y are; `outline`: corners of the region that holds both means together at `level`, empty
    where `note` says why. `n`: personas. `front`: whether no other model or policy is better in one and no worse in the
    other, by the means; None where there is nothing to compare with, or not at the last position. `beaten_by`: the
    others that are better in both by intervals of paired differences.
    """

    place: Place
    position: int
    across: Measured
    up: Measured
    x: float
    y: float
    outline: tuple[tuple[float, float], ...]
    n: int
    level: float
    front: bool | None = None
    beaten_by: tuple[Place, ...] = ()
    note: str = ""
