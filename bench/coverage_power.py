"""Does a study that `power` chose from a pilot see the change? Planted pilots; each design's true power is known.

python bench/coverage_power.py [--seed N] [--studies 440]: a line a figure with its bar; exit 1 when a bar is missed.
"""

import sys
from collections.abc import Iterator

import msgspec
import numpy as np

from bars import Figure, seeded
from longplay.stats import PROMISING, Aim, Changes, Components, Design, Power, Spread, caution, components, power_of
from longplay.stats.intervals import Floats
from longplay.stats.pilot_variance import PARTS

PERSONAS = (4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96, 128)
TIMES = (0.5, 1.0, 2.0, 4.0)  # the pilot's items
WANTED, LITTLE, TRUE_STUDIES, LOOK_STUDIES = 0.8, 0.6, 4000, 400
ROUNDS, ANSWER = 100, 10  # what a dialogue and an item of it take, in one measure


class World(msgspec.Struct, frozen=True):
    """A pilot's personas, orders and items, the change to see, the standard deviations of a change by PARTS; how many
    tests are corrected together; the baseline's standard deviation and its degrees of freedom, of a gap."""

    name: str
    personas: int
    orders: int
    items: int
    change: float
    sd: dict[str, float]
    tests: int = 1
    shared: float = 0.0
    shared_df: int = 6


WORLDS = (
    World("all parts", 8, 1, 6, 0.3, {"personas": 0.3, "items": 0.3, "rest": 0.5}),
    World("items of all", 8, 1, 8, 0.3, {"personas": 0.1, "items": 0.3, "rest": 0.6, "items of all": 0.15}),
    World("two orders", 8, 2, 6, 0.35, {"personas": 0.3, "items": 0.2, "orders": 0.2, "rest": 0.5}),
    World("12 personas", 12, 1, 6, 0.25, {"personas": 0.3, "rest": 0.5}),
    World("personas above all", 8, 1, 6, 0.3, {"personas": 0.4, "rest": 0.2}),
    World("personas alike", 10, 1, 8, 0.3, {"rest": 1.0}),
    World("items of all above all", 16, 1, 8, 0.4, {"personas": 0.2, "items": 0.3, "rest": 0.4, "items of all": 0.3}),
    World("one of 6 tests", 12, 1, 10, 0.4, {"personas": 0.3, "items": 0.2, "rest": 0.5}, tests=6),
    World("a gap", 12, 1, 8, 0.35, {"personas": 0.3, "items": 0.2, "rest": 0.5}, shared=0.06),
)
SMALL = (
    World("4 personas", 4, 1, 6, 0.3, {"personas": 0.3, "items": 0.3, "rest": 0.5}),
    World("6 personas", 6, 1, 6, 0.3, {"personas": 0.3, "items": 0.3, "rest": 0.5}),
)


class Chosen(msgspec.Struct, frozen=True, eq=False):
    """Of each accepted pilot: the true power of its design, and its cost over that of the least design; the true power
    by the choice of version 0.2.0; how many pilots there were."""

    power: Floats
    cost: Floats
    before: Floats
    pilots: int


def figures(seed: int, studies: int = 440) -> Iterator[Figure]:
    """Over all worlds of usable pilots, those of PROMISING personas or more: the true power of the designs that were
    chosen, how many pilots were accepted, what the designs cost. Of each world the cost; of smaller pilots the power,
    and the cost beside the least that any rule in proportion to the variance found takes to hold it."""
    worlds = (*WORLDS, *SMALL)
    many = studies // len(worlds)
    made = [_world(np.random.default_rng([seed, 42, i]), world, many) for i, world in enumerate(worlds)]
    usable = made[: len(WORLDS)]
    power, cost, before = (np.concatenate([getattr(one, of) for one in usable]) for of in ("power", "cost", "before"))
    note = f"by the pilot's own spread, as in 0.2.0, {100 * before.mean():.1f} %"
    yield Figure(
        "found, of promised 80 %", 100 * float(power.mean()), low=77.0, unit=" %", digits=1, note=note,
        error=100 * _error(power),
    )  # fmt: skip
    note = f"as in 0.2.0 {_under(before):.1f} %"
    yield Figure(
        "pilots sent to a true power under 0.6", _under(power), high=5.0, unit=" %", digits=1, note=note, of=len(power)
    )
    pilots = sum(one.pilots for one in usable)
    yield Figure("usable pilots accepted", 100 * len(power) / pilots, low=80.0, unit=" %", digits=1, of=pilots)
    note = f"no rule takes less than {caution(PROMISING):.2f} from {PROMISING} personas that are all that varies"
    error = _error(cost)
    yield Figure(
        "mean cost over that of the least design", float(cost.mean()), high=2, digits=2, error=error, note=note
    )
    for world, one in zip(WORLDS, usable, strict=True):
        note = f"{world.personas} personas, {_under(one.power):.1f} % under 0.6"
        yield Figure(f"mean cost: {world.name}", float(one.cost.mean()), digits=2, note=note)
    for world, one in zip(SMALL, made[len(WORLDS) :], strict=True):
        under, high = _under(one.power), 5.0
        yield Figure(f"{world.name}: true power under 0.6", under, high=high, unit=" %", digits=1, of=len(one.power))
        accepted = f"{len(one.power) / one.pilots:.0%} accepted"
        note = f"too few to promise: up to {caution(world.personas):.2f} is needed; {accepted}"
        yield Figure(f"{world.name}: mean cost over that of the least", float(one.cost.mean()), digits=2, note=note)


def _under(power: Floats) -> float:
    return 100 * float(np.mean(power < LITTLE))


def _error(values: Floats) -> float:
    return float(values.std() / np.sqrt(len(values)))


def _world(rng: np.random.Generator, world: World, pilots: int) -> Chosen:
    designs = [
        Design(personas, orders, 1, items)
        for personas in PERSONAS
        for orders in ((1, 2) if world.orders > 1 else (1,))
        for items in sorted({max(round(world.items * times), 1) for times in TIMES})
    ]
    costs = np.array([d.personas * d.orders * (ROUNDS + ANSWER * d.items) for d in designs], dtype=np.float64)
    truth = Components({name: Spread(world.sd.get(name, 0.0) ** 2, 9) for name in PARTS}, 1000)
    true = np.array([one.power for one in _powers(truth, designs, world, world.shared**2, TRUE_STUDIES)])
    least = costs[true >= WANTED].min()
    found: list[tuple[float, float]] = []
    before: list[float] = []
    for _ in range(pilots):
        pilot = components(_pilot(rng, world))
        shared = world.shared**2 * rng.chisquare(world.shared_df) / world.shared_df
        enough = np.array([one.reaches(WANTED) for one in _powers(pilot, designs, world, shared, LOOK_STUDIES)])
        if enough.any():
            place = np.flatnonzero(enough)[costs[enough].argmin()]
            found.append((float(true[place]), float(costs[place] / least)))
        fixed = {name: Spread(0.0 if "of all" in name else one.variance, 1) for name, one in pilot.parts.items()}
        looks = _powers(Components(fixed, pilot.personas), designs, world, shared, LOOK_STUDIES)
        seen = np.array([one.power >= WANTED for one in looks])
        if seen.any():
            before.append(float(true[np.flatnonzero(seen)[costs[seen].argmin()]]))
    power, cost = np.array(found).reshape(-1, 2).T
    return Chosen(power, cost, np.array(before), pilots)


def _powers(found: Components, designs: list[Design], world: World, shared: float, studies: int) -> list[Power]:
    aim = Aim(world.change, tests=world.tests, shared=shared, shared_df=world.shared_df)
    return power_of(found, designs, aim, np.random.default_rng(1), studies)


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
    least = len(WORLDS) + len(SMALL)
    return seeded(figures, "Does a study that `power` chose see the change?", 440, least=least, quick=110)


if __name__ == "__main__":
    sys.exit(main())
