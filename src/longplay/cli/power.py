"""`longplay power`: how large a study must be, from the variance in a pilot run, and what it costs. Sends nothing."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from longplay.analysis.pilots import Looked, Place
from longplay.analysis.quantities import scale_of
from longplay.cli.host_approval import AllowCode
from longplay.cli.terminal import data, json_data, table, talk
from longplay.report.naming import quantity_title
from longplay.study.plugging import allowing
from longplay.study.power import Answer, Costed
from longplay.study.power import power as sized
from longplay.study.text_format import count, money

COLUMNS = (
    *("personas", "orders", "draws", "items", "checkpoints", "power", "+-", "cautious", "half width"),
    *("calls", "tokens", "cost", ""),
)


_LOOKED = {
    "drift": "change",
    "gap-drift": "change of the gap to the baseline",
    "script": "change minus that under {against}",
    "model": "change minus that of {against}",
}


@dataclass(frozen=True)
class Where:
    """Which change is planned for; None = the first that there is."""

    source: Annotated[str | None, Parameter(help="The probe, or rounds.")] = None
    model: Annotated[str | None, Parameter(help="The model's name or label.")] = None
    script: Annotated[str | None, Parameter(help="The script.")] = None
    contrast: Annotated[Looked, Parameter(help="Of personas, of their gap to the baseline, of scripts or models.")] = (
        "drift"
    )
    against: Annotated[str | None, Parameter(help="The script or model that is taken away.")] = None


def power(
    run: Path,
    /,
    *,
    metric: str | None = None,
    change: float | None = None,
    wanted: Annotated[float, Parameter(name="--power")] = 0.8,
    seed: int | None = None,
    allow_code: AllowCode = (),
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
        The share of studies that are to see it.
    seed
        Seed of the simulation; the study's when left out.
    as_json
        Print JSON.
    """
    place = where or Where()
    with allowing(allow_code):
        found, simulated = sized(run, metric, change, wanted, seed, _place(place))
    if as_json:
        json_data(found)
    else:
        _tell(found, simulated=simulated)
    return 0


def _place(where: Where) -> Place:
    return Place(where.source, where.model, where.script, where.contrast, where.against)


def _tell(found: Answer, *, simulated: bool) -> None:
    if simulated:
        talk("SIMULATED: the pilot's numbers come from simulated models.")
    one, unit = found.pilot, scale_of(found.pilot.quantity).unit
    first, last = one.span
    where = ", ".join((quantity_title(one.quantity), one.source, one.model, one.script))
    by = f", judged by {found.judged_by}" if found.judged_by else ""
    what = _LOOKED[one.contrast].format(against=one.against)
    data(f"{where}{by}: {what} from {first} to {last}.")
    data(
        f"Planned for a change of {found.change:g} ({found.change_from}; {unit}); the pilot's own is {one.change:.3g}."
    )
    if found.detectable is not None:
        data(f"A study like the pilot sees a change of {found.detectable:.3g} or more with power {found.wanted:g}.")
    parts = [
        f"{name} {'-' if part.within else f'{math.sqrt(part.variance):.3g}'}"
        for name, part in one.components.parts.items()
    ]
    data(f"Standard deviations in a change, from {one.components.personas} personas: {', '.join(parts)}.")
    data("")
    table(COLUMNS, [_row(row) for row in found.designs], left=0)
    data("")
    interval = f"{100 * found.level:g} % interval"
    seen = f"{interval} excludes 0" if one.tests == 1 else f"change holds as one of {one.tests} tests"
    data(f"power: share of studies whose {seen}, with other personas and items; seed {found.seed}.")
    data(
        "cautious: the same if the pilot's spread is too small by what 5 % of pilots are. Designs have a power of "
        f"{found.wanted:g} and a cautious one of {found.wanted_cautious:g} or more."
    )
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
