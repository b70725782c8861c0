"""From a pilot's changes to the size of a study: variance components, and power by simulation. Arrays only.

A change is that of one item after one dialogue of one persona. Its parts are independent normal deviations of personas,
of items and orders within them, of dialogues drawn again, and a rest; what items and orders do to all personas alike is
estimated too, and is in no interval over personas.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.random import Generator
from scipy.special import chdtri

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, Integers, t_intervals

# In the order in which they are told apart: one that divides the rows as an earlier one does is counted with that.
PARTS = ("personas", "items", "orders", "draws", "rest", "items of all", "orders of all")
OWN = PARTS[:5]
_SINGULAR = 1e-9


class Changes(msgspec.Struct, frozen=True, eq=False):
    """Changes of a pilot, (rows,) each; codes from 0 on. `item`, `order` are comparable between personas."""

    value: Floats
    persona: Integers
    item: Integers
    order: Integers
    draw: Integers


class Spread(msgspec.Struct, frozen=True):
    """One variance component. `within`: None where estimated, else the part that it cannot be told from."""

    variance: float
    units: int
    within: str | None = None


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


class Power(msgspec.Struct, frozen=True):
    """Share of simulated studies whose interval excludes 0, its Monte Carlo standard error, and the mean half width.

    `half` is infinite where there are too few personas for an interval. `cautious`: the power where the spread is as
    large as the pilot allows at 80 % (one-sided).
    """

    power: float
    error: float
    half: float
    cautious: float


def components(changes: Changes) -> Components:
    """Variance components by the method of moments from sums of squares between the units of each part (Henderson
    1953, Biometrics 9:226, method 1), for any number of rows in a cell; below 0 they are 0.

    Raises ValueError with fewer than two personas: nothing says then how personas differ.
    """
    value = changes.value - changes.value.mean() if len(changes.value) else changes.value
    codes = _codes(changes)
    personas = int(codes["personas"].max()) + 1 if len(value) else 0
    if personas < 2:
        raise ValueError(f"{personas} personas say nothing of how personas differ; two are needed.")
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
    parts = {name: Spread(variance.get(name, 0.0), int(codes[name].max()) + 1, within.get(name)) for name in PARTS}
    return Components(parts, personas)


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


def power_of(
    found: Components, designs: Sequence[Design], change: float, level: float, rng: Generator, studies: int = 10_000
) -> list[Power]:
    """Power of each design: persona means are drawn `studies` times around `change`, the t interval over personas
    (`t_intervals`) is to exclude 0 on the side of the change. All designs see the same draws.

    The cautious power takes all components times df / chi2(df) at 20 %, df = the pilot's personas - 1 (Browne 1995,
    Statistics in Medicine 14:1933).
    """
    normal = rng.standard_normal((studies, max(design.personas for design in designs)))
    df = found.personas - 1
    inflated = float(np.sqrt(df / chdtri(df, 0.8)))
    unit = {many: _intervals(normal[:, :many], level) for many in {design.personas for design in designs}}
    made: list[Power] = []
    for design in designs:
        spread, (middle, half) = float(np.sqrt(variance_of(found, design))), unit[design.personas]
        share, worse = (float(np.mean((middle - half) * sd + abs(change) > 0)) for sd in (spread, spread * inflated))
        error = float(np.sqrt(share * (1 - share) / studies))
        made.append(Power(share, error, float(half.mean()) * spread, worse))
    return made


def _intervals(normal: Floats, level: float) -> tuple[Floats, Floats]:
    """Means and half widths of t intervals over each row; infinite under FEWEST_CLUSTERS, so that none excludes 0."""
    studies, many = normal.shape
    found = t_intervals(normal.ravel(), np.repeat(np.arange(studies), many), studies, level)
    half = (found.high - found.low) / 2
    return found.mean, half if many >= FEWEST_CLUSTERS else np.full(studies, np.inf)


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
