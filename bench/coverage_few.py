"""Few personas, alike ones, rare collapses, items that are a sample: do intervals hold for the target they name?

python bench/coverage_few.py [--seed N] [--studies 2000]: a line a figure with its bar; exit 1 when a bar is missed.
"""

import sys
from collections.abc import Iterator

import numpy as np

from analysis_table import Found, changes, whatever_they_do
from bars import Figure, seeded
from coverage_planted import Floats, PlantedRun, Scores, draw
from longplay.analysis import ANALYSES, headlines, prepare, read_tables
from longplay.analysis.falling_back import fallen_back
from longplay.records import Estimate
from longplay.stats import missed

FIVE = (1.0, 5.0)
COVER = (93.0, 98.5)  # per cent
TOLD, ALPHA = 95.0, 0.05
RARE, COLLAPSE = 10, 3.0  # one persona in so many collapses, by so much
WHOLE = 70  # studies that go through the whole analysis
SLOW = 500
NONE_BEFORE = "0.2.0, measured once: 0 %"
BEFORE_COLLAPSE = {4: "; 0.2.0, measured once: 46", 12: "; 0.2.0, measured once: 72"}


def figures(seed: int, studies: int = 2000) -> Iterator[Figure]:
    """Rare collapses; personas alike; items like these; one persona by itself."""
    rng = np.random.default_rng([seed, 62])
    for personas in (4, 8, 12, 24):
        yield from _collapses(rng, studies, personas)
    yield from _items(rng, min(studies, SLOW))
    yield from _further(rng, studies)
    yield from _alike(rng, min(studies, WHOLE))
    yield from _one_persona(rng, min(studies, 5 * WHOLE))


def _collapses(rng: np.random.Generator, studies: int, personas: int) -> Iterator[Figure]:
    """S7. Studies that drew none who collapses look like those in which nobody ever does: an interval of ordinary width
    holds the mean in no more than the others. The one that allows for what so few can hide holds it in all."""
    lost = (rng.random((studies, personas)) < 1 / RARE) * COLLAPSE
    start = rng.normal(4.5, 0.1, (studies, personas))
    end = start - lost + rng.normal(0, 0.1, (studies, personas))
    found = changes(start[..., None], end[..., None], FIVE)
    truth = -COLLAPSE / RARE
    covered, seen = (found.low <= truth) & (truth <= found.high), lost.any(axis=1)
    name = f"one in ten collapses, {personas} personas"
    most, before = 100 * (1 - missed(personas, RARE)), BEFORE_COLLAPSE.get(personas, "")
    note = f"without a bar: at most {most:.0f} % can, as the others drew none who collapses{before}"
    yield Figure(f"{name}: interval covers", 100 * float(covered.mean()), unit=" %", note=note, digits=1, of=studies)
    held, many = 100 * float(covered[seen].mean()), int(seen.sum())
    yield Figure(f"{name}, one is seen: interval covers", held, low=COVER[0], unit=" %", digits=1, of=many)
    low, high = whatever_they_do(start[..., None], end[..., None], FIVE)
    holds = 100 * float(np.mean((low <= truth) & (truth <= high)))
    note = f"{float(np.mean(high - low)):.2f} of 4 wide"
    yield Figure(f"{name}: with what they can hide", holds, low=COVER[0], unit=" %", note=note, digits=1, of=studies)
    said = 100 * missed(personas, RARE)
    yield Figure(
        f"{name}: none seen, as said", 100 - 100 * float(seen.mean()), said, said, unit=" %", digits=1, of=studies
    )


def _items(rng: np.random.Generator, studies: int) -> Iterator[Figure]:
    """S11: the change over items like these, of items that change each in its way."""
    for items in (6, 12, 24):
        for sd in (0.0, 0.2, 0.4):
            start = rng.normal(4, 0.2, (studies, 8, items))
            moved = -0.5 + rng.normal(0, 0.25, (studies, 8, 1)) + rng.normal(0, sd, (studies, 1, items))
            end = start + moved + rng.normal(0, 0.4, start.shape)
            wide, fixed = (changes(start, end, FIVE, items_too=too) for too in (True, False))
            note = f"items fixed {100 * _held(fixed, -0.5):.1f} %"
            held = 100 * _held(wide, -0.5)
            name = f"change over {items} items like these, sd {sd:g}: covers"
            yield Figure(name, held, *COVER, unit=" %", note=note, digits=1, of=studies)


def _further(rng: np.random.Generator, studies: int) -> Iterator[Figure]:
    """Does a further persona lie where it is said to?"""
    for personas in (4, 8, 16):
        start = np.full((studies, personas, 1), 4.0)
        found = changes(start, start + rng.normal(-0.8, 0.4, start.shape), FIVE)
        new = rng.normal(-0.8, 0.4, studies)
        held = 100 * float(np.mean((found.new_low <= new) & (new <= found.new_high)))
        name = f"a further persona, {personas} personas: lies there"
        yield Figure(name, held, *COVER, unit=" %", digits=1, of=studies)


def _alike(rng: np.random.Generator, studies: int) -> Iterator[Figure]:
    """S8: four personas that lose the same, item by item: what is told, with a p-value, is told of these."""
    found = _drifts(_alike_scores(rng, studies), studies)
    told = sum(e.low is not None and e.high is not None and e.low < e.high for e in found)
    named = sum(e.target.startswith("these personas") for e in found)
    tested = sum(e.p is not None for e in found)
    for name, count in (("an interval with width", told), ("for these personas", named), ("a p-value", tested)):
        yield Figure(
            f"four that lose the same: {name}",
            100 * count / studies,
            TOLD,
            unit=" %",
            note=NONE_BEFORE,
            digits=1,
        )


def _alike_scores(rng: np.random.Generator, studies: int) -> Scores:
    made = draw(rng, studies, personas=4)
    return made._replace(persona=np.repeat(made.persona[:, :1], 4, axis=1))


def _one_persona(rng: np.random.Generator, studies: int) -> Iterator[Figure]:
    """S21: one persona, its items a sample: the headline is of this persona, and its interval holds its own change."""
    scores = draw(rng, studies, personas=1)
    persona = scores.persona.copy()
    start = np.clip(rng.normal(4, 0.3, (studies, 12)), 1, 5)
    persona[:, 0, 0, 0] = start
    persona[:, 0, 0, -1] = np.clip(start + rng.normal(-0.6, 0.4, (studies, 12)), 1, 5)
    found = _drifts(scores._replace(persona=persona), studies)
    held = [e.low <= -0.6 <= e.high for e in found if e.low is not None and e.high is not None]
    share = 100 * len(held) / studies
    yield Figure(
        "one persona: an interval for itself",
        share,
        TOLD,
        unit=" %",
        note=NONE_BEFORE,
        digits=1,
        of=studies,
    )
    yield Figure("one persona: covers", 100 * float(np.mean(held)), *COVER, unit=" %", digits=1, of=len(held))


def _drifts(scores: Scores, studies: int) -> list[Estimate]:
    """The changes that the headlines give, one a study."""
    run = PlantedRun(scores, *range(studies))
    data = prepare(read_tables(run), changed_after_data=False)
    names = ("curves", "drift", "these-personas")
    found = fallen_back([e for name in names for e in ANALYSES[name](data)])
    return [h.drift for h in headlines(found, data.tables.study) if h.script == "persona-directed"]


def _held(found: Found, truth: Floats | float) -> float:
    return float(np.mean((found.low <= truth) & (truth <= found.high)))


def main() -> int:
    """0: every bar met, 1: one missed."""
    return seeded(figures, "Do intervals over few personas hold for what they name?", 2000, least=20)


if __name__ == "__main__":
    sys.exit(main())
