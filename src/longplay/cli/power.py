"""`longplay power`: how large a study must be, from the variance in a pilot run, and what it costs. Sends nothing."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import Parameter

from longplay.analysis import Data, prepare, read_tables
from longplay.analysis.design import (
    ORDERS,
    PERSONAS,
    Pilot,
    Place,
    Sized,
    default_change,
    grid,
    pilot,
    powers,
    smallest,
)
from longplay.analysis.quantities import scale_of
from longplay.cli.recorded import RunError, recorded
from longplay.cli.say import count, counted, data, json_data, money, table, talk
from longplay.pipeline import Experiment, plan
from longplay.pipeline.resizing import Size, most_orders, resized
from longplay.report.naming import quantity_title
from longplay.stats import Design
from longplay.store import Reader

COLUMNS = (
    *("personas", "orders", "draws", "items", "checkpoints", "power", "+-", "cautious", "half width"),
    *("calls", "tokens", "cost", ""),
)
ENDS = 2
BRINGS = {
    "items": "more items",
    "orders": "more orders",
    "draws": "more draws",
    "rest": "more answers a dialogue",
}


@dataclass(frozen=True)
class Where:
    """Which change is planned for; None = the first that there is."""

    source: Annotated[str | None, Parameter(help="The probe, or rounds.")] = None
    model: Annotated[str | None, Parameter(help="The model's name or label.")] = None
    script: Annotated[str | None, Parameter(help="The script.")] = None


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
    """All that the command says."""

    pilot: Pilot
    change: float
    change_from: str
    level: float
    seed: int
    wanted: float
    designs: tuple[Costed, ...]
    notes: tuple[str, ...]


def power(
    run: Path,
    /,
    *,
    metric: str | None = None,
    change: float | None = None,
    wanted: Annotated[float, Parameter(name="--power")] = 0.8,
    seed: int | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
    where: Annotated[Where | None, Parameter(name="*")] = None,
) -> int:
    """How many personas, orders, draws and items a study needs to see a change from first to last, and their cost.

    From the variance components of a pilot run, by simulation of the interval that drifts have (t over personas).

    Parameters
    ----------
    run
        The pilot's run folder.
    metric
        The quantity; the study's first primary one when left out.
    change
        The change to see, in its units; the study's margin or a tenth of the scale when left out.
    wanted
        How often a study is to see it.
    seed
        Of the simulation; the study's when left out.
    as_json
        Print JSON.
    """
    if not 0 < wanted < 1:
        raise RunError(f"--power {wanted:g} is no share of studies; give one between 0 and 1, such as 0.8.")
    if change is not None and (change == 0 or not math.isfinite(change)):
        raise RunError(f"--change {change:g} is nothing to see; give a change in the metric's units.")
    if seed is not None and seed < 0:
        raise RunError(f"--seed {seed} is below 0.")
    with Reader.open(run) as reader:
        prepared, experiment = prepare(read_tables(reader), changed_after_data=False), recorded(reader)
    found = _answer(prepared, experiment, (metric, change, wanted, seed), where or Where())
    if as_json:
        json_data(found)
    else:
        _tell(found, experiment)
    return 0


def _answer(
    prepared: Data,
    experiment: Experiment,
    asked: tuple[str | None, float | None, float, int | None],
    where: Where,
) -> Answer:
    metric, change, wanted, seed = asked
    study = prepared.tables.study
    found = pilot(prepared, metric or study.analysis.primary[0], Place(where.source, where.model, where.script))
    aim, source = (change, "as asked for") if change is not None else default_change(prepared, found)
    seed = study.seed if seed is None else seed
    sized = powers(found, grid(found, most_orders(experiment)), aim, prepared.level, seed)
    enough = smallest(sized, wanted)
    costed = [_costed(experiment, found, one, points) for one in enough for points in _checkpoints(experiment, found)]
    own = msgspec.structs.replace(_costed(experiment, found, sized[0], study.checkpoints), pilot=True)
    shown = _shown([own, *costed])
    notes = (*_untold(found), *_beside(found, experiment, enough=bool(enough)))
    return Answer(found, aim, source, prepared.level, seed, wanted, shown, notes)


def _checkpoints(experiment: Experiment, found: Pilot) -> list[tuple[int, ...]]:
    """Those of the pilot, and its first and last alone; rounds need theirs, which are the ends of blocks."""
    every = experiment.study.checkpoints
    return [every] if not found.items or len(every) <= ENDS else [found.span, every]


def _costed(experiment: Experiment, found: Pilot, one: Sized, checkpoints: tuple[int, ...]) -> Costed:
    calls = tokens = cost = None
    if experiment.imported is None:
        design = one.design
        items = design.items if found.items else None
        size = Size(design.personas, design.orders, design.draws, checkpoints, found.source, items)
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
    if found.components.personas < 8:
        said.append(
            f"{found.components.personas} personas tell little of how personas differ; look at the cautious power."
        )
    return said


def _beside(found: Pilot, experiment: Experiment, *, enough: bool) -> list[str]:
    said: list[str] = []
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


def _tell(found: Answer, experiment: Experiment) -> None:
    if experiment.study.simulated:
        talk("SIMULATED: the pilot's numbers come from simulated models.")
    one, unit = found.pilot, scale_of(found.pilot.quantity).unit
    first, last = one.span
    where = ", ".join((quantity_title(one.quantity), one.source, one.model, one.script))
    by = f", judged by {one.judge}" if len(experiment.study.judges) > 1 else ""
    data(f"{where}{by}: change from {first} to {last}.")
    data(
        f"Planned for a change of {found.change:g} ({found.change_from}; {unit}); the pilot's own is {one.change:.3g}."
    )
    parts = [
        f"{name} {'-' if part.within else f'{math.sqrt(part.variance):.3g}'}"
        for name, part in one.components.parts.items()
    ]
    data(f"Standard deviations in a change, from {one.components.personas} personas: {', '.join(parts)}.")
    data("")
    table(COLUMNS, [_row(row) for row in found.designs], left=0)
    data("")
    interval = f"{100 * found.level:g} % interval"
    data(f"power: share of studies whose {interval} excludes 0; wanted: {found.wanted:g}; seed {found.seed}.")
    data("cautious: the same if the pilot's spread is too small by what 20 % of pilots are.")
    for note in found.notes:
        data(f"Note: {note}")


def _row(one: Costed) -> list[str]:
    design = one.design
    numbers = (design.personas, design.orders, design.draws, design.items, one.checkpoints)
    shares = (f"{one.power:.3f}", f"{one.power_error:.3f}", f"{one.cautious:.3f}")
    half = "-" if one.half_width is None else f"{one.half_width:.3g}"
    amounts = ("-" if amount is None else count(amount) for amount in (one.calls, one.tokens))
    mark = "pilot" if one.pilot else "<- cheapest" if one.cheapest else ""
    return [*map(str, numbers), *shares, half, *amounts, money(one.cost), mark]
