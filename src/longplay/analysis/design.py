"""How large a study must be: the variance in a pilot's changes, and the power of designs. Knows no models, no cost."""

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from longplay.analysis.data import Data
from longplay.analysis.frames import Frame, equals
from longplay.analysis.items import PLACE, collapse
from longplay.analysis.pilots import Looked, OfBaseline, Place, changes_of, family_size, shared_by_all
from longplay.analysis.quantities import scale_of
from longplay.analysis.tables import AnalysisError
from longplay.judging.quantities import spelled
from longplay.records import ROUNDS, Estimate, Quantity, Setting
from longplay.records.places import own_setting
from longplay.stats import Aim, Changes, Components, Design, Power, components, detectable, power_of

PERSONAS = (4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128)
ORDERS = DRAWS = (1, 2, 4)
ITEMS = (0.5, 1.0, 2.0, 4.0)  # times the pilot's
NO_MARGIN = 0.1  # of the scale


class Pilot(msgspec.Struct, frozen=True):
    """Changes of one quantity in a run, from the first to the last position, and what they vary by.

    `judge`: who gave the scores, of several the study's first. `design`: the pilot's own; `items`: False where the
    source has none that a study could have more of (rounds). `contrast`, `against`: see `Place`. `tests`: how many Holm
    corrects together, this one included. `shared`: variance of the baseline's part of a gap, with its df; `baseline`:
    what it consists of.
    """

    quantity: Quantity
    source: str
    judge: str
    model: str
    script: str
    span: tuple[int, int]
    change: float
    design: Design
    components: Components
    items: bool
    contrast: Looked = "drift"
    against: str | None = None
    tests: int = 1
    shared: float = 0.0
    shared_df: float = 1.0
    baseline: OfBaseline | None = None


class Sized(msgspec.Struct, frozen=True):
    """A design and its power."""

    design: Design
    power: Power


def pilot(data: Data, name: str, place: Place) -> Pilot:
    """The variance components of changes, asked in the plain way where they were.

    `name`: of a quantity, as files have it. Raises AnalysisError where the run has no such changes, those of too few
    personas, or changes that are all the same.
    """
    rows, place = changes_of(data, place)
    rows = rows[(rows["speaker"] == "persona") & rows["value"].notna()]
    if rows.empty:
        raise AnalysisError(
            "the run cannot serve as a pilot: only changes of personas count, and it has none. It needs scores of "
            "personas at two checkpoints, or in early and late rounds."
        )
    rows = _of(rows, data.named.get(name), name)
    sources = sorted(map(str, rows["source"].unique()), key=lambda name: (name == ROUNDS, name))
    rows = _only(rows, "source", place.source or sources[0], "--source")
    rows = rows[rows["judge"] == _judge(data, rows)]
    rows = _only(rows, "model", place.model or _first(rows, "model"), "--model")
    rows = _only(rows, "script", place.script or _first(rows, "script"), "--script")
    rows = rows[equals(rows["setting"], _setting(data, rows))]
    source, judge, model, script = (str(rows[name].iloc[0]) for name in ("source", "judge", "model", "script"))
    changes = _changes(rows)
    try:
        found = components(changes)
    except ValueError as error:
        raise AnalysisError(f"the run cannot serve as a pilot of {name!r}: {error}") from None
    who = changes.persona
    design = Design(int(who.max()) + 1, _each(who, changes.order), _each(who, changes.draw), _each(who, changes.item))
    means = collapse(collapse(rows, [*PLACE, "item"]), PLACE)["value"].to_numpy()  # as a report has it
    span = data.spans[source, script]
    change, items = float(means.mean()), source != ROUNDS
    row: dict[str, object] = rows.iloc[0].to_dict()
    shared = shared_by_all(data, row) if place.contrast == "gap-drift" else (0.0, 1.0, None)
    here = (model, script)

    def like(e: Estimate) -> bool:
        return (e.quantity, e.source, (e.place.model, e.place.script)) == (row["quantity"], source, here)

    tests = family_size(data, like, place.contrast)
    return Pilot(
        data.named[name], source, judge, model, script, span, change, design, found, items,
        place.contrast, place.against, tests, *shared,
    )  # fmt: skip


def default_change(data: Data, found: Pilot) -> tuple[float, str]:
    """The change to plan for where none is named, and whence it is: never the pilot's own, which is too noisy."""
    margin = data.tables.study.analysis.margins.get(spelled(found.quantity))
    if margin is not None:
        return margin, "the study's margin"
    lowest, highest = scale_of(found.quantity).ends
    return NO_MARGIN * (highest - lowest), "a tenth of the scale"


def grid(found: Pilot, orders: int | None = None) -> list[Design]:
    """Designs to look at: the pilot's own first, then all others; none with more than `orders` orders."""
    own = found.design
    items = sorted({max(round(own.items * times), 1) for times in ITEMS}) if found.items else [own.items]
    every = [
        Design(personas, many_orders, draws, many)
        for personas in sorted({*PERSONAS, own.personas})
        for many_orders in sorted({*ORDERS, own.orders})
        if orders is None or many_orders <= orders
        for draws in sorted({*DRAWS, own.draws})
        for many in items
    ]
    return [own, *(design for design in every if design != own)]


def powers(
    found: Pilot, designs: Sequence[Design], change: float, level: float, seed: int, more_baseline: int = 0
) -> list[Sized]:
    """Every design with its power, simulated from one seed. `more_baseline`: draws of the baseline's dialogues beyond
    the pilot's, where its part of the variance is known."""
    aim = _aim(found, change, level)
    if more_baseline and found.baseline is not None:
        shared, df = found.baseline.of(found.baseline.draws + more_baseline)
        aim = msgspec.structs.replace(aim, shared=shared, shared_df=df, pilot_df=found.shared_df)
    made = power_of(found.components, designs, aim, np.random.default_rng([seed, 10]))
    return [Sized(design, power) for design, power in zip(designs, made, strict=True)]


def least_seen(found: Pilot, level: float, seed: int, power: float) -> float | None:
    """The least change that a study like the pilot itself sees with this power; None where it gives no interval."""
    rng = np.random.default_rng([seed, 11])
    least = detectable(found.components, found.design, _aim(found, 0.0, level), power, rng)
    return least if np.isfinite(least) else None


def _aim(found: Pilot, change: float, level: float) -> Aim:
    return Aim(change, level, found.tests, found.shared, found.shared_df)


def smallest(sized: Iterable[Sized], power: float) -> list[Sized]:
    """Designs that reach it (see `stats.Power`), without those that have no less of anything than another of them."""
    enough = [one for one in sized if one.power.reaches(power)]
    return [one for one in enough if not any(_within(other.design, one.design) for other in enough)]


def _within(one: Design, other: Design) -> bool:
    """Whether a design has no more of anything than another one, and less of something."""
    pairs = list(zip(msgspec.structs.astuple(one), msgspec.structs.astuple(other), strict=True))
    return one != other and all(less <= more for less, more in pairs)


def _only(rows: Frame, column: str, wanted: str, option: str) -> Frame:
    found = rows[rows[column] == wanted]
    if found.empty:
        there = sorted(map(str, rows[column].unique()))
        raise AnalysisError(f"no changes of personas with {option} {wanted}. There are: {', '.join(there)}.")
    return found


def _of(rows: Frame, quantity: Quantity | None, name: str) -> Frame:
    found = rows[equals(rows["quantity"], quantity)]
    if found.empty:
        there = ", ".join(sorted(spelled(one) for one in rows["quantity"].unique()))
        raise AnalysisError(f"no changes of personas with --metric {name}. There are: {there}.")
    return found


def _setting(data: Data, rows: Frame) -> Setting:
    """The study's own, where there are changes in it; else the first that there is."""
    there = set(rows["setting"].unique())
    own = own_setting(data.tables.study, rounds=str(rows["source"].iloc[0]) == ROUNDS)
    return own if own in there else min(there)


def _judge(data: Data, rows: Frame) -> str:
    """The first of the study's judges that gave scores; else the program, or whoever did."""
    there = set(map(str, rows["judge"].unique()))
    return next((spec.title for spec in data.tables.study.judges if spec.title in there), min(there))


def _first(rows: Frame, column: str) -> str:
    return min(map(str, rows[column].unique()), default="")


def _changes(rows: Frame) -> Changes:
    codes = (np.unique(rows[name], return_inverse=True)[1] for name in ("unit", "item", "order", "replicate"))
    persona, item, order, draw = (code.astype(np.int64) for code in codes)
    return Changes(rows["value"].to_numpy(np.float64), persona, item, order, draw)


def _each(persona: np.ndarray, other: np.ndarray) -> int:
    """How many different ones a persona has, the median over personas."""
    pairs = np.unique(np.column_stack((persona, other)), axis=0)
    return max(int(np.median(np.bincount(pairs[:, 0]))), 1)
