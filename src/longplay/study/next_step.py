"""What a run needs more of to see a change: the cheapest step from the size it has. Sends nothing, prints nothing."""

from collections.abc import Iterator
from typing import Literal, TypeVar

import msgspec

from longplay.analysis import Data
from longplay.analysis.design import Pilot, Sized, default_change, pilot, powers
from longplay.analysis.pilots import Place
from longplay.experiment import Experiment
from longplay.experiment.resizing import most_orders
from longplay.stats import Design
from longplay.study.power import costed

MORE = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)
_Amount = TypeVar("_Amount", int, float)
What = Literal["draws", "orders", "personas", "items", "baseline draws"]


class Step(msgspec.Struct, frozen=True):
    """So many `more` of one thing than the run has, and the design that this makes; it sees a `change`.

    `power`: at the spread that the run shows, `cautious`: at the spread that it allows (see `stats.Power`). `calls`,
    `tokens`, `cost`: beyond those of the run as planned; None where they are not known.
    """

    what: What
    more: int
    change: float
    design: Design
    power: float
    cautious: float
    calls: int | None
    tokens: int | None
    cost: float | None


def cheapest_step(
    prepared: Data,
    experiment: Experiment,
    metric: str,
    change: float | None = None,
    where: Place | None = None,
    wanted: float = 0.8,
    seed: int | None = None,
    level: float | None = None,
) -> Step | None:
    """The cheapest of: more draws, more orders, more personas, more items, of a gap more draws of the baseline, each
    alone, with which a study reaches the power `wanted` for `change` (see `stats.Power`); None where none of them does.

    `metric`: as the study's file names it. `change`: None = the study's margin, or a tenth of the scale; where the run
    as it is finds that, the change that it shows. `level`: of the interval that is to exclude 0, corrected for what it
    stands beside; None = the study's, with its families. Raises AnalysisError where the run cannot serve as a pilot
    (see `analysis.design.pilot`).
    """
    found = pilot(prepared, metric, where or Place())
    if level is not None:
        found = msgspec.structs.replace(found, tests=1)
    seed = prepared.tables.study.seed if seed is None else seed
    level = prepared.level if level is None else level
    aim = _aim(prepared, found, level, seed, wanted) if change is None else change
    return step_of(found, experiment, aim, wanted, seed, level)


def step_of(found: Pilot, experiment: Experiment, aim: float, wanted: float, seed: int, level: float) -> Step | None:
    """The cheapest step of a run that is this pilot; see `cheapest_step`."""
    tried = list(_tried(found, most_orders(experiment)))
    sized = zip(tried, powers(found, [one for _, _, one in tried], aim, level, seed), strict=True)
    least: dict[What, tuple[int, Sized]] = {}
    for (what, more, _), one in sized:
        if one.power.reaches(wanted):
            least.setdefault(what, (more, one))
    for more in MORE if found.baseline is not None else ():
        (one,) = powers(found, [found.design], aim, level, seed, more)
        if one.power.reaches(wanted):
            least.setdefault("baseline draws", (more, one))
    points = experiment.study.checkpoints
    own = costed(experiment, found, powers(found, [found.design], aim, level, 0)[0], points)
    steps: list[Step] = []
    for what, (more, one) in least.items():
        whole = costed(experiment, found, one, points, more if what == "baseline draws" else 0)
        step = Step(
            what, more, aim, one.design, one.power.power, one.power.cautious,
            calls=_beyond(whole.calls, own.calls), tokens=_beyond(whole.tokens, own.tokens),
            cost=_beyond(whole.cost, own.cost),
        )  # fmt: skip
        steps.append(step)
    return min(steps, key=_price, default=None)


def _aim(prepared: Data, found: Pilot, level: float, seed: int, wanted: float) -> float:
    """What the step is for: a run that finds what matters and cannot tell has seen less than that."""
    aim, _ = default_change(prepared, found)
    (own,) = powers(found, [found.design], aim, level, seed)
    return min(aim, abs(found.change)) if own.power.reaches(wanted) and found.change else aim


def _tried(found: Pilot, most: int | None) -> Iterator[tuple[What, int, Design]]:
    """Designs with more of one thing, fewest first."""
    own = found.design
    kinds: tuple[What, ...] = ("draws", "orders", "personas", *(("items",) if found.items else ()))
    for what in kinds:
        for more in MORE:
            design = msgspec.structs.replace(own, **{what: getattr(own, what) + more})
            if most is None or design.orders <= max(most, own.orders):
                yield what, more, design


def _beyond(whole: _Amount | None, own: _Amount | None) -> _Amount | None:
    return None if whole is None or own is None else whole - own


def _price(step: Step) -> tuple[float, float, int]:
    design = step.design
    of_baseline = step.more if step.what == "baseline draws" else 0
    work = (design.personas * design.draws + of_baseline) * design.orders * design.items
    return step.cost or 0.0, step.tokens or work, step.more
