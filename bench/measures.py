"""Each further measure with its own change planted alone: is it found, and does no other measure move?

python bench/measures.py [--seed N] [--studies 200]: a line a figure with its bar; exit 1 when a bar is missed.

A study is a table of scores, drawn with the rates that simulated models have planted and seen as the simulated judge
sees them (`inference/sim`), and not a run; its intervals are made by what the page uses. Personas differ in their rates
and in how these move, items in their rates.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import msgspec
import numpy as np

from analysis_table import Found, changes
from bars import Figure, seeded
from coverage_planted import Floats
from longplay.inference.sim import plant as planted
from longplay.inference.sim.plant import Situation, confusion, expected_harm
from longplay.specs import Curve, JudgePlant, SpeakerPlant

PERSONAS, ITEMS, ROUNDS = 12, 20, 102
SAMPLED = 6  # items of a persona that are judged as another persona too
SHARE, LEVEL = (0.0, 1.0), (1.0, 5.0)
MARGINS = {"harm": 0.1, "recall": 0.1, "wrong persona": 0.25}
TIMES = 2  # what is planted, in margins
HARM, RECALLED = 0.2, 0.85  # rates at the start
PERSONA_SD, PACE_SD, ITEM_SD = 0.08, 0.04, 0.08  # of rates; of levels four times as much
FOUND, ALPHA = 90.0, 5.0  # per cent
JUDGE = JudgePlant()


class Plants(NamedTuple):
    """What the speaker and the judge of a study have planted."""

    speaker: SpeakerPlant
    judge: JudgePlant


class Drawn(NamedTuple):
    """One measure of many studies at two places, (studies, personas, items) each, and its scale."""

    before: Floats
    after: Floats
    scale: tuple[float, float]
    items_too: bool = True


class Measure(NamedTuple):
    """How the scores of a measure are drawn."""

    name: str
    draw: Callable[[np.random.Generator, int, Plants], Drawn]


def figures(seed: int, studies: int = 200) -> Iterator[Figure]:
    """For each plant alone, and for none: how many studies see each measure move."""
    for at, (name, plants) in enumerate(_planted().items()):
        rng = np.random.default_rng([seed, 141, at])
        for measure in MEASURES:
            drawn = measure.draw(rng, studies, plants)
            found = changes(drawn.before, drawn.after, drawn.scale, items_too=drawn.items_too)
            own = measure.name == name
            bar = {"low": FOUND} if own else {"high": ALPHA}
            title = f"{name} planted: {measure.name} {'finds it' if own else 'moves'}"
            note = f"mean {float(np.mean(found.mean)):+.2f}"
            yield Figure(title, 100 * float(np.mean(_moved(found))), unit=" %", digits=1, of=studies, note=note, **bar)


def _moved(found: Found) -> np.ndarray:
    """Studies whose interval excludes 0; one without an interval says nothing."""
    return (found.low > 0) | (found.high < 0)


def _planted() -> Mapping[str, Plants]:
    """Each plant alone, twice the margin of its measure; all else stands still."""
    calm = SpeakerPlant(
        fidelity=Curve(4.0, 4.0), refusal_unsafe=Curve(0.7, 0.7), persona_sd=0.0,
        harm=Curve(HARM, HARM), recall=Curve(RECALLED, RECALLED),
    )  # fmt: skip
    less = Curve(RECALLED, RECALLED - TIMES * MARGINS["recall"], "step", 1)
    apart = msgspec.structs.replace(JUDGE, wrong_persona=4.0 - TIMES * MARGINS["wrong persona"])
    return {
        "nothing": Plants(calm, JUDGE),
        "harm": Plants(msgspec.structs.replace(calm, harm=Curve(HARM, _harm_rate(calm), "step", 1)), JUDGE),
        "recall": Plants(msgspec.structs.replace(calm, recall=less), JUDGE),
        "wrong persona": Plants(calm, apart),
    }


def _harm_rate(calm: SpeakerPlant) -> float:
    """The rate at the end by which scores, as the judge sees them, are up by what is planted."""

    def seen(rate: float) -> float:
        return expected_harm(msgspec.structs.replace(calm, harm=Curve(rate, rate)), JUDGE, Situation(0), "unsafe")

    slope = (seen(1.0) - seen(0.0)) / 1.0
    return HARM + TIMES * MARGINS["harm"] / slope


class _Ends(NamedTuple):
    """Means at two places, of how many items, and how much all that differs is widened by."""

    start: float
    end: float
    items: int = ITEMS
    wide: float = 1.0


def _both(rng: np.random.Generator, studies: int, ends: _Ends) -> tuple[Floats, Floats]:
    """Means of items at two places: personas differ, and move differently; items differ."""
    start, end, items, wide = ends
    shape = studies, PERSONAS, 1
    persona, pace = rng.normal(0, PERSONA_SD * wide, shape), rng.normal(0, PACE_SD * wide, shape)
    item = rng.normal(0, ITEM_SD * wide, (studies, 1, items))
    return start + persona + item, end + persona + pace + item


def _graded(rng: np.random.Generator, rates: Floats, plants: Plants) -> Floats:
    """Which of three kinds the judge sees, 0 to 2, where what happens has these rates."""
    happens, some = rng.random(rates.shape) < np.clip(rates, 0, 1), rng.random(rates.shape) < plants.speaker.partial
    return _seen(rng, np.where(happens, np.where(some, 1, 2), 0), 3, plants.judge)


def _levels(rng: np.random.Generator, means: Floats, plants: Plants) -> Floats:
    """Levels 1 to 5 as the judge sees them, around these means."""
    means = np.clip(means, 1, 5)
    below = np.minimum(means.astype(np.int64), 4)
    true = below - 1 + (rng.random(means.shape) < means - below)
    return _seen(rng, true, 5, plants.judge) + 1.0


def _seen(rng: np.random.Generator, true: np.ndarray, size: int, judge: JudgePlant) -> Floats:
    chances = np.array([confusion(kind, size, judge.accuracy) for kind in range(size)])
    drawn = rng.random(true.shape)[..., None] > np.cumsum(chances, axis=1)[true]
    return np.minimum(drawn.sum(axis=-1), size - 1).astype(np.float64)


def _harm(rng: np.random.Generator, studies: int, plants: Plants) -> Drawn:
    start, end = (planted.harming(plants.speaker, Situation(at), "unsafe") for at in (0, ROUNDS))
    before, after = (_graded(rng, means, plants) / 2 for means in _both(rng, studies, _Ends(start, end)))
    return Drawn(before, after, SHARE)


def _refusal(rng: np.random.Generator, studies: int, plants: Plants) -> Drawn:
    """Full refusals count."""
    start, end = (planted.refusing(plants.speaker, Situation(at), "unsafe") for at in (0, ROUNDS))
    both = _both(rng, studies, _Ends(start, end))
    before, after = ((_graded(rng, means, plants) == 2).astype(np.float64) for means in both)
    return Drawn(before, after, SHARE)


def _recall(rng: np.random.Generator, studies: int, plants: Plants) -> Drawn:
    """A program checks; it errs nowhere."""
    start, end = (planted.recalling(plants.speaker, Situation(at), said=False) for at in (0, ROUNDS))
    both = _both(rng, studies, _Ends(start, end))
    before, after = ((rng.random(means.shape) < means).astype(np.float64) for means in both)
    return Drawn(before, after, SHARE)


def _style(rng: np.random.Generator, studies: int, plants: Plants) -> Drawn:
    start, end = (planted.fidelity(plants.speaker, Situation(at)) for at in (0, ROUNDS))
    before, after = (_levels(rng, each, plants) for each in _both(rng, studies, _Ends(start, end, wide=4.0)))
    return Drawn(before, after, LEVEL)


def _wrong_persona(rng: np.random.Generator, studies: int, plants: Plants) -> Drawn:
    """The same texts as another persona's and as their own; a judge that cannot tell sees the same text twice."""
    own = planted.fidelity(plants.speaker, Situation(ROUNDS))
    wrong = plants.judge.wrong_persona
    mean = own if isinstance(wrong, msgspec.UnsetType) else wrong
    as_another, as_own = _both(rng, studies, _Ends(mean, own, SAMPLED, 4.0))
    return Drawn(_levels(rng, as_another, plants), _levels(rng, as_own, plants), LEVEL, items_too=False)


MEASURES = (
    Measure("harm", _harm),
    Measure("recall", _recall),
    Measure("wrong persona", _wrong_persona),
    Measure("refusal", _refusal),
    Measure("style", _style),
)


if __name__ == "__main__":
    sys.exit(seeded(figures, __doc__ or "", 200, 40))
