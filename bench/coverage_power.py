"""Does a study that `power` chose from a pilot see the change? Planted pilots; each design's true power is known.

python bench/coverage_power.py [--seed N] [--studies 320]: a line a figure with its bar; exit 1 when a bar is missed.
"""

import sys
from collections.abc import Iterator

import msgspec
import numpy as np

from bars import Figure, seeded
from longplay.stats import Aim, Changes, Components, Design, Spread, components, power_of
from longplay.stats.intervals import Floats
from longplay.stats.power import PARTS, Power

PERSONAS = (4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128)
TIMES = (0.5, 1.0, 2.0, 4.0)  # the pilot's items
WANTED, TRUE_STUDIES, LOOK_STUDIES = 0.8, 4000, 500
ROUNDS, ANSWER = 100, 10  # what a dialogue and an item of it take, in one measure


class World(msgspec.Struct, frozen=True):
    """A pilot's personas, orders and items, the change to see, the standard deviations of a change by PARTS."""

    personas: int
    orders: int
    items: int
    change: float
    sd: dict[str, float]


WORLDS = (
    World(8, 1, 6, 0.3, {"personas": 0.3, "items": 0.3, "rest": 0.5}),
    World(8, 1, 8, 0.3, {"personas": 0.1, "items": 0.3, "rest": 0.6, "items of all": 0.15}),
    World(8, 2, 6, 0.35, {"personas": 0.3, "items": 0.2, "orders": 0.2, "rest": 0.5}),
    World(12, 1, 6, 0.25, {"personas": 0.3, "rest": 0.5}),
)


def figures(seed: int, studies: int = 320) -> Iterator[Figure]:
    """Over all worlds: the true power of the designs that were chosen, how many pilots were accepted, what they cost;
    and the same with the design chosen by the pilot's own spread, items fixed, which is how version 0.2.0 had it."""
    many = studies // len(WORLDS)
    chosen = [_world(np.random.default_rng([seed, 42, i]), world, many) for i, world in enumerate(WORLDS)]
    power, cost, plain = (np.concatenate(part) for part in zip(*chosen, strict=True))
    usable = many * len(WORLDS)
    note = f"by the pilot's own spread {100 * plain.mean():.1f} %"
    spread = 100 * float(power.std() / np.sqrt(len(power)))
    yield Figure("found, of promised 80 %", 100 * float(power.mean()), low=77.0, unit=" %", note=note, error=spread)
    note = f"by the pilot's own spread {100 * np.mean(plain < 0.6):.1f} %"
    low = 100 * float(np.mean(power < 0.6))
    yield Figure("pilots sent to a true power under 0.6", low, high=5.0, unit=" %", note=note, of=len(power))
    yield Figure("usable pilots accepted", 100 * len(power) / usable, low=80.0, unit=" %", of=usable)
    error = float(cost.std() / np.sqrt(len(cost)))
    yield Figure("mean cost to that of the least design", float(cost.mean()), high=2.0, digits=2, error=error)
    yield Figure("median cost to that of the least design", float(np.median(cost)), digits=2)


def _world(rng: np.random.Generator, world: World, pilots: int) -> tuple[Floats, Floats, Floats]:
    """Of each accepted pilot: the true power of its design and its cost; the true power by the plain choice."""
    designs = [
        Design(personas, orders, 1, items)
        for personas in PERSONAS
        for orders in ((1, 2) if world.orders > 1 else (1,))
        for items in sorted({max(round(world.items * times), 1) for times in TIMES})
    ]
    costs = np.array([d.personas * d.orders * (ROUNDS + ANSWER * d.items) for d in designs], dtype=np.float64)
    truth = Components({name: Spread(world.sd.get(name, 0.0) ** 2, 9) for name in PARTS}, 1000)
    true = np.array([one.power for one in _powers(truth, designs, world, TRUE_STUDIES)])
    least = costs[true >= WANTED].min()
    found: list[tuple[float, float]] = []
    plain: list[float] = []
    for _ in range(pilots):
        pilot = components(_pilot(rng, world))
        looks = _powers(pilot, designs, world, LOOK_STUDIES)
        enough = np.array([one.cautious >= WANTED for one in looks])
        if enough.any():
            place = np.flatnonzero(enough)[costs[enough].argmin()]
            found.append((float(true[place]), float(costs[place] / least)))
        fixed = {name: spread for name, spread in pilot.parts.items() if "of all" not in name}
        none = {name: Spread(0.0, 1) for name in PARTS if "of all" in name}
        before = _powers(Components(fixed | none, pilot.personas), designs, world, LOOK_STUDIES)
        seen = np.array([one.power >= WANTED for one in before])
        if seen.any():
            plain.append(float(true[np.flatnonzero(seen)[costs[seen].argmin()]]))
    return *np.array(found).reshape(-1, 2).T, np.array(plain)


def _powers(found: Components, designs: list[Design], world: World, studies: int) -> list[Power]:
    return power_of(found, designs, Aim(world.change), np.random.default_rng(1), studies)


def _pilot(rng: np.random.Generator, world: World) -> Changes:
    shape = world.personas, world.orders, world.items
    who, order, item = (code.ravel() for code in np.indices(shape))
    sd = {name: world.sd.get(name, 0.0) for name in PARTS}
    value = world.change + sd["personas"] * rng.standard_normal(world.personas)[who]
    value += sd["items"] * rng.standard_normal((world.personas, world.items))[who, item]
    value += sd["orders"] * rng.standard_normal((world.personas, world.orders))[who, order]
    value += sd["items of all"] * rng.standard_normal(world.items)[item] + sd["rest"] * rng.standard_normal(len(who))
    return Changes(value, who, item, order, np.zeros(len(who), dtype=np.int64))


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Does a study that `power` chose see the change?", 320, least=len(WORLDS), quick=80)


if __name__ == "__main__":
    sys.exit(main())
