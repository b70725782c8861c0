"""Section: the noise floor: replies that differ when asked again, what repeats vary, which effects lie below it."""

from collections.abc import Mapping

import msgspec
from markupsafe import Markup

from longplay.records import Estimate
from longplay.records.estimates import Repeated
from longplay.report.contrasts import KINDS
from longplay.report.naming import REPEATED, judged_by, quantity_title
from longplay.report.page import Page
from longplay.report.render import fill
from longplay.report.series import Series, SeriesKey, key_of, measures

REPEATS: Mapping[Repeated, str] = {
    "judged": "the same reply, judged once more by the same judge",
    "answered": "the same question after the same dialogue, answered and judged once more",
    "played": "another dialogue with the same persona, its answers and their judging with it",
}
EFFECTS = {
    "drift": "change",
    "early": "early change",
    "gap": "gap",
    "gap-drift": "change of the gap",
    **dict.fromkeys(KINDS, "contrast"),
}


class Row(msgspec.Struct, frozen=True):
    """One model on one script: flips at each checkpoint that was repeated, and over all. `asked`: the sampling."""

    series: Series
    asked: str

    @property
    def points(self) -> dict[int, Estimate]:
        """By checkpoint."""
        return {e.position or 0: e for e in self.series.points}

    @property
    def whole(self) -> Estimate:
        """Over all checkpoints."""
        return self.series.drift or self.series.points[-1]


class Part(msgspec.Struct, frozen=True):
    """What repeating varied in one measure of one condition: kind of repeat -> position -> estimate, None = pooled."""

    title: str
    key: SeriesKey
    kinds: dict[Repeated, dict[int | None, Estimate]]

    @property
    def pooled(self) -> dict[Repeated, Estimate]:
        """Over all positions, by kind of repeat."""
        return {kind: found[None] for kind, found in self.kinds.items() if None in found}

    @property
    def notes(self) -> list[str]:
        """What is said of the pooled ones."""
        return [e.said for e in self.pooled.values()]

    @property
    def placed(self) -> list[tuple[Repeated, int, Estimate]]:
        """At each position."""
        return [(kind, at, e) for kind, found in self.kinds.items() for at, e in found.items() if at is not None]


def render(page: Page) -> Markup:
    """One row a model and script; then the components, and the effects that are no larger than the floor."""
    rows = [Row(s, _asked(page, s.key.model)) for measure in measures(page, "noise") for s in measure.series]
    positions = sorted({at for row in rows for at in row.points})
    levels = sorted({e.level for row in rows for e in row.series.every})
    floored = [e for e in page.estimates if e.analysis in EFFECTS and e.floor is not None and e.replies == "all"]
    below = [e for e in floored if e.below_floor]
    return fill(
        "noise.html",
        page=page,
        rows=rows,
        positions=positions,
        levels=levels,
        flips=flips,
        parts=_parts(page),
        repeats=REPEATS,
        repeated=REPEATED,
        effects=EFFECTS,
        floored=sum(e.position is None for e in floored),
        below=[e for e in below if e.position is None],
        gaps_below=[e for e in below if e.position is not None],
    )


def _parts(page: Page) -> list[Part]:
    found: dict[SeriesKey, Part] = {}
    for e in page.estimates:
        if e.analysis == "noise-components":
            key = msgspec.structs.replace(key_of(e), repeated="")
            part = found.setdefault(key, Part(_title(page, e), key, {}))
            part.kinds.setdefault(e.repeated, {})[e.position] = e
    return list(found.values())


def _title(page: Page, e: Estimate) -> str:
    return quantity_title(e.quantity) + judged_by(e.judge, page.judges)


def flips(e: Estimate) -> int:
    """How many repeats differ: the count behind a share."""
    return round((e.value or 0.0) * e.n)


def _asked(page: Page, title: str) -> str:
    """How answers of a model were sampled."""
    spec = next((model for model in page.study.models if model.title == title), None)
    if spec is None:
        return ""
    temperature = None if "temperature" in spec.not_settable else spec.probe_sampling.temperature
    seed = "no seed" if "seed" in spec.not_settable else "a seed"
    return f"{'no temperature' if temperature is None else f'temperature {temperature:g}'} and {seed} sent"
