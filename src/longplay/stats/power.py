"""From a pilot's changes to the size of a study: variance components, and power by simulation. Arrays only.

A change is that of one item after one dialogue of one persona. Its parts are independent normal deviations of personas,
of items and orders within them, of dialogues drawn again, and a rest. What items and orders do to all personas alike
moves the mean of a study with other items and is in no interval over personas.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.random import Generator
from scipy.special import chdtri, stdtrit

from longplay.stats.intervals import FEWEST_CLUSTERS, Floats, Integers, unrounded
from longplay.stats.satterthwaite import added

# In the order in which they are told apart: one that divides the rows as an earlier one does is counted with that.
PARTS = ("personas", "items", "orders", "draws", "rest", "items of all", "orders of all")
OWN = PARTS[:5]
_SINGULAR = 1e-9
_CAUTIOUS = 0.8  # the share of pilots whose variance is not that much too small


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
    """Components by name in PARTS, and how many personas they rest on. `own`: the variance between the pilot's persona
    means as it is; None where it is not known."""

    parts: dict[str, Spread]
    personas: int
    own: float | None = None


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


class Aim(msgspec.Struct, frozen=True):
    """What is to be seen: a `change`, by an interval of this `level`, as one of `tests` that Holm corrects together:
    the first of them has to reach (1 - level) / tests. `shared`: variance of what all personas share (a baseline's),
    with its `shared_df`; it is in the interval."""

    change: float
    level: float = 0.95
    tests: int = 1
    shared: float = 0.0
    shared_df: float = 1.0


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
    means = np.bincount(codes["personas"], value) / np.bincount(codes["personas"])
    own = float(unrounded(means - means.mean(), changes.value).var(ddof=1))
    if own == 0:
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
    parts = {name: Spread(variance.get(name, 0.0), int(codes[name].max()) + 1, within.get(name)) for name in PARTS}
    return Components(parts, personas, own)


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


def power_of(
    found: Components, designs: Sequence[Design], aim: Aim, rng: Generator, studies: int = 10_000
) -> list[Power]:
    """Power of each design: studies are drawn around `aim.change` with other personas, items and orders; the t interval
    over personas is to exclude 0 on the side of the change. All designs see the same draws.

    The cautious power has more variance: c = df / chi2(df) at 20 % times as much, df = the pilot's personas - 1 (Browne
    1995, Statistics in Medicine 14:1933). What a design has less of than the pilot, as it asks more items, is not
    certain to be less: the pilot's own variance between personas gives the increase where it is the greater.
    """
    df = found.personas - 1
    more = float(df / chdtri(df, _CAUTIOUS)) - 1
    own = found.own
    drawn = _drawn(rng, studies, sorted({design.personas for design in designs}), aim.shared_df)
    made: list[Power] = []
    for design in designs:
        spread, shift = variance_of(found, design), shift_of(found, design)
        least = max(spread, own) if own is not None else spread
        worse = _share(drawn, design, aim, (spread + more * least, shift * (1 + more), aim.shared * (1 + more)))
        share = _share(drawn, design, aim, (spread, shift, aim.shared))
        error = float(np.sqrt(share[0] * (1 - share[0]) / studies))
        made.append(Power(share[0], error, share[1], worse[0]))
    return made


class _Drawn(msgspec.Struct, frozen=True, eq=False):
    """Standard normals of the mean, chi2 / df of the variance by the number of personas, and of what they share."""

    mean: Floats
    spread: dict[int, Floats]
    shared: Floats


def _drawn(rng: Generator, studies: int, personas: Sequence[int], shared_df: float) -> _Drawn:
    mean, shared = rng.standard_normal(studies), rng.chisquare(shared_df, studies) / shared_df
    return _Drawn(mean, {many: rng.chisquare(many - 1, studies) / (many - 1) for many in personas}, shared)


def detectable(
    found: Components, design: Design, aim: Aim, wanted: float, rng: Generator, studies: int = 10_000
) -> float:
    """The least change that a study of this design sees with this power, whatever `aim.change` is. Infinite where
    there are too few personas for an interval."""
    if design.personas < FEWEST_CLUSTERS:
        return float("inf")
    drawn = _drawn(rng, studies, [design.personas], aim.shared_df)
    error, seen, _ = _studies(drawn, design, aim, (variance_of(found, design), shift_of(found, design), aim.shared))
    return float(np.quantile(seen - error, wanted))


def _share(drawn: _Drawn, design: Design, aim: Aim, variances: tuple[float, float, float]) -> tuple[float, float]:
    """Share of studies that see the change, and the mean half width."""
    if design.personas < FEWEST_CLUSTERS:
        return 0.0, float("inf")
    error, seen, half = _studies(drawn, design, aim, variances)
    return float(np.mean(abs(aim.change) + error > seen)), float(half.mean())


def _studies(
    drawn: _Drawn, design: Design, aim: Aim, variances: tuple[float, float, float]
) -> tuple[Floats, Floats, Floats]:
    """Of each study: how far its mean is off, the mean that it takes to be seen, the half width of its interval."""
    spread, shift, shared = variances
    many = design.personas
    own = spread / many * drawn.spread[many]
    variance, df = own, np.array(many - 1.0)  # one for all studies: quantiles of t are what takes time
    if shared > 0:
        parts = np.stack([own, shared * drawn.shared])
        whole = added(parts, np.broadcast_to([[many - 1.0], [aim.shared_df]], parts.shape))
        variance, df = whole.variance, whole.df
    levels = 1 - (1 - aim.level) / aim.tests, aim.level
    seen, half = (stdtrit(df, (1 + level) / 2) * np.sqrt(variance) for level in levels)
    return np.sqrt(spread / many + shift + shared) * drawn.mean, seen, half


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
