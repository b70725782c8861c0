"""Do the intervals of slopes hold what was planted? Draws studies whose personas, dialogues, items and questions all
differ and whose judge errs more as rounds go by, and counts. Knows the statistics alone: no run, no pipeline.

python bench/coverage_slopes.py [--seed N] [--studies 500]: a line a figure with its bar; exit 1 when one is missed.
"""

import sys
from collections.abc import Callable, Iterator

import msgspec
import numpy as np
from numpy.typing import NDArray

from bars import Figure, seeded
from longplay.stats import Scores, Slope, marginal_slopes, mixed_slope, ordinal
from longplay.stats.paper import random_intercept

STUDIES = 500
PAPERS = 60  # studies of a kind in which the paper's form, which takes longer than all else, stands beside
COVERAGE = (93.0, 98.5)  # per cent
WIDTH = 1.25  # of an oracle's
Z = 1.959963984540054
CHECKPOINTS = np.array([0, 11, 22, 34, 45, 56, 68, 79, 90, 102], dtype=np.float64)
LEVELS = np.arange(1.0, 6.0)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


class World(msgspec.Struct, frozen=True):
    """What studies are drawn from. Deviations of levels, and of changes over 100 rounds, in points or log odds.

    `drift`, `judge`: change over 100 rounds of what is scored, and of how the judge errs (a bias in points; a share of
    wrong verdicts of yes/no and levels); `noise` of one score grows by `growth` over 100 rounds. `missing`: share.
    """

    personas: int = 8
    items: int = 20
    rounds: int = 40
    orders: int = 2
    drift: float = -1.0
    judge: float = 0.2
    persona: tuple[float, float] = (0.4, 0.4)
    dialogue: tuple[float, float] = (0.15, 0.1)
    item: tuple[float, float] = (0.5, 0.3)
    noise: float = 0.6
    growth: float = 0.5
    missing: float = 0.1


LINEAR = (World(), World(persona=(0.3, 0.1), item=(0.4, 0.6), items=12), World(persona=(0.5, 0.0), item=(0.5, 0.0)))
ROUNDS = (
    World(rounds=100, persona=(0.4, 0.6)),
    World(rounds=60, persona=(0.3, 0.3), item=(0.8, 0.0)),
    World(personas=12, rounds=60, persona=(0.3, 1.0)),
)
ODDS = (
    World(items=40, judge=0.05),
    World(personas=12, items=40, judge=0.1, drift=-0.5, persona=(0.6, 0.6), item=(0.8, 0.5)),
)


Draw = Callable[[np.random.Generator, World], Scores]


class Case(msgspec.Struct, frozen=True):
    """One interval against what was planted, the width of an oracle's, and whether the paper's form covers it."""

    covered: bool
    width: float
    oracle: float
    paper: bool | None = None


def answers(world: World) -> tuple[Integers, Integers, Floats, Integers]:
    """Persona, dialogue, checkpoint and item of every answer; a persona's dialogues share those before the dialogue."""
    axes = (np.arange(world.personas), np.arange(world.orders), CHECKPOINTS, np.arange(world.items))
    who, talk, place, item = (part.ravel() for part in np.meshgrid(*axes, indexing="ij"))
    kept = (place > 0) | (talk == 0)
    return who[kept], talk[kept], place[kept], item[kept]


def effects(rng: np.random.Generator, world: World, parts: tuple[Integers, Integers, Floats, Integers]) -> Floats:
    """What personas, dialogues and items add to each score."""
    who, talk, place, item = parts
    far = place / 100
    added = np.zeros(len(who))
    codes = (who, who * world.orders + talk, item)
    for code, (level, change) in zip(codes, (world.persona, world.dialogue, world.item), strict=True):
        size = int(code.max()) + 1
        own = rng.normal(0, level, size)[code] + rng.normal(0, change, size)[code] * far
        added += np.where(place > 0, own, 0.0) if code is codes[1] else own
    return added


def drawn_answers(rng: np.random.Generator, world: World) -> Scores:
    """A study of scores in points."""
    parts = answers(world)
    who, talk, place, item = parts
    noise = rng.normal(0, world.noise, len(who)) * (1 + world.growth * place / 100)
    score = 4 + (world.drift + world.judge) * place / 100 + effects(rng, world, parts) + noise
    return Scores(_holed(rng, world, score), who, talk, item, place)


def drawn_rounds(rng: np.random.Generator, world: World) -> Scores:
    """A study of scored rounds: the questions of every order but the first are shuffled."""
    axes = (np.arange(world.personas), np.arange(world.orders), np.arange(world.rounds))
    who, talk, place = (part.ravel() for part in np.meshgrid(*axes, indexing="ij"))
    orders = np.array([rng.permutation(world.rounds) for _ in range(world.orders)])
    question, place = orders[talk, place], place + 1.0
    parts = (who, talk, place, question)
    flat = msgspec.structs.replace(world, item=(world.item[0], 0.0))
    score = 4 + (world.drift + world.judge) * place / 100 + effects(rng, flat, parts)
    score += rng.normal(0, world.noise, len(who)) * (1 + world.growth * place / 100)
    return Scores(_holed(rng, world, score), who, talk, question, place, questions=True)


def _holed(rng: np.random.Generator, world: World, score: Floats) -> Floats:
    return np.where(rng.random(len(score)) < world.missing, np.nan, score)


def oracle_error(scores: Scores, world: World) -> float:
    """Standard error of the best slope per ten rounds of one who knows every variance (generalised least squares)."""
    known = ~np.isnan(scores.score)
    cells, first, code = np.unique(
        np.column_stack((scores.persona, scores.dialogue, scores.position))[known],
        axis=0,
        return_index=True,
        return_inverse=True,
    )
    who, talk, far = cells[:, 0], cells[:, 0] * world.orders + cells[:, 1], cells[:, 2] / 100
    apart = far[:, None] * far
    later = (far > 0)[:, None] & (far > 0)
    spread = (who[:, None] == who) * (world.persona[0] ** 2 + world.persona[1] ** 2 * apart)
    spread += later * (talk[:, None] == talk) * (world.dialogue[0] ** 2 + world.dialogue[1] ** 2 * apart)
    count = np.bincount(code.ravel())
    if scores.questions:
        asked = scores.item[known][first]
        spread += (asked[:, None] == asked) * world.item[0] ** 2
    else:
        asked = np.zeros((len(cells), world.items))
        asked[code.ravel(), scores.item[known]] = 1
        asked /= count[:, None]
        spread += asked @ asked.T * (world.item[0] ** 2 + world.item[1] ** 2 * apart)
    spread += np.diag((world.noise * (1 + world.growth * far)) ** 2 / count)
    design = np.column_stack((np.ones(len(far)), far * 10))
    return float(np.sqrt(np.linalg.inv(design.T @ np.linalg.solve(spread, design))[1, 1]))


def papers_form(scores: Scores, truth: float) -> bool:
    """Whether `rating ~ pos` with an intercept a persona and Wald's z covers; orders are averaged first, as there."""
    known = ~np.isnan(scores.score)
    cells, code = np.unique(np.column_stack((scores.persona, scores.position))[known], axis=0, return_inverse=True)
    mean = np.bincount(code.ravel(), scores.score[known]) / np.bincount(code.ravel())
    # In percentage points and rounds, so that the form's three decimals do not decide.
    fit = random_intercept(100 * mean, cells[:, 1], [str(int(one)) for one in cells[:, 0]])
    return fit is not None and fit.slope.low <= 10 * truth <= fit.slope.high


def linear_case(rng: np.random.Generator, world: World, draw: Draw, *, beside: bool) -> Case:
    """One study of points. `beside`: with the paper's form."""
    scores, truth = draw(rng, world), (world.drift + world.judge) / 10
    width = 2 * Z * oracle_error(scores, world)
    found = mixed_slope(scores)
    return _case(found, truth, width, papers_form(scores, truth) if beside else None)


def _case(found: Slope, truth: float, oracle: float, paper: bool | None = None) -> Case:
    if found.low is None or found.high is None:
        return Case(False, np.inf, oracle, paper)
    return Case(found.low <= truth <= found.high, found.high - found.low, oracle, paper)


def marginal_shares(world: World, cuts: Floats, places: Floats) -> Floats:
    """(places, cuts): shares above each cut over all personas, dialogues and items, as the judge gives them."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    far = places / 100
    level, change = (sum(part[i] ** 2 for part in (world.persona, world.dialogue, world.item)) for i in (0, 1))
    before = level - world.dialogue[0] ** 2
    spread = np.sqrt(np.where(places > 0, level + change * far**2, before))
    odds = (world.drift * far)[:, None] - cuts
    shares = (1 / (1 + np.exp(-(odds[..., None] + spread[:, None, None] * nodes)))) @ (weights / weights.sum())
    return _judged(world, shares, far)


def _judged(world: World, shares: Floats, far: Floats) -> Floats:
    """With a share of verdicts, growing with the rounds, that are drawn evenly from all levels."""
    wrong = np.minimum(world.judge * far, 1)[:, None]
    return (1 - wrong) * shares + wrong * np.arange(shares.shape[1], 0, -1) / (shares.shape[1] + 1)


def drawn_levels(rng: np.random.Generator, world: World, cuts: Floats) -> Scores:
    """A study of verdicts on levels 0, 1, ..., one more than cuts."""
    parts = answers(world)
    who, talk, place, item = parts
    odds = world.drift * place / 100 + effects(rng, world, parts)
    level = (rng.logistic(size=len(who))[:, None] + odds[:, None] > cuts).sum(axis=1)
    wrong = rng.random(len(who)) < world.judge * place / 100
    level = np.where(wrong, rng.integers(0, len(cuts) + 1, len(who)), level).astype(np.float64)
    return Scores(_holed(rng, world, level), who, talk, item, place)


def odds_cases(rng: np.random.Generator, world: World, cuts: Floats, studies: int) -> tuple[list[Case], list[Case]]:
    """Cases of the log odds and of the implied change. Their oracle knows the deviation of the estimates themselves."""
    shares = marginal_shares(world, cuts, CHECKPOINTS)
    of_levels = -np.diff(np.column_stack((np.ones(len(shares)), shares, np.zeros(len(shares)))))
    seen = np.where(CHECKPOINTS > 0, world.orders, 1).astype(np.float64)
    whole = ordinal(of_levels, np.arange(len(cuts) + 1.0), CHECKPOINTS[:, None] / 10, np.zeros(len(shares), int), seen)
    truths = float(whole.values[-1]), float((shares[-1] - shares[0]).sum())
    found = [marginal_slopes(drawn_levels(rng, world, cuts), yes_no=len(cuts) == 1) for _ in range(studies)]
    cases: list[list[Case]] = []
    for i, truth in enumerate(truths):
        oracle = 2 * Z * float(np.std([pair[i].value for pair in found]))
        cases.append([_case(pair[i], truth, oracle) for pair in found])
    return cases[0], cases[1]


def figures(name: str, cases: list[Case]) -> Iterator[Figure]:
    """Coverage and width of one kind of slope; the paper's coverage where there is such a form."""
    held = 100 * float(np.mean([case.covered for case in cases]))
    yield Figure(f"{name}: covered", held, *COVERAGE, unit=" %", of=len(cases))
    ratios = [case.width / case.oracle for case in cases]
    yield Figure(f"{name}: median width to an oracle's", float(np.median(ratios)), None, WIDTH)
    papers = [case.paper for case in cases if case.paper is not None]
    if papers:
        yield Figure(f"{name}: the paper's form covers", 100 * float(np.mean(papers)), unit=" %", of=len(papers))


def slopes(seed: int, studies: int = STUDIES) -> Iterator[Figure]:
    """All figures of slopes: `studies` of each kind, shared among its worlds, drawn from `seed`."""
    rng = np.random.default_rng([seed, 5])
    one = tuple(msgspec.structs.replace(world, orders=1) for world in ROUNDS)
    kinds = (
        ("slope of answers", drawn_answers, LINEAR),
        ("slope of rounds, one order", drawn_rounds, one),
        ("slope of rounds, two orders", drawn_rounds, ROUNDS),
    )
    for name, draw, worlds in kinds:
        cases = [linear_case(rng, worlds[i % len(worlds)], draw, beside=i < PAPERS) for i in range(studies)]
        yield from figures(name, cases)
    rng = np.random.default_rng([seed, 6])
    for name, cuts in (("yes or no", np.array([-0.8])), ("five levels", np.array([-2.5, -1.5, -0.5, 0.5]))):
        parts = [odds_cases(rng, world, cuts, studies // len(ODDS)) for world in ODDS]
        yield from figures(f"log odds of {name}", [case for odds, _ in parts for case in odds])
        yield from figures(f"implied change of {name}", [case for _, implied in parts for case in implied])


def main() -> int:
    """0: every bar met, 1: one missed."""
    # every kind needs every world
    return seeded(slopes, "How often do intervals of slopes hold what was planted?", STUDIES, least=6)


if __name__ == "__main__":
    sys.exit(main())
