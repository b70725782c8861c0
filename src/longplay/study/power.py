"""How large a study must be, from the variance in a pilot run, and what it costs. Sends nothing, prints nothing."""

import math
from collections.abc import Sequence
from pathlib import Path

import msgspec

from longplay.analysis import Data, prepare, read_tables
from longplay.analysis.design import (
    ORDERS,
    PERSONAS,
    Pilot,
    Sized,
    default_change,
    grid,
    least_seen,
    pilot,
    powers,
    smallest,
)
from longplay.analysis.pilots import Place
from longplay.experiment import Experiment, plan
from longplay.experiment.resizing import Size, most_orders, resized
from longplay.stats import FEWEST_CLUSTERS, PROMISING, Design, Power, caution, least_cautious
from longplay.store import Reader
from longplay.study.recorded_experiment import RunError, recorded
from longplay.study.text_format import counted

ENDS = 2
BRINGS = {
    "items": "more items",
    "orders": "more orders",
    "draws": "more draws",
    "rest": "more answers a dialogue",
}


class Costed(msgspec.Struct, frozen=True):
    """A design with its power and what its study takes; None where that is not known."""

    design: Design
    checkpoints: int
    power: float
    power_error: float
    cautious: float
    half_width: float | None
    calls: int | None
    tokens: int | None
    cost: float | None
    cheapest: bool = False
    pilot: bool = False


class Answer(msgspec.Struct, frozen=True):
    """What a study needs, and from what that was found. `judged_by`: the pilot's judge, where there are several.
    `detectable`: the least change that a study like the pilot sees with the power that is `wanted`. `wanted_cautious`:
    what the cautious power of a design must reach besides."""

    pilot: Pilot
    change: float
    change_from: str
    level: float
    seed: int
    wanted: float
    designs: tuple[Costed, ...]
    notes: tuple[str, ...]
    judged_by: str = ""
    detectable: float | None = None
    wanted_cautious: float = 0.0


def power(
    run: Path,
    metric: str | None = None,
    change: float | None = None,
    wanted: float = 0.8,
    seed: int | None = None,
    where: Place | None = None,
) -> tuple[Answer, bool]:
    """The designs that see a change with this power, and whether the pilot is simulated. `where`: which change; None =
    the first that there is. Raises RunError, AnalysisError."""
    if not 0 < wanted < 1:
        raise RunError(f"--power {wanted:g} is no share of studies; give one between 0 and 1, such as 0.8.")
    if change is not None and (change == 0 or not math.isfinite(change)):
        raise RunError(f"--change {change:g} is nothing to see; give a change in the metric's units.")
    if seed is not None and seed < 0:
        raise RunError(f"--seed {seed} is below 0.")
    with Reader.open(run) as reader:
        experiment = recorded(reader)  # first: it brings the metrics of plug-ins
        prepared = prepare(read_tables(reader), changed_after_data=False)
    found = _answer(prepared, experiment, (metric, change, wanted, seed), where or Place())
    return found, experiment.study.simulated


def _answer(
    prepared: Data,
    experiment: Experiment,
    asked: tuple[str | None, float | None, float, int | None],
    where: Place,
) -> Answer:
    metric, change, wanted, seed = asked
    study = prepared.tables.study
    found = pilot(prepared, metric or study.analysis.primary[0], where)
    aim, source = (change, "as asked for") if change is not None else default_change(prepared, found)
    seed = study.seed if seed is None else seed
    sized = powers(found, grid(found, most_orders(experiment)), aim, prepared.level, seed)
    enough = smallest(sized, wanted)
    every = [costed(experiment, found, one, points) for one in enough for points in _checkpoints(experiment, found)]
    own = msgspec.structs.replace(costed(experiment, found, sized[0], study.checkpoints), pilot=True)
    shown = _shown([own, *every])
    judged_by = found.judge if len(study.judges) > 1 else ""
    least = least_seen(found, prepared.level, seed, wanted)
    notes = (*_untold(found), *_too_small(experiment, found, own), *_beside(found, experiment, enough=bool(enough)))
    low = least_cautious(wanted)
    return Answer(found, aim, source, prepared.level, seed, wanted, shown, notes, judged_by, least, low)


def _checkpoints(experiment: Experiment, found: Pilot) -> list[tuple[int, ...]]:
    """Those of the pilot, and its first and last alone; rounds need theirs, which are the ends of blocks."""
    every = experiment.study.checkpoints
    return [every] if not found.items or len(every) <= ENDS else [found.span, every]


def costed(
    experiment: Experiment, found: Pilot, one: Sized, checkpoints: tuple[int, ...], more_baseline: int = 0
) -> Costed:
    """A design with its power, and what its study takes at these checkpoints, and with so many more draws of the
    baseline's dialogues."""
    calls = tokens = cost = None
    if experiment.imported is None:
        design = one.design
        items = design.items if found.items else None
        size = Size(design.personas, design.orders, design.draws, checkpoints, found.source, items, more_baseline)
        lines = plan(resized(experiment, size)).lines
        calls = sum(line.calls for line in lines)
        tokens = sum(line.prompt + line.completion for line in lines)
        costs = [line.cost for line in lines if line.cost is not None]
        cost = sum(costs) if len(costs) == len(lines) else None
    half = one.power.half if math.isfinite(one.power.half) else None
    share = one.power
    return Costed(one.design, len(checkpoints), share.power, share.error, share.cautious, half, calls, tokens, cost)


def _price(one: Costed) -> tuple[float, int, int]:
    """What designs are compared by: cost where all have prices, then tokens; else by how much there is to do."""
    design = one.design
    work = design.personas * design.orders * design.draws * design.items * one.checkpoints
    return one.cost if one.cost is not None else 0.0, one.tokens or work, one.calls or work


def _shown(costed: Sequence[Costed]) -> tuple[Costed, ...]:
    """The pilot's own; of each number of personas and checkpoints the cheapest; the cheapest of all marked."""
    best: dict[tuple[int, int], Costed] = {}
    for one in sorted((one for one in costed if not one.pilot), key=_price):
        best.setdefault((one.design.personas, one.checkpoints), one)
    cheapest = min(best.values(), key=_price, default=None)
    rows = sorted(best.values(), key=lambda one: (one.design.personas, one.checkpoints))
    marked = (msgspec.structs.replace(one, cheapest=one is cheapest) for one in rows)
    return (*(one for one in costed if one.pilot), *marked)


def _untold(found: Pilot) -> list[str]:
    """Components that the pilot cannot tell, and what that does to the answer."""
    said: list[str] = []
    for name, brings in BRINGS.items():
        within = found.components.parts[name].within
        if within is None or (name in ("items", "rest") and not found.items):
            continue
        said.append(
            f"{name}: the pilot cannot tell their variance from that of {within}, so it is taken as 0 and counted "
            f"there; {brings} then seem to help less than they may, and no design is told too small for it."
        )
    bounded = found.components.parts["items of all"]
    if found.items and bounded.within is None and bounded.units < FEWEST_CLUSTERS:
        said.append(
            f"{counted(bounded.units, 'item')} cannot tell how far other items would move the mean, so no caution is "
            f"taken for that; a pilot of {FEWEST_CLUSTERS} or more can."
        )
    return said


def _too_small(experiment: Experiment, found: Pilot, own: Costed) -> list[str]:
    """Of a pilot of few personas: what its caution costs, and what a pilot would take that is large enough."""
    personas = found.components.personas
    if personas >= PROMISING:
        return []
    said = (
        f"{personas} personas are too few to promise a power at a fair price. They tell so little of how personas "
        f"differ that a safe design can cost {caution(personas):.1f} times the least one that would do; from a pilot "
        f"of {PROMISING} it is about {caution(PROMISING):.0f} times."
    )
    if experiment.imported is not None:
        return [said]
    larger = Sized(msgspec.structs.replace(found.design, personas=PROMISING), Power(0.0, 0.0, 0.0, 0.0))
    whole = costed(experiment, found, larger, experiment.study.checkpoints)
    more = "" if whole.calls is None or own.calls is None else f" ({counted(whole.calls - own.calls, 'more call')})"
    return [f"{said} Play the pilot with {PROMISING} personas{more} and ask again."]


def _beside(found: Pilot, experiment: Experiment, *, enough: bool) -> list[str]:
    said: list[str] = []
    if found.tests > 1:
        said.append(
            f"the study corrects {found.tests} tests together, so a design must see the change at 1/{found.tests} of "
            "alpha; a family of its own ([analysis] families) needs less."
        )
    if found.shared > 0:
        said.append("the baseline is taken to be as long and as often played and asked as the pilot's.")
    most, tried = most_orders(experiment), max(ORDERS)
    if most is not None and most < tried:
        said.append(f"the study's scripts have no more than {counted(most, 'order')}; designs with more are left out.")
    if not enough:
        said.append(
            f"no design of up to {PERSONAS[-1]} personas reaches that power; give a larger --change or a lower --power."
        )
    if found.items and len(experiment.study.checkpoints) > ENDS:
        said.append("a change from first to last needs two checkpoints; those between show the way there.")
    if not found.items:
        said.append("blocks of rounds differ in their questions too: what that adds over orders counts as orders.")
    if experiment.imported is not None:
        said.append("imported dialogues cannot be played in another number, so there is no cost.")
    return said
