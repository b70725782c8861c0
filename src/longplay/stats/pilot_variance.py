"""From a pilot's changes to variance components, and to the variance of a design's mean. Arrays only.

A change is that of one item after one dialogue of one persona. Its parts are independent normal deviations of personas,
of items and orders within them, of dialogues drawn again, and a rest. What items and orders do to all personas alike
moves the mean of a study with other items and is in no interval over personas.
"""

from collections.abc import Sequence

import msgspec
import numpy as np

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, Integers, unrounded

# In the order in which they are told apart: one that divides the rows as an earlier one does is counted with that.
PARTS = ("personas", "items", "orders", "draws", "rest", "items of all", "orders of all")
OWN = PARTS[:5]
_OVER_STUDIES = ("personas", "items of all", "orders of all")  # what moves the mean of a study with other units
_SINGULAR = 1e-9


class Changes(msgspec.Struct, frozen=True, eq=False):
    """Changes of a pilot, (rows,) each; codes from 0 on. `item`, `order` are comparable between personas."""

    value: Floats
    persona: Integers
    item: Integers
    order: Integers
    draw: Integers


class Spread(msgspec.Struct, frozen=True):
    """One variance component. `within`: None where estimated, else the part that it cannot be told from. `between`: the
    variance between the means of its units in the pilot, which holds the parts below it too; None where not known."""

    variance: float
    units: int
    within: str | None = None
    between: float | None = None


class Components(msgspec.Struct, frozen=True):
    """Components by name in PARTS, and how many personas they rest on."""

    parts: dict[str, Spread]
    personas: int


class Design(msgspec.Struct, frozen=True):
    """How many of each a study has; items for each persona."""

    personas: int
    orders: int
    draws: int
    items: int


def components(changes: Changes) -> Components:
    """Variance components by the method of moments from sums of squares between the units of each part (Henderson
    1953, Biometrics 9:226, method 1), for any number of rows in a cell; below 0 they are 0.

    Raises ValueError with fewer than FEWEST_CLUSTERS personas, or where their changes are all the same: nothing says
    then how personas differ.
    """
    value = changes.value - changes.value.mean() if len(changes.value) else changes.value
    codes = _codes(changes)
    personas = int(codes["personas"].max()) + 1 if len(value) else 0
    if personas < FEWEST_CLUSTERS:
        raise ValueError(
            f"{personas} {'persona says' if personas == 1 else 'personas say'} too little of how personas differ; "
            f"{FEWEST_CLUSTERS} are needed."
        )
    if _between(value, codes["personas"], changes.value) == 0:
        raise ValueError("the changes of all personas are the same, which says nothing of how personas differ.")
    whole = np.zeros(len(value), dtype=np.int64)
    kept: dict[str, Integers] = {"": whole}
    within: dict[str, str] = {}
    for name in PARTS:
        same = next((other for other, code in kept.items() if _alike(code, codes[name])), None)
        if same is None and _regular([*kept.values(), codes[name]]):
            kept[name] = codes[name]
        else:
            within[name] = "the mean of all" if same == "" else same or OWN[-1]
    found = np.maximum(np.linalg.solve(_shared(list(kept.values())), _squares(value, list(kept.values()))), 0.0)
    variance = dict(zip(kept, found.tolist(), strict=True))
    parts = {
        name: Spread(
            variance.get(name, 0.0),
            int(codes[name].max()) + 1,
            within.get(name),
            _between(value, codes[name], changes.value) if name in _OVER_STUDIES else None,
        )
        for name in PARTS
    }
    return Components(parts, personas)


def _between(value: Floats, code: Integers, of: Floats) -> float | None:
    """The variance between the means of units; None of one unit."""
    means = np.bincount(code, value) / np.bincount(code)
    return float(unrounded(means - means.mean(), of).var(ddof=1)) if len(means) > 1 else None


def variance_of(found: Components, design: Design) -> float:
    """The variance between persona means of a design, as the t interval sees it."""
    variance = {name: spread.variance for name, spread in found.parts.items()}
    dialogues = design.orders * design.draws
    return (
        variance["personas"]
        + variance["items"] / design.items
        + variance["orders"] / design.orders
        + variance["draws"] / dialogues
        + variance["rest"] / (design.items * dialogues)
    )


def shift_of(found: Components, design: Design) -> float:
    """The variance of the mean that other items and orders would bring for all personas alike. No interval over
    personas has it."""
    items, orders = (found.parts[name].variance for name in ("items of all", "orders of all"))
    return items / design.items + orders / design.orders


def _codes(changes: Changes) -> dict[str, Integers]:
    who = changes.persona
    dialogue = _paired(_paired(who, changes.order), changes.draw)
    return {
        "personas": _dense(who),
        "items": _paired(who, changes.item),
        "orders": _paired(who, changes.order),
        "draws": dialogue,
        "rest": _paired(dialogue, changes.item),
        "items of all": _dense(changes.item),
        "orders of all": _dense(changes.order),
    }


def _alike(one: Integers, other: Integers) -> bool:
    """Whether two codes divide the rows in the same way."""
    return int(one.max()) == int(other.max()) == int(_paired(one, other).max())


def _regular(codes: Sequence[Integers]) -> bool:
    """Whether all components can be told apart."""
    shared = _shared(codes)
    scaled = shared / np.sqrt(np.outer(np.diag(shared), np.diag(shared)))
    return bool(abs(np.linalg.det(scaled)) > _SINGULAR)


def _shared(codes: Sequence[Integers]) -> Floats:
    """Expected sums of squares: what a unit of variance of each part (column) adds to the sum of each (row)."""
    found = np.empty((len(codes), len(codes)))
    for i, of in enumerate(codes):
        size = np.bincount(of)
        for j, part in enumerate(codes):
            both = _paired(of, part)
            first = np.zeros(int(both.max()) + 1, dtype=np.int64)
            first[both] = of
            found[i, j] = (np.bincount(both) ** 2 / size[first]).sum()
    return found


def _squares(value: Floats, codes: Sequence[Integers]) -> Floats:
    return np.array([(np.bincount(code, value) ** 2 / np.bincount(code)).sum() for code in codes])


def _paired(one: Integers, other: Integers) -> Integers:
    return _dense(one * (int(other.max()) + 1) + other) if len(one) else one


def _dense(code: Integers) -> Integers:
    return np.unique(code, return_inverse=True)[1].astype(np.int64)
