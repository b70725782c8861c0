"""Finds estimates: which belong to one curve, its drift over the dialogue, its start and end. Computes nothing."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from longplay.judging.metric import COMPOSITE
from longplay.judging.quantities import COMPOSED_OF, COMPOSITES, REFUSAL, TRAIT, spelled
from longplay.records import ROUNDS, Contrast, Estimate, Quantity
from longplay.records.estimates import Repeated, Side
from longplay.report import naming
from longplay.report.page import Page

Kind = Literal["level", "gap", "lost", "noise", "part", "beside"]
# What makes up the series of a figure; what other analyses found stands beside, found by its analysis.
IN_SERIES = frozenset(("curves", "drift", "gap", "gap-drift", "trait-distance", "missing", "noise"))
PARTS = "refusal-kinds"


class SeriesKey(msgspec.Struct, frozen=True):
    """What one drawn line stands for; fields as in Estimate."""

    source: str
    quantity: Quantity
    judge: str
    of: Contrast
    side: Side = ""
    repeated: Repeated = ""

    @property
    def model(self) -> str:
        """In words."""
        return naming.model(self.of)

    @property
    def script(self) -> str:
        """In words."""
        return naming.script(self.of)

    @property
    def condition(self) -> str:
        """In words."""
        return naming.condition(self)

    @property
    def speakers(self) -> str:
        """In words, without the version and policies, which are those of its panel."""
        return naming.speakers(self)


class Series(msgspec.Struct, frozen=True):
    """The estimates of one key: `points` by increasing position, `drift` over the dialogue where it was estimated."""

    key: SeriesKey
    points: tuple[Estimate, ...]
    drift: Estimate | None = None

    @property
    def sample(self) -> Estimate:
        """Any one of them, for what all of them share: title, unit, scale, direction."""
        return self.points[0] if self.points else self.every[0]

    @property
    def every(self) -> tuple[Estimate, ...]:
        """Points, then the drift."""
        return (*self.points, self.drift) if self.drift else self.points

    @property
    def start(self) -> Estimate | None:
        """The point from which the drift counts, else the first."""
        return self._at(0)

    @property
    def end(self) -> Estimate | None:
        """The point to which the drift counts, else the last."""
        return self._at(-1)

    def _at(self, edge: Literal[0, -1]) -> Estimate | None:
        wanted = self.drift.span[edge] if self.drift and self.drift.span else None
        return next((e for e in self.points if e.position == wanted), self.points[edge] if self.points else None)

    @property
    def strong(self) -> bool:
        """Whether a persona speaks: drawn with full lines and filled marks."""
        return not self.key.of.left.nobodys and self.key.side != "right"


class Measure(msgspec.Struct, frozen=True):
    """One quantity of one source, as one judge scored it, with all its series: what one figure shows."""

    source: str
    quantity: Quantity
    judge: str
    title: str
    series: tuple[Series, ...]

    @property
    def sample(self) -> Estimate:
        """Any one estimate, for what all of them share."""
        return self.series[0].sample

    @property
    def estimates(self) -> list[Estimate]:
        """Every number of it, for a table."""
        return [e for s in self.series for e in s.every]

    @property
    def drawn(self) -> bool:
        """Whether it has a figure: where users want one direction. The rest stands in tables."""
        return self.sample.better != "neither"


def kind(estimate: Estimate) -> Kind:
    """A count of what was not obtained, the share of equal requests that came back different, a difference between
    conditions, the level of one condition, any of these over the items of one type or focus alone, or what stands
    beside them."""
    if estimate.analysis == PARTS:
        return "part"
    if estimate.analysis not in IN_SERIES:
        return "beside"
    if estimate.analysis == "noise":
        return "noise"
    if estimate.analysis == "missing" and estimate.quantity.part.measure != "blocked":
        return "lost"
    return "gap" if estimate.of.difference else "level"


def key_of(e: Estimate) -> SeriesKey:
    """What an estimate is of."""
    return SeriesKey(e.source, e.quantity, e.judge, e.of, e.side, e.repeated)


def beside(page: Page, analysis: str) -> dict[SeriesKey, Estimate]:
    """What an analysis found of each series over the whole dialogue, from all replies."""
    return {key_of(e): e for e in page.estimates if e.analysis == analysis and _whole(e)}


def _whole(e: Estimate) -> bool:
    return e.position is None and e.replies == "all"


def in_role(quantity: Quantity) -> bool:
    """Whether it tells that a speaker stays in role: fidelity and what it is made of, in any form."""
    return quantity.metric in (COMPOSITE, *COMPOSED_OF)


def leads(page: Page, quantity: Quantity) -> bool:
    """Whether it stands first in tables: fidelity and the primary ones, in our form and in the paper's."""
    return _rank(page, quantity) is not None or (quantity.form == "paper" and _rank(page, _ours(quantity)) is not None)


def is_trait_or_refusal(quantity: Quantity) -> bool:
    """Whether it describes what a speaker is like rather than how well it does."""
    return quantity.metric in (TRAIT, REFUSAL)


def _ours(quantity: Quantity) -> Quantity:
    return msgspec.structs.replace(quantity, form="ours")


def _rank(page: Page, quantity: Quantity) -> int | None:
    """The place of a quantity among fidelity and the study's primary ones."""
    names = (COMPOSITE, *page.study.analysis.primary)
    return names.index(name) if (name := spelled(quantity)) in names else None


def measures(page: Page, of: Kind = "level", replies: str = "all") -> list[Measure]:
    """Every metric of every source: probes before rounds, primary metrics first; models and scripts in study order.

    What several judges say of one metric stands together.
    """
    return _measures(page, [e for e in page.estimates if kind(e) == of and e.replies == replies])


def measures_of(page: Page, analysis: str) -> list[Measure]:
    """The same of what one analysis made, from all replies."""
    return _measures(page, [e for e in page.estimates if e.analysis == analysis and e.replies == "all"])


def _measures(page: Page, estimates: Iterable[Estimate]) -> list[Measure]:
    found: dict[SeriesKey, list[Estimate]] = {}
    for e in estimates:
        found.setdefault(key_of(e), []).append(e)
    groups: dict[tuple[str, Quantity, str], list[Series]] = {}
    for key, same in found.items():
        groups.setdefault((key.source, key.quantity, key.judge), []).append(_series(key, same))
    judges = [judge.title for judge in page.study.judges]
    found_at: dict[tuple[str, Quantity], int] = {}
    for source, quantity, _ in groups:
        found_at.setdefault((source, quantity), len(found_at))

    def rank(group: tuple[str, Quantity, str]) -> tuple[object, ...]:
        source, quantity, judge = group
        by = judges.index(judge) if judge in judges else 0
        return source == ROUNDS, _first(page, quantity), found_at[source, quantity], by

    return [
        Measure(*group, naming.title(groups[group][0].sample, page.judges), tuple(_ordered(page, groups[group])))
        for group in sorted(groups, key=rank)
    ]


def _first(page: Page, quantity: Quantity) -> tuple[int, str]:
    """Fidelity before the primary quantities, those before the rest."""
    if quantity in COMPOSITES:
        return (-1, quantity.form)
    rank = _rank(page, quantity)
    return (len(page.study.analysis.primary) + 1 if rank is None else rank, "")


def by_model(every: Iterable[Series]) -> dict[str, list[Series]]:
    """Model title -> its series, in order."""
    found: dict[str, list[Series]] = {}
    for s in every:
        found.setdefault(s.key.model, []).append(s)
    return found


def scripts(page: Page) -> tuple[str, ...]:
    """Names of all scripts: the study's, then any other that an estimate names."""
    named = (naming.script(e.of) for e in page.estimates if kind(e) != "beside")
    return tuple(dict.fromkeys((*page.study.dialogues.scripts, *named)))


def _series(key: SeriesKey, estimates: list[Estimate]) -> Series:
    points: dict[int, Estimate] = {}
    for e in estimates:
        if e.position is not None:
            points.setdefault(e.position, e)
    drift = next((e for e in estimates if e.position is None), None)
    return Series(key, tuple(points[position] for position in sorted(points)), drift)


def _ordered(page: Page, every: list[Series]) -> list[Series]:
    models = tuple(model.title for model in page.study.models)

    def rank(s: Series) -> tuple[object, ...]:
        by_script = _place(page.study.dialogues.scripts, s.key.script)
        return _place(models, s.key.model), by_script, not s.strong, s.key.condition, s.key.judge

    return sorted(every, key=rank)


def _place(names: tuple[str, ...], name: str) -> tuple[int, str]:
    return (names.index(name), "") if name in names else (len(names), "")
